import assert from 'node:assert/strict'
import { float32, sketch } from '../../../fixtures/sketch.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { reduced, scoresOf, widthsOf } from '../../../src/passes/prune-structured/scores.js'
import { chain, subjectOf, valuesOf } from './selectable.js'

const evidence = (values: readonly number[], units: readonly number[], power: 1 | 2 = 1) => ({
  units: Int32Array.from(units),
  values: Float64Array.from(values),
  power,
})

/** Two things are known of unit 0, and one of unit 1; nothing of unit 2. */
const BOTH = [evidence([2, 7], [0, 1]), evidence([8], [0])]

describe('reduced', () => {
  for (const [how, expected] of [
    ['mean', 5],
    ['sum', 10],
    ['max', 8],
    ['product', 4],
    ['first', 2],
  ] as const) {
    it(`makes ${expected} of 2 and 8 by ${how}, and leaves alone what stands alone`, () => {
      const [both, one, none] = reduced(BOTH, 3, how)

      assert.ok(Math.abs((both ?? 0) - expected) < 1e-12, `${both}`)
      assert.ok(Math.abs((one ?? 0) - 7) < 1e-12)
      assert.ok(Number.isNaN(none))
    })
  }

  it('takes the mean of the elements of a unit, of squares before the root', () => {
    assert.deepEqual([...reduced([evidence([1, 3, 5, 9], [0, 0, 1, -1])], 2, 'sum')], [2, 5])
    assert.deepEqual([...reduced([evidence([1, 17, 25], [0, 0, 1], 2)], 2, 'sum')], [3, 5])
  })

  it('is zero for a product with nothing', () => {
    assert.deepEqual([...reduced([evidence([0], [0]), evidence([5], [0])], 1, 'product')], [0])
  })
})

/** Three channels, made by columns and read by rows. By l1: 1 + 4, 2 + 1, 6 + 6. */
const MODEL = () =>
  chain(
    [
      [1, -1, 3],
      [0, 1, -3],
    ],
    [
      [2, -2],
      [1, 0],
      [-6, 0],
    ],
  )

describe('scoresOf', () => {
  const scored = async (raw: Record<string, unknown>) =>
    (await scoresOf(await subjectOf(MODEL()), valuesOf({ normalize: 'none', ...raw }))).scores

  it('sums up what makes a channel and what reads it: l1', async () => {
    assert.deepEqual([...(await scored({ importance: 'l1', reduce: 'sum' }))], [5, 3, 12])
    assert.deepEqual([...(await scored({ importance: 'l1', reduce: 'first' }))], [1, 2, 6])
  })

  it('takes Euclidean norms: l2', async () => {
    const found = await scored({ importance: 'l2', reduce: 'sum' })

    const expected = [1 + Math.sqrt(8), Math.sqrt(2) + 1, Math.sqrt(18) + 6]
    for (const [i, score] of found.entries()) assert.ok(Math.abs(score - (expected[i] ?? 0)) < 1e-12)
  })

  for (const [normalize, expected] of [
    ['sum', [0.25, 0.15, 0.6]],
    ['mean', [0.75, 0.45, 1.8]],
    ['max', [5 / 12, 0.25, 1]],
    ['gaussian', [5, 3, 12].map((score) => (score - 20 / 3) / Math.sqrt(134 / 9))],
  ] as const) {
    it(`normalizes within the group by ${normalize}`, async () => {
      const found = await scored({ importance: 'l1', reduce: 'sum', normalize })

      for (const [i, score] of found.entries()) assert.ok(Math.abs(score - (expected[i] ?? 0)) < 1e-12, `${score}`)
    })
  }

  it('stays finite where all weights are zero', async () => {
    const model = chain([[0, 0]], [[0], [0]])
    for (const normalize of ['mean', 'max', 'sum', 'gaussian']) {
      const { scores } = await scoresOf(await subjectOf(model), valuesOf({ normalize }))
      assert.deepEqual([...scores], [0, 0], normalize)
    }
  })

  it('says a weight that two layers share only once', async () => {
    const s = sketch('shared')
    const x = s.input('x', [1, 2])
    const w = s.constant('w', float32([2, 2], [1, 2, 3, 4]))
    const made = s.node('MatMul', 'make', [x, s.constant('a', float32([2, 2], [1, 1, 1, 1]))])
    const y = s.node('Add', 'add', [s.node('MatMul', 'one', [made, w]), s.node('MatMul', 'two', [made, w])])
    s.output('y', y, tensorType('float32', [1, 2]))

    const { scores } = await scoresOf(
      await subjectOf(s.model),
      valuesOf({ importance: 'l1', reduce: 'sum', normalize: 'none' }),
    )

    assert.deepEqual([...scores], [2 + 3, 2 + 7])
  })

  it('scores by l2 what an importance knows nothing of, and says so', async () => {
    const subject = await subjectOf(MODEL())
    const l2 = await scoresOf(subject, valuesOf({ importance: 'l2' }))

    const { scores, notes } = await scoresOf(subject, valuesOf({ importance: 'bn-scale' }))

    assert.deepEqual(scores, l2.scores)
    assert.deepEqual(notes, [
      'Scored by the norms of their weights (l2), for there is no BatchNormalization around them: fc0.',
    ])
  })

  it('reads weights that are computed of constants: codes by their scale', async () => {
    const { scores, notes } = await scoresOf(
      await subjectOf(dequantized('')),
      valuesOf({ importance: 'l1', reduce: 'sum', normalize: 'none' }),
    )

    assert.deepEqual([...scores], [0.5 * 2 + 3, 1 * 2 + 7, 2 * 4 + 11])
    assert.deepEqual(notes, [])
  })

  it('lets channels count alike where no weight can be read, and says so', async () => {
    const { scores, notes } = await scoresOf(await subjectOf(dequantized('com.microsoft')), valuesOf())

    assert.deepEqual([...scores], [1, 1, 1])
    assert.deepEqual(notes, ['Channels count alike where no weight can be read: make.'])
  })
})

/** Codes [1 -1 3; 1 -1 1] times 0.5, 1 and 2 make three channels, which [1 2; 3 4; 5 6] reads, stored as codes as well. */
function dequantized(domain: string): Model {
  const s = sketch('dequantized', 17, { 'com.microsoft': 1 })
  const x = s.input('x', [1, 2])
  const codes = (name: string, shape: readonly number[], values: readonly number[]) =>
    s.constant(name, new MemoryTensor('int8', shape, bytesOf(Int8Array.from(values))))
  const decoded = (name: string, weight: Value, scale: readonly number[], axis: number) => {
    const zero = codes(`${name}.zero`, [scale.length], Array<number>(scale.length).fill(0))
    const inputs = [weight, s.constant(`${name}.scale`, float32([scale.length], scale)), zero]
    return s.node('DequantizeLinear', name, inputs, { axis }, { domain })
  }
  const w = decoded('w', codes('w.codes', [2, 3], [1, -1, 3, 1, -1, 1]), [0.5, 1, 2], 1)
  const v = decoded('v', codes('v.codes', [3, 2], [1, 2, 3, 4, 5, 6]), [1, 1, 1], 0)
  s.output('y', s.node('MatMul', 'read', [s.node('MatMul', 'make', [x, w]), v]), tensorType('float32', [1, 2]))
  return s.model
}

describe('widthsOf', () => {
  it('counts the channels of all layers that make a unit', async () => {
    const s = sketch('residual')
    const x = s.input('x', [1, 2])
    const layer = (name: string) => s.node('MatMul', name, [x, s.weight(`${name}.w`, [2, 4], 2)])
    const sum = s.node('Add', 'add', [layer('a'), layer('b')])
    s.output('y', s.node('MatMul', 'read', [sum, s.weight('c.w', [4, 1], 4)]), tensorType('float32', [1, 1]))

    const { dependencies } = await subjectOf(s.model)

    assert.deepEqual([...widthsOf(dependencies)], [2, 2, 2, 2])
  })
})
