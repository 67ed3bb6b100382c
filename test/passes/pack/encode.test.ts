import assert from 'node:assert/strict'
import { label } from '../../../src/encodings/index.js'
import { numberToBfloat16, numberToFloat16 } from '../../../src/ir/float16.js'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import type { DType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { plansOf } from '../../../src/passes/pack/candidates.js'
import { encode } from '../../../src/passes/pack/encode.js'
import { isWeightDType, widened } from '../../../src/passes/pack/half.js'
import type { Bound, Importance } from '../../../src/passes/pack/plan.js'
import { surveyOf } from '../../../src/passes/pack/survey.js'
import { wordsOf } from '../../../src/passes/pack/words.js'
import { decoded, packed } from '../../encodings/models.js'
import { float32, normal, random, withStore } from './tensors.js'

const ANYTHING: Bound = { maxError: Infinity, maxVectorError: Infinity, mostValues: null }

/** Every plan keeps its word, as ONNX Runtime decodes it. @returns the labels of the plans */
async function assertKept(tensor: Tensor, bound: Bound, importance: Importance | null = null): Promise<string[]> {
  const survey = await surveyOf(tensor, { importance })
  const opset = tensor.dtype === 'bfloat16' ? 20 : 13 // before, there are no zeros of it
  const plans = plansOf(survey, bound, { opset })
  const dense = numbersOf(tensor.dtype, tensor.read())
  // ONNX Runtime hands bfloat16 out as float32.
  const decodedType = tensor.dtype === 'bfloat16' ? 'float32' : tensor.dtype
  await withStore(async (store) => {
    for (const plan of plans.slice(0, -1)) {
      const name = label(plan.encoded)
      const { encoded, error, sparsity } = await encode(tensor, survey, plan, store)
      assert.equal(label(encoded), name)
      const given = numbersOf(decodedType, await decoded(packed(encoded, opset).model, 'disabled'))
      if (plan.error === 0) {
        assert.ok(Buffer.from(bytesOf(given)).equals(bytesOf(dense)), `${name} gives other bits`)
        assert.equal(error, 0)
        continue
      }
      const { relative, zeros } = difference(dense, given, importance)
      assert.ok(Math.abs(error - relative) <= 1e-6 * relative + 1e-12, `${name}: measured ${error}, is ${relative}`)
      assert.ok(
        Math.abs(error - plan.error) <= tolerance(name, survey.spacing.present) * plan.error,
        `${name}: planned ${plan.error}, is ${error}`,
      )
      assert.ok(Math.abs(sparsity - zeros) < 1e-12, `${name}: sparsity ${sparsity}, is ${zeros}`)
    }
  })
  return plans.map(({ encoded }) => label(encoded))
}

function numbersOf(dtype: DType, bytes: Uint8Array): Float32Array {
  assert.ok(isWeightDType(dtype))
  const words = wordsOf(Uint8Array.from(bytes), dtype)
  return widened(words, words.length, dtype)
}

/** Palettes are planned to the digit; other estimates take weights to lie anywhere between two steps. */
function tolerance(name: string, weights: number): number {
  return name.includes('codebook') ? 0.02 : 0.05 + 2 / Math.sqrt(weights)
}

function difference(w: Float32Array, v: Float32Array, importance: Importance | null) {
  let squares = 0
  let energy = 0
  let zeros = 0
  for (const [i, x] of w.entries()) {
    const h = importance?.values[i] ?? 1 // the tests give one for each element
    const y = v[i] as number
    squares += h * (x - y) ** 2
    energy += h * x * x
    if (y === 0) zeros++
  }
  return { relative: Math.sqrt(squares / energy), zeros: zeros / w.length }
}

describe('Pack: every plan', () => {
  it('keeps its word on dense weights', async () => {
    const labels = await assertKept(float32([64, 50], normal(3200, 1)), ANYTHING)
    for (const expected of ['codebook of 2', 'codebook of 16', 'codebook of 256', 'float16', 'float32']) {
      assert.ok(labels.includes(expected), `${expected} is not in ${labels}`)
    }
  })

  for (const sparsity of [0.5, 0.8, 0.95, 0.999]) {
    it(`keeps its word on weights of which ${sparsity} are zero`, async () => {
      const labels = await assertKept(float32([97, 101], normal(97 * 101, 2, sparsity)), ANYTHING)
      assert.ok(
        labels.some((each) => each.startsWith('gaps')),
        labels.join(),
      )
    })
  }

  for (const dtype of ['float16', 'bfloat16'] as const) {
    it(`keeps its word on weights that are ${dtype}`, async () => {
      const toHalf = dtype === 'float16' ? numberToFloat16 : numberToBfloat16
      for (const [sparsity, expected] of [
        [0, /^codebook of 256$/],
        [0.9, /^gaps below \d+ \+ codebook of 16$/],
      ] as const) {
        const halves = Uint16Array.from(normal(64 * 100, 8, sparsity), toHalf)
        halves[5] = 0x8000 // -0
        const labels = await assertKept(new MemoryTensor(dtype, [64, 100], bytesOf(halves)), ANYTHING)
        assert.ok(
          labels.some((each) => expected.test(each)),
          labels.join(),
        )
        assert.ok(!labels.some((each) => each.startsWith('int8')), 'ONNX Runtime would decode it in every run')
      }
    })
  }

  it('looks large weights up by whole bytes: less memory, the same values', async () => {
    const tensor = float32([512, 1024], normal(2 ** 19, 6))
    const survey = await surveyOf(tensor)
    const plans = plansOf(survey, { maxError: Number.POSITIVE_INFINITY, maxVectorError: 0, mostValues: 16 })
    const orders = plans.flatMap(({ encoded }) => (encoded.encoding === 'codebook' ? [encoded.codes.order] : []))
    assert.ok(orders.includes('rows'), orders.join())
    await assertKept(tensor, { maxError: Number.POSITIVE_INFINITY, maxVectorError: 0, mostValues: 16 })
    await assertKept(tensor, { maxError: Number.POSITIVE_INFINITY, maxVectorError: 0, mostValues: 4 })
  })

  it('keeps its word where some weights matter more than others', async () => {
    const next = random(3)
    const shape = [40, 30]
    const values = Float64Array.from({ length: 1200 }, () => next() ** 4)
    await assertKept(float32(shape, normal(1200, 4, 0.3)), ANYTHING, { shape, values })
  })
})
