import assert from 'node:assert/strict'
import {
  course,
  courseText,
  culprits,
  differenceName,
  layersText,
  nonFiniteText,
  notCompared,
  outputTexts,
  sqnrText,
} from '../../../src/report/content/differences.js'
import type { ComparisonReport, LayerDifferenceReport, MetricValue } from '../../../src/report/report.js'
import { compareLayers, compareOutputs } from '../comparison-samples.js'

function sample(of: typeof compareLayers): ComparisonReport {
  const { comparison } = of()
  if (comparison === null) throw new Error('The sample has no comparison.')
  return comparison
}

const [first] = sample(compareLayers).layers ?? []
const layer = (given: Partial<LayerDifferenceReport>): LayerDifferenceReport => {
  if (first === undefined) throw new Error('The sample has no layers.')
  return { ...first, share: 0, ...given }
}
const along = (sqnrs: readonly MetricValue[], culprit: string | null = null): ComparisonReport => ({
  ...sample(compareLayers),
  layers: sqnrs.map((sqnrDb, i) => layer({ node: `n${i}`, sqnrDb })),
  culprit,
})

describe('The course of the SQNR through a graph', () => {
  it('is a cell for each layer, the higher the better, with the culprit in its place', () => {
    assert.deepEqual(course(along(['Infinity', 60, 30, 0], 'n2'), 10), {
      bars: '█▇▄▁',
      from: 'equal',
      to: '0.0 dB',
      culprit: 2,
    })
  })

  it('takes the worst of the layers that share a cell', () => {
    const found = course(along([80, 80, 80, 10, 80, 80], 'n3'), 3)

    assert.deepEqual([found?.bars, found?.culprit], ['█▂█', 1])
  })

  it('has no cell without a level, also below 0 dB and where nothing could be compared', () => {
    assert.equal(course(along([20, -10, 'NaN', 5]), 4)?.bars, '█▁▁▅')
  })

  it('is not shown where there is nothing to see', () => {
    assert.equal(course(along([10, 10]), 5), null)
    assert.equal(course(along(['Infinity', 'Infinity', 'Infinity']), 5), null)
    assert.equal(course(sample(compareOutputs), 5), null)
  })
})

describe('The texts of a comparison', () => {
  it('rank the layers that cause an error', () => {
    assert.deepEqual(
      culprits(sample(compareLayers)).map(({ node }) => node),
      ['/conv2/Conv', '/fc1/Gemm', '/fc2/Gemm', '/fc3/Gemm', '/conv1/Conv'],
    )
  })

  it('say where the SQNR stood before a layer, and where after it', () => {
    assert.equal(courseText(layer({ inputSqnrDb: 62.04, sqnrDb: 14 })), '62.0 → 14.0 dB')
    assert.equal(courseText(layer({ inputSqnrDb: 'Infinity', sqnrDb: 14 })), 'equal → 14.0 dB')
    assert.equal(courseText(layer({ inputSqnrDb: 'Infinity', sqnrDb: 'Infinity' })), 'equal → equal')
    assert.deepEqual([sqnrText(null), sqnrText('NaN'), sqnrText('-Infinity')], ['–', 'NaN dB', '-∞ dB'])
  })

  it('tell the values of one node apart', () => {
    const layers = [layer({ node: 'split', name: 'a' }), layer({ node: 'split', name: 'b' }), layer({ node: 'fc' })]
    const comparison = { ...sample(compareLayers), layers }

    assert.deepEqual(
      layers.map((each) => differenceName(each, comparison)),
      ['split (a)', 'split (b)', 'fc'],
    )
  })

  it('name what is not finite, and where', () => {
    const at = { sample: 3, element: 1217 } as const

    assert.equal(nonFiniteText({ model: 'b', value: 'NaN', ...at }), 'NaN in B, sample 3, element 1\u202f217')
    assert.equal(
      nonFiniteText({ model: 'both', value: '-Infinity', ...at }),
      '-Infinity in both, sample 3, element 1\u202f217',
    )
  })

  it('show an output without classes without an agreement', () => {
    const [scores, boxes, mask] = outputTexts(sample(compareOutputs))

    assert.deepEqual([scores?.agreement, scores?.interval], ['90.6 %', '81.0 % to 95.6 %'])
    assert.deepEqual([boxes?.agreement, boxes?.maxError], [null, 'NaN'])
    assert.deepEqual([mask?.sqnr, mask?.cosine], ['equal', '1'])
  })

  it('gather what was not compared by reason, and count what has no counterpart', () => {
    assert.deepEqual(notCompared(sample(compareOutputs)), [
      { text: 'an output of "lenet5.onnx" only', targets: ['aux1', 'aux2'] },
      { text: 'its shape is [8,64] in A and [8,48] in B', targets: ['features'] },
    ])
    assert.equal(layersText(sample(compareLayers)), '11 values compared, 22 without a counterpart')
    assert.equal(layersText({ ...sample(compareLayers), unmatched: { a: 0, b: 0 } }), '11 values compared')
  })
})
