import assert from 'node:assert/strict'
import { type Attrs, float32, sketch, uniform } from '../../fixtures/sketch.js'
import type { Model } from '../../src/ir/graph.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { weightsOf } from '../../src/ops/weights.js'
import type { NdArray } from '../../src/runtime/array.js'
import { runModel } from '../support/ort.js'

/** An op between one input and one weight, whose axes are tried out in ONNX Runtime. */
interface Case {
  readonly op: string
  readonly domain?: string
  readonly attrs?: Attrs
  readonly x: readonly number[]
  readonly w: readonly number[]
  /** The weight stands first. */
  readonly left?: boolean
  /** The axis of x that is summed over, and the axis of y that the output channels lie along. */
  readonly summed: number
  readonly made: number
}

const CASES: readonly Case[] = [
  { op: 'Conv', x: [1, 3, 5, 5], w: [4, 3, 2, 2], summed: 1, made: 1 },
  { op: 'ConvTranspose', x: [1, 3, 4, 4], w: [3, 4, 2, 2], summed: 1, made: 1 },
  { op: 'Gemm', x: [2, 3], w: [3, 4], summed: 1, made: 1 },
  { op: 'Gemm', attrs: { transB: 1 }, x: [2, 3], w: [4, 3], summed: 1, made: 1 },
  { op: 'Gemm', left: true, x: [3, 2], w: [4, 3], summed: 0, made: 0 },
  { op: 'Gemm', left: true, attrs: { transA: 1 }, x: [3, 2], w: [3, 4], summed: 0, made: 0 },
  { op: 'MatMul', x: [2, 5, 3], w: [3, 4], summed: 2, made: 2 },
  { op: 'MatMul', x: [2, 5, 3], w: [2, 3, 4], summed: 2, made: 2 },
  { op: 'MatMul', left: true, x: [2, 3, 5], w: [4, 3], summed: 1, made: 1 },
  { op: 'FusedMatMul', domain: 'com.microsoft', attrs: { transB: 1 }, x: [5, 3], w: [4, 3], summed: 1, made: 1 },
  {
    op: 'FusedMatMul',
    domain: 'com.microsoft',
    left: true,
    attrs: { transA: 1 },
    x: [3, 5],
    w: [3, 4],
    summed: 0,
    made: 0,
  },
  {
    op: 'FusedMatMul',
    domain: 'com.microsoft',
    attrs: { transBatchB: 1 },
    x: [2, 5, 3],
    w: [3, 2, 4],
    summed: 2,
    made: 2,
  },
  { op: 'Einsum', attrs: { equation: 'bsd,hde->bshe' }, x: [2, 5, 3], w: [4, 3, 2], summed: 2, made: 2 },
  { op: 'Einsum', attrs: { equation: '...d,ed->...e' }, x: [2, 5, 3], w: [4, 3], summed: 2, made: 2 },
]

const title = ({ op, attrs, left }: Case) => `${left ? 'W ' : ''}${op} ${JSON.stringify(attrs ?? {})}`

function modelOf({ op, domain = '', attrs = {}, x, w, left }: Case, weights: readonly number[]): Model {
  const s = sketch('one-weight', 17, { 'com.microsoft': 1 })
  const input = s.input('x', x)
  const weight = s.constant('w', float32(w, weights))
  s.output('y', s.node(op, 'op', left ? [weight, input] : [input, weight], attrs, { domain }), null)
  return s.model
}

async function run(c: Case, weights: readonly number[], x: readonly number[]): Promise<NdArray> {
  const feeds = { x: { dtype: 'float32' as const, shape: c.x, data: Float32Array.from(x) } }
  const { y } = await runModel(skeleton(modelOf(c, weights)), feeds)
  assert.ok(y)
  return y
}

/** Sets the elements to zero that have this index on an axis. */
function cut(values: readonly number[], shape: readonly number[], axis: number, index: number): number[] {
  return values.map((value, at) => (indexOn(shape, axis, at) === index ? 0 : value))
}

function indexOn(shape: readonly number[], axis: number, at: number): number {
  const inner = shape.slice(axis + 1).reduce((n, d) => n * d, 1)
  return Math.floor(at / inner) % (shape[axis] ?? 1)
}

describe('The axes of a weight, as ONNX Runtime computes', () => {
  for (const c of CASES) {
    const weights = uniform(c.w, 1, 1)
    const x = uniform(c.x, 1, 2)
    const axes = () => {
      const [weight] = weightsOf(modelOf(c, weights)).weights
      assert.ok(weight?.main.out !== undefined && weight.main.out !== null && weight.main.in !== null)
      return { out: weight.main.out, in: weight.main.in }
    }

    it(`a slice along "out" makes one output channel alone: ${title(c)}`, async () => {
      const whole = await run(c, weights, x)
      const without = await run(c, cut(weights, c.w, axes().out, 1), x)

      const [a, b] = [whole.data as Float32Array, without.data as Float32Array] // float32 in, float32 out
      for (let at = 0; at < a.length; at++) {
        assert.equal(b[at], indexOn(whole.shape, c.made, at) === 1 ? 0 : a[at], `element ${at}`)
      }
    })

    it(`a slice along "in" reads one input channel alone: ${title(c)}`, async () => {
      const withoutWeights = await run(c, cut(weights, c.w, axes().in, 1), x)
      const withoutInput = await run(c, weights, cut(x, c.x, c.summed, 1))

      assert.deepEqual(withoutWeights.data, withoutInput.data)
    })
  }
})
