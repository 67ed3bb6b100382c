import assert from 'node:assert/strict'
import fc from 'fast-check'
import { weigh } from '../../../src/encodings/builder.js'
import { label } from '../../../src/encodings/index.js'
import { MemoryTensor, StringTensor, type Tensor } from '../../../src/ir/tensor.js'
import type { DType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { plansOf } from '../../../src/passes/pack/candidates.js'
import { encode } from '../../../src/passes/pack/encode.js'
import type { Bound } from '../../../src/passes/pack/plan.js'
import { Spacing } from '../../../src/passes/pack/spacing.js'
import { type Survey, surveyOf } from '../../../src/passes/pack/survey.js'
import { decoded, packed } from '../../encodings/models.js'
import { float32, normal, withStore } from './tensors.js'

const LOSSLESS: Bound = { maxError: 0, maxVectorError: 0, mostValues: null }
const ANYTHING: Bound = {
  maxError: Number.POSITIVE_INFINITY,
  maxVectorError: Number.POSITIVE_INFINITY,
  mostValues: null,
}

/** Encodes by every plan, and decodes with ONNX Runtime. @returns labels of the plans, smallest first */
async function assertExact(tensor: Tensor, bound = LOSSLESS): Promise<string[]> {
  const survey = await surveyOf(tensor)
  const plans = plansOf(survey, bound, { opset: 13 })
  const bits = Buffer.from(tensor.dtype === 'bfloat16' ? widened(tensor.read()) : tensor.read())
  assert.deepEqual(plans.at(-1)?.encoded.encoding, 'dense')
  await withStore(async (store) => {
    for (const plan of plans.slice(0, -1).filter(({ error }) => error === 0)) {
      const { encoded } = await encode(tensor, survey, plan, store)
      const bytes = await decoded(packed(encoded, 13).model, 'disabled')
      assert.ok(Buffer.from(bytes).equals(bits), `${label(encoded)} gives other bits`)
    }
  })
  return plans.map(({ encoded }) => label(encoded))
}

/** bfloat16 as the float32 in whose place ONNX Runtime hands it out. */
function widened(bytes: Uint8Array): Uint8Array {
  return bytesOf(Uint32Array.from(new Uint16Array(bytes.buffer), (half) => half * 65536))
}

async function labelsOf(tensor: Tensor, bound: Bound): Promise<string[]> {
  return plansOf(await surveyOf(tensor), bound, { opset: 13 }).map(({ encoded }) => label(encoded))
}

/** A tensor of n elements, each a function of its place. */
function made(n: number, element: (i: number) => number, shape: readonly number[] = [n]): Tensor {
  return float32(
    shape,
    Float32Array.from({ length: n }, (_, i) => element(i)),
  )
}

/** 0, or numbers that are all different. */
const every = (step: number) => (i: number) => (i % step === step - 1 ? i + 0.1 : 0)

describe('Pack: lossless plans', () => {
  it('store what is the same everywhere as one value', async () => {
    for (const x of [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.deepEqual(await assertExact(made(1000, () => x, [10, 100])), ['repeated value', 'float32'], String(x))
    }
  })

  it('keep the sign of zeros', async () => {
    const [smallest] = await assertExact(made(3000, (i) => (i % 10 === 0 ? i / 7 : i % 10 === 5 ? -0 : 0), [30, 100]))
    assert.match(String(smallest), /^gaps/)
  })

  it('keep NaN, infinities and subnormal numbers, in palettes as well', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** -149, -(2 ** -140), 0, 1e30]
    assert.equal((await assertExact(made(2000, (i) => odd[i % 7] as number, [20, 100])))[0], 'codebook of 7')
    await assertExact(made(2000, (i) => (i % 3 === 0 ? (odd[i % 7] as number) + i : 0), [20, 100]))
  })

  it('tell 256 values from 257', async () => {
    const of = (n: number) => made(5000, (i) => (i % n) * 1.0001, [50, 100])
    assert.equal((await assertExact(of(256)))[0], 'codebook of 256')
    assert.deepEqual(await assertExact(of(257)), ['float32'])
  })

  it('take half precision where it holds every weight', async () => {
    const tensor = made(3000, (i) => (i - 1500) / 1024, [30, 100])
    assert.deepEqual(await assertExact(tensor), ['float16', 'float32'])
    assert.deepEqual(await assertExact(made(3000, (i) => 2 ** ((i % 200) - 100) * (1 + Math.floor(i / 200) / 128))), [
      'bfloat16',
      'float32',
    ])
  })

  it('fill gaps with zeros where a digit does not reach', async () => {
    for (const n of [2000, 2001, 2003, 4099]) {
      for (const step of [2, 3, 5, 17, 41, 74, 257, 300, 1000]) {
        const labels = await assertExact(made(n, every(step)))
        assert.ok(
          labels.some((each) => each.startsWith('gaps') || each.startsWith('bitmask')),
          `${n} ${step}: ${labels}`,
        )
      }
    }
  })

  it('find a weight at either end', async () => {
    await assertExact(made(1000, (i) => (i === 0 ? 7 : 0)))
    await assertExact(made(1000, (i) => (i === 999 ? 7 : 0)))
    await assertExact(made(70000, (i) => (i === 69999 ? 7 : 0)))
  })

  it('leave empty tensors, scalars and single elements as they are', async () => {
    for (const shape of [[0], [3, 0], [], [1], [1, 1, 1]]) {
      const n = shape.reduce((product, size) => product * size, 1)
      assert.deepEqual(await assertExact(made(n, () => 5, shape)), ['float32'])
      assert.deepEqual(
        await labelsOf(
          made(n, () => 5, shape),
          ANYTHING,
        ),
        ['float32'],
      )
    }
  })

  it('leave strings and types of less than a byte as they are', async () => {
    assert.deepEqual(await labelsOf(new StringTensor([1], [new Uint8Array(3)]), LOSSLESS), ['string'])
    assert.deepEqual(await labelsOf(new MemoryTensor('int4', [3000], new Uint8Array(1500)), LOSSLESS), ['int4'])
    assert.deepEqual(await labelsOf(new MemoryTensor('complex64', [300], new Uint8Array(2400)), LOSSLESS), [
      'complex64',
    ])
  })

  it('store tables of integers in narrower ones', async () => {
    const int64 = (n: number, element: (i: number) => number) =>
      new MemoryTensor('int64', [n], bytesOf(BigInt64Array.from({ length: n }, (_, i) => BigInt(element(i)))))
    assert.equal((await assertExact(int64(3000, (i) => i - 1500)))[0], 'int16')
    assert.equal((await assertExact(int64(3000, (i) => i + 40000)))[0], 'uint16')
    assert.equal((await assertExact(int64(3000, (i) => i * 1000)))[0], 'int32')
    assert.deepEqual(await assertExact(int64(3000, (i) => i * 2 ** 40)), ['int64'])
    assert.equal((await assertExact(int64(3000, (i) => (i % 5) * 2 ** 40)))[0], 'codebook of 5')
  })

  it('take no bfloat16 into a model of an opset that cannot cast it', async () => {
    const survey = await surveyOf(made(3000, (i) => 2 ** ((i % 200) - 100) * (1 + Math.floor(i / 200) / 128)))
    assert.deepEqual(
      plansOf(survey, LOSSLESS, { opset: 12 }).map(({ encoded }) => label(encoded)),
      ['float32'],
    )
  })

  const dtypes: DType[] = ['float32', 'float16', 'bfloat16', 'float64', 'int64', 'int32', 'uint8', 'int8', 'bool']

  it('give back random tensors of every type, bit for bit', async function () {
    this.timeout(120_000)
    const shapes = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dtypes),
        shapes,
        fc.constantFrom(1, 2, 17, 1000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 1e6 }),
        async (dtype, shape, values, sparsity, seed) => {
          await assertExact(randomBits(dtype, shape, values, sparsity, seed))
        },
      ),
      { numRuns: 40, seed: 7 },
    )
  })
})

/** Few different elements, many zeros; any bits but those of a NaN, which ONNX Runtime may turn into another NaN. */
function randomBits(dtype: DType, shape: readonly number[], values: number, sparsity: number, seed: number): Tensor {
  const n = shape.reduce((product, size) => product * size, 1)
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  const palette = Array.from({ length: values }, () => Math.floor(next() * 256) - 128)
  const elements = Array.from({ length: n }, () =>
    next() < sparsity ? 0 : (palette[Math.floor(next() * values)] as number),
  )
  switch (dtype) {
    case 'float32':
      return new MemoryTensor(dtype, shape, bytesOf(Float32Array.from(elements, (x) => x * 1.0001)))
    case 'float64':
      return new MemoryTensor(dtype, shape, bytesOf(Float64Array.from(elements, (x) => x * 1.0001)))
    case 'float16':
    case 'bfloat16':
      return new MemoryTensor(
        dtype,
        shape,
        bytesOf(Uint16Array.from(elements, (x) => (x < 0 ? 0x8000 : 0) | (Math.abs(x) << 6))),
      )
    case 'int64':
      return new MemoryTensor(dtype, shape, bytesOf(BigInt64Array.from(elements, (x) => BigInt(x) * 2n ** 33n)))
    case 'int32':
      return new MemoryTensor(dtype, shape, bytesOf(Int32Array.from(elements, (x) => x * 65537)))
    case 'bool':
      return new MemoryTensor(dtype, shape, bytesOf(Uint8Array.from(elements, (x) => x & 1)))
    default:
      return new MemoryTensor(dtype, shape, bytesOf(Uint8Array.from(elements, (x) => x & 255)))
  }
}

describe('Pack: plans under a bound', () => {
  const normal = made(4096, (i) => Math.sin(i * i) * (1 + (i % 13)), [64, 64])
  const vector = made(4096, (i) => Math.sin(i * i) * (1 + (i % 13)), [1, 4096, 1])

  it('lose no more than they may, smallest first, the tensor as it is last', async () => {
    const survey = await surveyOf(normal)
    for (const maxError of [0.001, 0.01, 0.1, 0.5]) {
      const plans = plansOf(survey, { maxError, maxVectorError: 0, mostValues: null })
      assert.ok(plans.length > 1)
      assert.ok(plans.every(({ error }) => error <= maxError))
      const bytes = plans.map((plan) => plan.bytes)
      assert.deepEqual(
        bytes,
        [...bytes].sort((a, b) => a - b),
      )
      assert.equal(plans.at(-1)?.encoded.encoding, 'dense')
      for (const a of plans) {
        const better = plans.filter((b) => b.bytes <= a.bytes && b.loadBytes <= a.loadBytes && b.error <= a.error)
        assert.deepEqual(better, [a], `${label(a.encoded)} is no better in anything`)
      }
    }
  })

  it('hold vectors to their own bound', async () => {
    const bound = { maxError: 0.5, maxVectorError: 0.001, mostValues: 4 }
    assert.deepEqual(await labelsOf(vector, bound), ['float16', 'float32'])
    assert.deepEqual(await labelsOf(normal, bound), ['codebook of 4', 'float32'])
  })

  it('are palettes of the most values that are wanted, zero included, whatever the error', async () => {
    const sparse = made(6400, (i) => (i % 8 === 0 ? Math.sin(i) : 0), [64, 100])
    const labels = await labelsOf(sparse, { maxError: Number.POSITIVE_INFINITY, maxVectorError: 0.001, mostValues: 4 })
    const lossy = labels.filter((each) => each.includes('codebook'))
    assert.ok(lossy.length >= 2)
    assert.ok(
      lossy.every((each) => each.endsWith('codebook of 4') || each.endsWith('codebook of 3')),
      lossy.join(),
    )
    assert.ok(
      labels.every((each) => each.includes('codebook') || each.endsWith('float32')),
      labels.join(),
    )
  })

  it('are exact where a tensor has NaN', async () => {
    const tensor = made(4000, (i) => (i === 77 ? Number.NaN : every(9)(i)), [40, 100])
    const plans = plansOf(await surveyOf(tensor), ANYTHING)
    assert.ok(plans.length > 1)
    assert.ok(plans.every(({ error }) => error === 0))
    await assertExact(tensor, ANYTHING)
  })

  it('may lose the sign of zeros, and say so', async () => {
    const tensor = made(4000, (i) => (i % 9 === 0 ? i + 0.1 : -0), [40, 100])
    const survey = await surveyOf(tensor)
    const plan = plansOf(survey, { maxError: 1e-9, maxVectorError: 0, mostValues: null })[0]
    assert.ok(plan && plan.error > 0 && plan.error < 1e-300)
    assert.match(label(plan.encoded), /^gaps below \d+ \+ float32$/)
    const { encoded, sparsity } = await withStore((store) =>
      encode(tensor, survey, plan, store).then(async (made) => {
        const bytes = await decoded(packed(made.encoded).model, 'disabled')
        const expected = new Float32Array(tensor.read().buffer).map((x) => (x === 0 ? 0 : x))
        assert.deepEqual(Buffer.from(bytes), Buffer.from(expected.buffer))
        return made
      }),
    )
    assert.equal(encoded.encoding, 'gaps')
    assert.equal(sparsity, 1 - 445 / 4000)
  })
})

describe('Pack: plans of the largest tensors', () => {
  it('make nothing that ONNX Runtime does not fold', () => {
    // 2^28 elements of float32 are 1 GiB, which is folded; three digits to a word make two elements more of them.
    const distinct = Array.from({ length: 30 }, (_, i) => i + 1)
    const shape = [65536, 4096]
    const elements = 2 ** 28
    const spacing = new Spacing()
    const survey: Survey = {
      dtype: 'float32',
      shape,
      elements,
      repeated: null,
      distinct,
      casts: [],
      spacing,
      weights: null,
    }
    const plans = plansOf(survey, LOSSLESS).slice(0, -1)
    assert.ok(plans.length > 0)
    for (const { encoded } of plans) assert.ok(weigh(encoded).largestBytes <= 2 ** 30, label(encoded))
    const bases = plans.map(({ encoded }) => encoded.encoding === 'codebook' && encoded.codes.form.base)
    assert.deepEqual(bases, [256])
  })
})

describe('Pack: measured errors', () => {
  it('are numbers where a channel has weights too small for any step', async () => {
    const tensor = made(4000, (i) => (i < 100 ? (i % 7) * 1e-45 : Math.sin(i)), [40, 100])
    const survey = await surveyOf(tensor)
    const plan = plansOf(survey, ANYTHING).find(({ encoded }) => label(encoded) === 'int8 by channel')
    assert.ok(plan)
    const { encoded, error } = await withStore((store) => encode(tensor, survey, plan, store))
    assert.ok(error > 0 && error < 0.01, `${error}`)
    assert.equal(encoded.encoding, 'int8')
  })

  it('keep to the bound, wherever it is', async () => {
    await withStore(async (store) => {
      for (const [seed, n] of [
        [1, 500],
        [2, 5000],
        [3, 50_000],
      ] as const) {
        const tensor = float32([n / 50, 50], normal(n, seed, seed === 2 ? 0.8 : 0))
        const survey = await surveyOf(tensor)
        const all = plansOf(survey, ANYTHING).filter(({ error }) => error > 0)
        // A bound at the error of each palette is the hardest: the plan fits only just, or no more.
        const palettes = all.filter(({ encoded }) => label(encoded).includes('codebook'))
        assert.ok(palettes.length > 4)
        for (const { error: maxError } of palettes) {
          for (const scale of [1, 1.011]) {
            const bound = { maxError: maxError * scale, maxVectorError: 0, mostValues: null }
            const [plan] = plansOf(survey, bound)
            assert.ok(plan)
            const { error } = await encode(tensor, survey, plan, store)
            assert.ok(error <= bound.maxError, `${label(plan.encoded)}: ${error} of ${bound.maxError}`)
          }
        }
      }
    })
  })
})
