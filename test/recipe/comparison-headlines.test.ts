import assert from 'node:assert/strict'
import { comparisonHeadlines, type HeadlineContext } from '../../src/recipe/comparison-headlines.js'
import type { ComparisonReport, LayerDifferenceReport, OutputDifferenceReport } from '../../src/report/report.js'

const DIFFERENCE = {
  elements: 640,
  maxError: 0.5,
  meanError: 0.1,
  maxMagnitude: 10,
  sqnrDb: 14,
  cosine: 0.98,
  nonFinite: null,
} as const
const output = (given: Partial<OutputDifferenceReport> = {}): OutputDifferenceReport => ({
  name: 'logits',
  ...DIFFERENCE,
  agreement: { share: 0.984375, low: 0.9167, high: 0.9972, decisions: 64 },
  ...given,
})
const layer = (node: string, given: Partial<LayerDifferenceReport> = {}): LayerDifferenceReport => ({
  name: `${node}.out`,
  node,
  op: 'Conv',
  ...DIFFERENCE,
  matchedBy: 'name',
  span: 1,
  inputSqnrDb: 62,
  localSqnrDb: 14.1,
  share: 0,
  ...given,
})
const comparison = (given: Partial<ComparisonReport> = {}): ComparisonReport => ({
  a: 'a.onnx',
  b: 'b.onnx',
  samples: 64,
  outputs: [output()],
  layers: null,
  unmatched: null,
  skipped: [],
  culprit: null,
  ...given,
})
const CONTEXT: HeadlineContext = {
  weights: [
    { weight: 'conv1.w', node: 'conv1', parameters: 10 },
    { weight: 'conv2.w', node: 'conv2', parameters: 20 },
    { weight: 'w3', node: 'Conv -> x3', parameters: 30 },
  ],
  span: [],
  madeUp: null,
}
const DIFFER =
  'The outputs differ: SQNR 14.0 dB, top-1 agreement 98.4 % (95 % interval 91.7 % to 99.7 %) on 64 samples.'

describe('The headlines of a comparison', () => {
  it('say how the outputs differ, and how to find out why', () => {
    assert.deepEqual(comparisonHeadlines(comparison(), CONTEXT), [DIFFER, 'Which layer it comes from: --layers'])
  })

  it('name the layer that causes the error first, and how to spare it', () => {
    const layers = [layer('conv1', { share: 0.07 }), layer('conv2', { share: 0.93 })]

    assert.deepEqual(comparisonHeadlines(comparison({ layers, culprit: 'conv2' }), CONTEXT), [
      '"conv2" causes 93.0 % of the error: SQNR falls from 62.0 dB to 14.0 dB there.',
      DIFFER,
      'To leave it as it is when the model is compressed: --exclude "conv2"',
    ])
  })

  it('say when the error is spread, and when a layer is the first to have one', () => {
    const layers = [layer('conv1', { share: 0.3, inputSqnrDb: 'Infinity' }), layer('conv2', { share: 0.2 })]

    const [first] = comparisonHeadlines(comparison({ layers, culprit: 'conv1' }), CONTEXT)

    assert.equal(
      first,
      'The error is spread over the layers: "conv1" causes the most of it, 30.0 %: what it reads is equal, what it makes has an SQNR of 14.0 dB.',
    )
  })

  it('name the weight of a node without a name, and one that the layer took in', () => {
    const unnamed = [layer('Conv -> x3', { share: 1 })]
    const folded = [layer('norm', { share: 1, span: 2 })]

    assert.match(
      String(comparisonHeadlines(comparison({ layers: unnamed, culprit: 'Conv -> x3' }), CONTEXT)),
      /--exclude "w3"/,
    )
    assert.match(
      String(
        comparisonHeadlines(comparison({ layers: folded, culprit: 'norm' }), { ...CONTEXT, span: ['norm', 'conv2'] }),
      ),
      /--exclude "conv2"/,
    )
    assert.doesNotMatch(
      String(comparisonHeadlines(comparison({ layers: folded, culprit: 'norm' }), CONTEXT)),
      /--exclude/,
    )
  })

  it('say that models are equal, or equal up to rounding, and then ask for nothing', () => {
    const equal = output({ maxError: 0, sqnrDb: 'Infinity' })
    const rounded = output({ maxError: 1e-6, sqnrDb: 131.21 })

    assert.deepEqual(comparisonHeadlines(comparison({ outputs: [equal] }), CONTEXT), [
      'The outputs are equal on 64 samples.',
    ])
    assert.deepEqual(comparisonHeadlines(comparison({ outputs: [rounded] }), CONTEXT), [
      'The outputs are equal up to rounding: SQNR 131.2 dB on 64 samples.',
    ])
  })

  it('name the worst of several outputs', () => {
    const outputs = [output(), output({ name: 'boxes', sqnrDb: 3, agreement: null })]

    assert.equal(
      comparisonHeadlines(comparison({ outputs }), CONTEXT)[0],
      'The outputs differ: SQNR 3.0 dB at "boxes" on 64 samples.',
    )
  })

  it('say where a NaN first appears: the layer, else the output, and in which model', () => {
    const nonFinite = { model: 'b', value: 'NaN', sample: 3, element: 17 } as const
    const broken = output({ nonFinite, elements: 0, sqnrDb: 'NaN' })
    const inBoth = output({ nonFinite: { ...nonFinite, model: 'both' } })
    const layers = [layer('conv1'), layer('conv2', { nonFinite })]
    const first = (given: Partial<ComparisonReport>) => comparisonHeadlines(comparison(given), CONTEXT)[0]

    assert.equal(
      first({ outputs: [broken], layers, culprit: 'conv2' }),
      'b.onnx gives NaN from "conv2" on (sample 3, element 17); the figures leave such elements out.',
    )
    assert.equal(
      first({ outputs: [broken], b: null }),
      'stdin gives NaN at output "logits" (sample 3, element 17); the figures leave such elements out.',
    )
    assert.equal(
      first({ outputs: [inBoth] }),
      'Both models give NaN at output "logits" (sample 3, element 17); the figures leave such elements out.',
    )
  })

  it('say what the inputs were when they were made up, and what was not compared', () => {
    const skipped = [{ target: 'extra', why: 'an output of "b.onnx" only' }]
    const layers = [layer('conv1', { share: 1 })]
    const madeUp = { data: 'random?n=64', dims: { width: 320 } }

    const lines = comparisonHeadlines(comparison({ skipped, layers, culprit: 'conv1', unmatched: { a: 1, b: 12 } }), {
      ...CONTEXT,
      madeUp,
    })

    assert.deepEqual(lines.slice(3), [
      'Not compared: 1 value, listed with the reasons.',
      '1 value was compared; 1 of the first model and 12 of the second have no counterpart, and belong to the next one that has.',
      'The inputs are made up: random?n=64, with width = 320 (--dim). Real ones tell more: --data SPEC',
    ])
  })
})
