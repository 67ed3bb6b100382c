import assert from 'node:assert/strict'
import { float32, int64, type Sketch } from '../../../fixtures/sketch.js'
import type { Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { drawn } from '../../rewrites/rewritten.js'
import { between, vector } from './between.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const OPSETS = [9, 11, 13, 17, 21]

/** A text without what the indices are. */
const data = (units: string) => units.replace(/ \| .* ->/, ' ->')

describe('the axes around Gather', () => {
  it('are chosen by constant indices', async () => {
    for (const opset of OPSETS) {
      const text = async (shape: number[], indices: ReturnType<typeof int64>, axis: number) =>
        data(await unitsOf('Gather', [shape, indices], { axis }, { opset }))
      assert.equal(await text([4, 3], vector(2, 0, 0), 0), 'abcd efg -> caa efg')
      assert.equal(await text([4, 3], int64([], [-1]), 0), 'abc. def -> def')
      assert.equal(await text([3, 4], int64([1, 4, 1], [3, 2, 1, 0]), -1), 'abc defg -> abc . gfed .')
      assert.equal(await text([3, 4], int64([2, 2], [0, 1, 2, 3]), 1), 'abc .... -> abc .. ..')
    }
  })

  it('hold for channels in another order, picked, and picked twice', async () => {
    for (const opset of OPSETS) {
      const indices = [5, 0, -3, 3, 3, 1]
      const model = between({ opset, made: 6 }, (s, x, ints) =>
        s.node('Gather', 'picked', [x, ints(...indices)], { axis: 1 }),
      )
      assert.equal(await assertCutHolds(model), 6)
    }
  })

  it('hold for one of several parts, taken by its number', async () => {
    const model = between({ made: 12, summed: 4 }, (s, x, ints) => {
      const parts = s.node('Reshape', 'parts', [x, ints(2, 3, 4, 4, 4)])
      const at = (i: number) => s.node('Gather', `part${i}`, [parts, s.constant(`at${i}`, int64([], [i]))], { axis: 1 })
      return s.node('Sum', 'sum', [at(0), at(1), at(2)])
    })
    assert.equal(await assertCutHolds(model), 4)
  })

  it('hold for a table of embeddings that is looked up at run time', async () => {
    const model = drawn([2, 5], (s, x) => {
      const ids = s.node('Cast', 'ids', [s.node('Clip', 'clip', [x, ...bounds(s, 0, 1)])], { to: 7 })
      const words = s.node('Gather', 'words', [s.weight('table', [7, 6]), ids])
      return s.node('MatMul', 'out', [words, s.weight('v', [6, 2])])
    })
    assert.equal(await assertCutHolds(model), 6)
  })
})

function bounds(s: Sketch, low: number, high: number): Value[] {
  return [s.constant('low', float32([], [low])), s.constant('high', float32([], [high]))]
}

describe('the axes around lookups by place', () => {
  it('stay where the indices are for, and lie together along the others', async () => {
    const places = int64([2, 4], [0, 1, 2, 0, 0, 1, 2, 0])
    assert.equal(await unitsOf('GatherElements', [[3, 4], places]), '... abcd | ef abcd -> ef abcd')
    assert.equal(await unitsOf('GatherElements', [[3, 5], places], { axis: 0 }), '... ..... | ab .... -> ab ....')
    assert.equal(await unitsOf('GatherND', [[3, 4, 2], int64([2, 1], [0, 1])]), '... abcd ef | gh . -> gh abcd ef')
    assert.equal(
      await unitsOf('GatherND', [[2, 3, 4], int64([2, 2, 1], [0, 1, 2, 0])], { batch_dims: 1 }),
      'ab ... cdef | ab gh . -> ab gh cdef',
    )
    assert.equal(
      await unitsOf('ScatterND', [[3, 4], int64([2, 1], [0, 1]), [2, 4]]),
      '... abcd | .. . | .. abcd -> ... abcd',
    )
    assert.equal(await unitsOf('ScatterElements', [[3, 4], places, [2, 4]]), '... abcd | .. abcd | .. abcd -> ... abcd')
    assert.equal(
      await unitsOf('Scatter', [[3, 4], places, [2, 4]], {}, { opset: 9 }),
      '... abcd | .. abcd | .. abcd -> ... abcd',
    )
  })

  it('hold for the channels of rows that are looked up and replaced', async () => {
    for (const opset of [11, 13, 17, 21]) {
      const model = drawn(
        [4, 3],
        (s, x) => {
          const made = s.node('MatMul', 'made', [x, s.weight('w', [3, 6])])
          const two = s.constant('two', int64([2, 1], [2, 0]))
          const rows = s.node('GatherND', 'rows', [made, two])
          const updates = s.node('Tanh', 'tanh', [rows])
          const replaced = s.node('ScatterND', 'replaced', [made, two, updates])
          const all = s.constant('all', int64([2, 6], new Array(12).fill(1)))
          const elements = s.node('GatherElements', 'elements', [replaced, all], { axis: 0 })
          const last = s.node('ScatterElements', 'last', [replaced, all, elements], { axis: 0 })
          return s.node('MatMul', 'out', [last, s.weight('v', [6, 2])])
        },
        opset,
      )
      assert.equal(await assertCutHolds(model), 6)
    }
  })
})

describe('the axes around ops that depend on places', () => {
  it('stay where they do', async () => {
    assert.equal(await unitsOf('TopK', [[2, 4], vector(2)], {}, { outputs: 2 }), 'ab .... | . -> ab .. | ab ..')
    assert.equal(
      await unitsOf('TopK', [[4, 2]], { axis: 0, k: 2 }, { opset: 9, outputs: 2 }),
      '.... ab -> .. ab | .. ab',
    )
    assert.equal(await unitsOf('Trilu', [[2, 3, 3]]), 'ab ... ... -> ab ... ...')
    assert.equal(await unitsOf('ReverseSequence', [[4, 2, 3], vector(1, 2)]), '.... ab cde | ab -> .... ab cde')
    assert.equal(
      data(await unitsOf('OneHot', [vector(0, 2), int64([], [3]), float32([2], [0, 1])], { axis: 0 })),
      'ab -> ... ab',
    )
    assert.equal(
      await unitsOf('CenterCropPad', [[4, 3], vector(2)], { axes: [0] }, { opset: 18 }),
      '.... abc | . -> .. abc',
    )
  })

  it('are refused where values decide how many there are', async () => {
    for (const op of ['NonZero', 'Unique']) {
      assert.equal(await unitsOf(op, [[2, 3]]), 'refused: how many elements it gives depends on their values')
    }
  })

  it('are those of words and positions, which are normalized together', async () => {
    const ids = new MemoryTensor('int32', [1, 2], bytesOf(Int32Array.of(0, 1)))
    const operands = [ids, null, [5, 3], [2, 3], null, [3], [3]]
    assert.equal(
      await unitsOf('com.microsoft.EmbedLayerNormalization', operands, {}, { outputs: 2 }),
      '. .. | - | ..... abc | .. abc | - | abc | abc -> . .. abc | . [statistics of 2.1]',
    )
  })
})
