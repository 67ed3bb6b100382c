import assert from 'node:assert/strict'
import { difference, feedsOf, outputsOf, sameBits, tolerance } from '../../bench/support/runs.js'
import { webOutputs } from '../../bench/support/web-outputs.js'
import { readModel } from '../../src/onnx/read.js'
import { openSession } from '../../src/runtime/session.js'

const MODEL = 'fixtures/lenet5.onnx'
const run = (...values: number[]) => [
  { y: { dtype: 'float32', shape: [values.length], data: Float32Array.from(values) } as const },
]

describe('bench/support/runs', () => {
  it('makes the same inputs for a model and for what was made from it', async () => {
    const session = await openSession({ path: MODEL })
    try {
      const [feeds, again] = [feedsOf(session.inputs, MODEL), feedsOf(session.inputs, MODEL)]

      assert.deepEqual(feeds, again)
      const shapes = feeds.map((arrays) => Object.values(arrays).map(({ shape }) => shape))
      assert.deepEqual(shapes, [[[2, 1, 28, 28]], [[3, 1, 28, 28]]])
    } finally {
      await session.release()
    }
  })

  it('tells the same bits from the same numbers', () => {
    assert.ok(sameBits(run(1, Number.NaN), run(1, Number.NaN)))
    assert.ok(!sameBits(run(0), run(-0)))
    assert.ok(!sameBits(run(1), run(1 + 2 ** -23)))
    assert.ok(!sameBits(run(1, 2), run(1)))
    assert.ok(!sameBits([], run(1)))
  })

  it('tells a difference as a share of the largest number', () => {
    assert.equal(difference(run(1, 4), run(2, 4)), 0.25)
    assert.equal(difference(run(1), run(1, 2)), null)
  })

  it('runs a model at each level, within what rounding allows', async () => {
    const all = await outputsOf(MODEL)
    const allowed = await tolerance(MODEL, all)

    assert.ok(allowed >= 1e-5 && allowed < 1e-3)
    for (const level of ['disabled', 'basic'] as const) {
      const most = difference(await outputsOf(MODEL, MODEL, level), all)
      assert.ok(most !== null && most <= allowed, `${level}: ${most}`)
    }
  })
})

describe('bench/support/web-outputs', () => {
  it('computes on the web what is computed here, up to rounding', async () => {
    const session = await openSession({ path: MODEL })
    const feeds = feedsOf(session.inputs, MODEL)
    await session.release()

    const outputs = await webOutputs(MODEL, feeds, 'basic')

    const { model } = readModel(MODEL)
    assert.deepEqual(
      Object.keys(outputs[0] ?? {}),
      model.main.outputs.map(({ name }) => name),
    )
    const most = difference(outputs, await outputsOf(MODEL))
    assert.ok(most !== null && most < 1e-5, `${most}`)
  })
})
