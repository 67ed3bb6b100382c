import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Rng } from '../../src/data/rng.js'
import { DIGIT_FORMS, digitForm } from '../../src/encodings/digits.js'
import type { Encoded, EncodingName } from '../../src/encodings/encoding.js'
import { encodings, supports } from '../../src/encodings/index.js'
import { bfloat16ToNumber, float16ToNumber } from '../../src/ir/float16.js'
import type { Model } from '../../src/ir/graph.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { type DType, denseBytes, elementCount } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { decoded, decodedOnWeb, evaluated, LEVELS, packed, tensor } from './models.js'
import { bitmaskOf, codebookOf, denseOf, gapsOf, repeatedOf } from './reference.js'

const RUNS = { numRuns: 40, seed: 4 }
const DTYPES: readonly DType[] = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
]

/** Bit patterns that rounding, comparing or copying as numbers would lose, by the width of a float. */
const SPECIAL: Readonly<Partial<Record<DType, readonly string[]>>> = {
  // -0, infinities, a NaN with a payload, a signalling one, the smallest subnormal, the largest number.
  float32: ['80000000', '7f800000', 'ff800000', '7fc12345', '7fa00001', '00000001', '7f7fffff'],
  float64: ['8000000000000000', '7ff0000000000000', 'fff8000000000123', '7ff4000000000001', '0000000000000001'],
  float16: ['8000', '7c00', 'fc00', '7e01', '7d01', '0001', '7bff'],
  bfloat16: ['8000', '7f80', 'ff80', '7fc1', '0001', '7f7f'],
}

interface Draw {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly sparsity: number
  /** Different values at most. */
  readonly values: number
  readonly seed: number
}

const shape = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 5 })
const longer = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }))
const draw: fc.Arbitrary<Draw> = fc.record({
  dtype: fc.constantFrom(...DTYPES),
  shape: fc.oneof(shape, longer),
  sparsity: fc.constantFrom(0, 0.3, 0.9, 0.99, 1),
  values: fc.constantFrom(1, 2, 4, 16, 200),
  seed: fc.nat(),
})

/** A tensor of random bits, of which some are special. */
function drawn({ dtype, shape, sparsity, values, seed }: Draw): Tensor {
  const rng = new Rng(seed)
  const width = denseBytes(dtype, 1)
  const below = (n: number) => Math.floor(rng.uniform() * n)
  const special = SPECIAL[dtype] ?? []
  const element = () => {
    const bits = special[below(2 * special.length)]
    if (bits !== undefined) return Buffer.from(bits, 'hex').reverse()
    return Buffer.from(Array.from({ length: width }, () => (dtype === 'bool' ? below(2) : below(256))))
  }
  const palette = Array.from({ length: values }, element)
  const zero = Buffer.alloc(width)
  const elements = Array.from({ length: elementCount(shape) }, () =>
    rng.uniform() < sparsity ? zero : (palette[below(values)] ?? zero),
  )
  return new MemoryTensor(dtype, shape, Uint8Array.from(Buffer.concat(elements)))
}

const opsetFor = (dtype: DType, opset = 11) => (dtype === 'bfloat16' ? Math.max(opset, 13) : opset)

/** What a test can fetch: bfloat16 arrives as float32. */
function fetched(dtype: DType, bytes: Uint8Array): Buffer {
  if (dtype !== 'bfloat16') return Buffer.from(bytes)
  const wide = Buffer.alloc(2 * bytes.byteLength)
  for (let i = 0; i < bytes.byteLength; i += 2) wide.set(bytes.subarray(i, i + 2), 2 * i + 2)
  return wide
}

/** Every engine, at every level, and the interpreter make the same bits of it. */
async function assertAlike(encoded: Encoded, expected: Uint8Array | null, opset: number): Promise<Uint8Array> {
  const { model } = packed(encoded, opset)
  const own = evaluated(model)
  const bits = fetched(encoded.dtype, expected ?? own)
  if (expected !== null) assert.ok(Buffer.from(own).equals(expected), 'the interpreter')
  for (const level of LEVELS) assert.ok(bits.equals(await decoded(model, level)), `onnxruntime-node, ${level}`)
  assert.ok(bits.equals(await decodedOnWeb(model)), 'onnxruntime-web')
  return own
}

async function assertLossless(
  of: (dense: Tensor, seed: number) => Encoded | null,
  draws: fc.Arbitrary<Draw> = draw,
): Promise<void> {
  let built = 0
  await fc.assert(
    fc.asyncProperty(draws, fc.constantFrom(11, 13, 17, 21), async (d, opset) => {
      const dense = drawn(d)
      const encoded = of(dense, d.seed)
      if (encoded === null) return
      built++
      await assertAlike(encoded, dense.read(), opsetFor(dense.dtype, opset))
    }),
    RUNS,
  )
  assert.ok(built >= RUNS.numRuns / 4, `only ${built} of ${RUNS.numRuns} could be encoded`)
}

/** Values in a codebook where it has room for them, dense otherwise. */
function innerOf(values: Tensor): Encoded {
  const { shape } = values
  const nibbles = codebookOf(values, digitForm(16), 'planes')
  return (
    nibbles ??
    codebookOf(values, digitForm(256), 'planes') ??
    denseOf(new MemoryTensor(values.dtype, shape, values.read()))
  )
}

const SHIFTED = DIGIT_FORMS.filter(({ base }) => [2, 4, 16].includes(base))

describe('Every encoding, built into a model', () => {
  it('gives any tensor back bit for bit from a codebook in planes', async () => {
    await assertLossless((dense, seed) => {
      const forms = DIGIT_FORMS.filter((form) => codebookOf(dense, form, 'planes') !== null)
      const form = forms[seed % Math.max(1, forms.length)]
      return form ? codebookOf(dense, form, 'planes') : null
    })
  })

  it('gives any tensor back bit for bit from a codebook in rows', async () => {
    const few = draw.map((d) => ({ ...d, values: Math.min(d.values, 15) }))
    await assertLossless((dense, seed) => {
      const forms = SHIFTED.filter((form) => codebookOf(dense, form, 'rows') !== null)
      const form = forms[seed % Math.max(1, forms.length)]
      return form ? codebookOf(dense, form, 'rows') : null
    }, few)
  })

  it('gives any tensor back bit for bit from gaps, whatever their base', async () => {
    await assertLossless((dense, seed) => {
      const form = DIGIT_FORMS[seed % DIGIT_FORMS.length]
      return form ? gapsOf(dense, form, seed % 2 ? denseOf : innerOf) : null
    })
  })

  it('gives any tensor back bit for bit from a bitmask', async () => {
    await assertLossless((dense, seed) => bitmaskOf(dense, seed % 2 ? denseOf : innerOf))
  })

  it('gives any tensor of one value back bit for bit', async () => {
    const same = draw.map((d) => ({ ...d, sparsity: d.sparsity < 1 ? 0 : 1, values: 1 }))
    await assertLossless(repeatedOf, same)
  })

  const CASTS: readonly (readonly [DType, DType])[] = [
    ['float16', 'float32'],
    ['float16', 'float64'],
    ['bfloat16', 'float32'],
    ['float32', 'float64'],
    ['int8', 'float32'],
    ['int8', 'float16'],
    ['uint8', 'bfloat16'],
    ['int8', 'int64'],
    ['uint8', 'int32'],
    ['int16', 'int64'],
    ['uint16', 'uint64'],
    ['int32', 'int64'],
    ['uint32', 'int64'],
    ['int32', 'float32'],
    ['int64', 'float32'],
    ['float16', 'int32'],
  ]

  it('gives what a Cast of the narrower type means', async () => {
    await fc.assert(
      fc.asyncProperty(draw, fc.constantFrom(...CASTS), async (d, [from, dtype]) => {
        // The integer of an infinite or very large float is whatever the processor makes of it.
        const most = dtype === 'int32' ? 0x3c00 : 0xffff
        const stored = from === 'float16' ? quietHalves(d, most) : drawn({ ...d, dtype: from })
        const encoded: Encoded = { encoding: 'cast', dtype, shape: stored.shape, stored }
        const opset = from === 'bfloat16' || dtype === 'bfloat16' ? 13 : 11
        const bytes = await assertAlike(encoded, null, opset)
        const [is, was] = [numbersOf(dtype, bytes), numbersOf(from, stored.read())]
        for (const [i, x] of was.entries()) assert.ok(Object.is(is[i], castTo(dtype, x)), `${from} ${x} -> ${is[i]}`)
      }),
      { ...RUNS, numRuns: 80 },
    )
  })

  it('gives code times scale from int8, with a scale for all or one for each channel', async () => {
    const dtypes = fc.constantFrom<DType>('float32', 'float64')
    await fc.assert(
      fc.asyncProperty(draw, dtypes, fc.nat(), async (d, dtype, pick) => {
        const codes = drawn({ ...d, dtype: 'int8', values: 200 })
        const axis = pick % (d.shape.length + 1)
        const scaleShape = pick % 2 ? [] : d.shape.map((size, i) => (i === axis ? size : 1))
        const scale = drawn({ ...d, dtype, shape: scaleShape, sparsity: 0, seed: d.seed + 1 })
        const encoded: Encoded = { encoding: 'int8', dtype, shape: d.shape, codes, scale }
        const is = numbersOf(dtype, await assertAlike(encoded, null, 11))
        const [code, step] = [numbersOf('int8', codes.read()), numbersOf(dtype, scale.read())]
        const inner = elementCount(d.shape.slice(axis + 1))
        for (const [i, x] of code.entries()) {
          const channel = step.length === 1 ? 0 : Math.floor(i / inner) % step.length
          const product = Number(x) * Number(step[channel])
          assert.ok(Object.is(is[i], dtype === 'float32' ? Math.fround(product) : product))
        }
      }),
      RUNS,
    )
  })

  it('gives the product of two factors, but for the last bits of each step', async () => {
    const size = fc.integer({ min: 1, max: 40 })
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.nat(), async (m, r, n, seed) => {
        const rng = new Rng(seed)
        const [a, b] = [m * r, r * n].map((count) => Array.from({ length: count }, () => 2 * rng.uniform() - 1))
        const left = tensor('float32', [m, r], a ?? [])
        const right = tensor('float32', [r, n], b ?? [])
        const encoded: Encoded = {
          encoding: 'low-rank',
          dtype: 'float32',
          shape: seed % 2 ? [m, n] : [m, n, 1, 1],
          left: denseOf(left),
          right: denseOf(right),
        }
        const { model } = packed(encoded)
        const own = numbersOf('float32', evaluated(model))
        for (const level of LEVELS) assertNear(numbersOf('float32', await decoded(model, level)), own, r)
        assertNear(numbersOf('float32', await decodedOnWeb(model)), own, r)
      }),
      { ...RUNS, numRuns: 15 },
    )
  })
})

/**
 * float16 of bits up to some; NaNs are quiet ones. Whether a signalling one stays that is up to the instructions that
 * ONNX Runtime uses: others for the last elements of a tensor than for those before.
 */
function quietHalves(d: Draw, most: number): Tensor {
  const bits = numbersOf('uint16', drawn({ ...d, dtype: 'float16' }).read(), READ.uint16)
  const quiet = bits.map(Number).map((x) => ((x & 0x7fff) > 0x7c00 ? x | 0x200 : x))
  return tensor(
    'float16',
    d.shape,
    quiet.map((x) => (x > most ? x % most : x)),
  )
}

type Numeric = number | bigint

function numbersOf(dtype: DType, bytes: Uint8Array, read = READ[dtype]): Numeric[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const width = denseBytes(dtype, 1)
  if (read === undefined) throw new Error(`No test reads ${dtype}.`)
  return Array.from({ length: bytes.byteLength / width }, (_, i) => read(view, i * width))
}

const READ: Readonly<Partial<Record<DType, (view: DataView, at: number) => Numeric>>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
  float16: (view, at) => float16ToNumber(view.getUint16(at, true)),
  bfloat16: (view, at) => bfloat16ToNumber(view.getUint16(at, true)),
  int8: (view, at) => view.getInt8(at),
  uint8: (view, at) => view.getUint8(at),
  int16: (view, at) => view.getInt16(at, true),
  uint16: (view, at) => view.getUint16(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int64: (view, at) => view.getBigInt64(at, true),
  uint64: (view, at) => view.getBigUint64(at, true),
}

/** Of the casts above: all but two are exact. */
function castTo(dtype: DType, x: Numeric): Numeric {
  if (dtype === 'int64' || dtype === 'uint64') return BigInt(x)
  if (dtype === 'int32') return Math.trunc(Number(x)) + 0
  if (dtype === 'float32') return typeof x === 'bigint' ? nearestFloat32(x) : Math.fround(x)
  return Number(x)
}

/** Of the two float32 around it the nearer, of two as near the even one: without the double rounding of fround. */
function nearestFloat32(x: bigint): number {
  const guess = Math.fround(Number(x))
  if (Math.abs(Number(x)) < 2 ** 53) return guess
  const bits = new Int32Array(Float32Array.of(guess).buffer)
  const around = [-1, 0, 1].map((step) => new Float32Array(Int32Array.of((bits[0] ?? 0) + step).buffer)[0] ?? 0)
  const distance = (y: number) => (BigInt(y) > x ? BigInt(y) - x : x - BigInt(y))
  const isEven = (y: number) => ((new Int32Array(Float32Array.of(y).buffer)[0] ?? 0) & 1) === 0
  const nearest = around.filter((y) => around.every((other) => distance(y) <= distance(other)))
  return nearest.length > 1 ? (nearest.find(isEven) ?? guess) : (nearest[0] ?? guess)
}

function assertNear(is: readonly Numeric[], was: readonly Numeric[], steps: number): void {
  assert.equal(is.length, was.length)
  for (const [i, x] of was.entries()) assert.ok(Math.abs(Number(x) - Number(is[i])) <= steps * 2 ** -23, `${i}`)
}

describe('What ONNX Runtime decodes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mcompress-encodings-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'optimized.onnx')

  /** One of each, of a tensor of that type. */
  function exampleOf(encoding: EncodingName, dtype: DType): Encoded | null {
    const width = denseBytes(dtype, 1)
    const ones = (shape: readonly number[]) => new MemoryTensor(dtype, shape, oneIn(width, elementCount(shape)))
    const dense = new MemoryTensor(dtype, [4, 5], oneIn(width, 20, 3))
    switch (encoding) {
      case 'dense':
        return null
      case 'cast':
        return { encoding, dtype, shape: [2], stored: tensor('int8', [2], [0, 1]) }
      case 'int8':
        return { encoding, dtype, shape: [2], codes: tensor('int8', [2], [0, 1]), scale: ones([1]) }
      case 'codebook':
        return codebookOf(dense, digitForm(16), 'rows')
      case 'gaps':
        return gapsOf(dense, digitForm(40), innerOf)
      case 'bitmask':
        return bitmaskOf(dense, innerOf)
      case 'low-rank':
        return { encoding, dtype, shape: [2, 3], left: denseOf(ones([2, 1])), right: denseOf(ones([1, 3])) }
      case 'repeated':
        return repeatedOf(ones([4, 5]))
    }
  }

  /** Whether it runs at every level, and nothing of it is left once the model is loaded. */
  async function isDecodedAtLoad(model: Model): Promise<boolean> {
    const { InferenceSession } = await import('onnxruntime-node')
    try {
      for (const level of LEVELS) await decoded(model, level)
      await decodedOnWeb(model)
    } catch {
      return false
    }
    for (const graphOptimizationLevel of ['basic', 'all'] as const) {
      if (existsSync(path)) rmSync(path)
      const options = { graphOptimizationLevel, optimizedModelFilePath: path, logSeverityLevel: 4 } as const
      const session = await InferenceSession.create(encodeToBytes(model), options)
      await session.release()
      if (readModel(path).model.main.nodes.size > 0) return false
    }
    return true
  }

  for (const encoding of Object.keys(encodings) as EncodingName[]) {
    it(`of ${encoding} is what \`supports\` says, for each type`, async () => {
      for (const dtype of DTYPES) {
        const encoded = exampleOf(encoding, dtype)
        const opset = dtype === 'bfloat16' ? 20 : 11
        const says = supports(encoding, dtype, opset)
        if (encoded === null) assert.ok(says)
        else assert.equal(await isDecodedAtLoad(packed(encoded, opset).model), says, dtype)
      }
    })
  }

  it('has no bfloat16 before opset 13, and no types that are narrower than a byte', () => {
    assert.ok(!supports('codebook', 'bfloat16', 12))
    assert.ok(supports('codebook', 'bfloat16', 13))
    for (const encoding of ['gaps', 'repeated'] as const) {
      assert.ok(!supports(encoding, 'bfloat16', 19), 'ConstantOfShape makes none')
      assert.ok(supports(encoding, 'bfloat16', 20))
    }
    assert.ok(supports('dense', 'bfloat16', 11))
    for (const dtype of ['int4', 'float8e4m3fn', 'string'] as const) assert.ok(!supports('codebook', dtype, 21))
  })
})

function oneIn(width: number, count: number, every = 1): Uint8Array {
  const bytes = new Uint8Array(width * count)
  for (let i = 0; i < count; i += every) bytes[i * width] = 1
  return bytes
}
