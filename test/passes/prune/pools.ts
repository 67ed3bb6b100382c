import fc from 'fast-check'
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from '../../../src/ir/float16.js'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import { elementCount } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import type { WeightDType } from '../../../src/passes/prune/keys.js'
import type { AxisMember } from '../../../src/passes/prune/masks.js'
import type { Member } from '../../../src/passes/prune/select.js'

/** How numbers are stored in each format of weights, and its largest number. */
const FORMATS = {
  float32: {
    most: 3.4028234663852886e38,
    encode: (values: readonly number[]) => bytesOf(Float32Array.from(values)),
    decode: (bytes: Uint8Array) => [...new Float32Array(bytes.buffer)],
  },
  float64: {
    most: Number.MAX_VALUE,
    encode: (values: readonly number[]) => bytesOf(Float64Array.from(values)),
    decode: (bytes: Uint8Array) => [...new Float64Array(bytes.buffer)],
  },
  float16: {
    most: 65504,
    encode: (values: readonly number[]) => bytesOf(Uint16Array.from(values, numberToFloat16)),
    decode: (bytes: Uint8Array) => Array.from(new Uint16Array(bytes.buffer), float16ToNumber),
  },
  bfloat16: {
    most: 3.3895313892515355e38,
    encode: (values: readonly number[]) => bytesOf(Uint16Array.from(values, numberToBfloat16)),
    decode: (bytes: Uint8Array) => Array.from(new Uint16Array(bytes.buffer), bfloat16ToNumber),
  },
}

/** A weight tensor of the given numbers, rounded to its format; what is too large becomes the largest number. */
export function memberOf(values: readonly number[], dtype: WeightDType = 'float32', index = 0): Member {
  const { encode, most } = FORMATS[dtype]
  const clipped = values.map((v) => (Number.isFinite(v) ? Math.max(-most, Math.min(most, v)) : v))
  const tensor = new MemoryTensor(dtype, [values.length], encode(clipped))
  return { name: `weight${index}`, index, dtype, elements: values.length, tensor }
}

export function axisMember(
  values: readonly number[],
  shape: readonly number[],
  axes: { readonly out: number; readonly in: number },
  dtype: WeightDType = 'float32',
  index = 0,
): AxisMember {
  return { ...memberOf(values, dtype, index), shape, ...axes }
}

export function numbersIn(tensor: Tensor): number[] {
  return FORMATS[tensor.dtype as WeightDType].decode(tensor.read()) // a member's tensor
}

/** The positions [member, position] of the k smallest keys of all members, by sorting all of them; sorting is stable. */
export function smallestOf(keys: readonly (readonly number[])[], k: number): Set<string> {
  const all = keys.flatMap((own, m) => own.map((key, position) => ({ key, place: `${m}:${position}` })))
  return new Set(
    all
      .sort((a, b) => a.key - b.key)
      .slice(0, k)
      .map(({ place }) => place),
  )
}

const dtype = fc.constantFrom<WeightDType>('float32', 'float16', 'bfloat16', 'float64')

/** Numbers as they come in weights, and those that a search may stumble over: ties, zeros of both signs, subnormals, extremes. */
export const weight: fc.Arbitrary<number> = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }),
  fc.constantFrom(0.5, -0.5, 0.25, -0.25, 1),
  fc.constantFrom(0, -0),
  fc.constantFrom(1e-45, -1e-45, 2e-45, 1e-40, -6e-8, 5e-324, 1e-310, -1e-310),
  fc.constantFrom(3e38, -3.4028234663852886e38, 65504, 1e300, -1e-300, Number.MAX_VALUE),
)

const values = fc.oneof(
  fc.array(weight, { maxLength: 60, size: 'max' }),
  // all of them equal; two values
  fc.tuple(weight, fc.nat(40)).map(([w, n]) => Array<number>(n).fill(w)),
  fc
    .tuple(weight, weight, fc.array(fc.boolean(), { maxLength: 60, size: 'max' }))
    .map(([a, b, which]) => which.map((x) => (x ? a : b))),
)

/** Tensors that compete, of one format or several. */
export const pool: fc.Arbitrary<Member[]> = fc
  .array(fc.tuple(values, dtype), { minLength: 1, maxLength: 5, size: 'max' })
  .map((tensors) => tensors.map(([v, d], index) => memberOf(v, d, index)))

/** A pool and how many of its weights go. */
export const poolAndCount: fc.Arbitrary<{ members: Member[]; k: number }> = pool.chain((members) => {
  const elements = members.reduce((n, m) => n + m.elements, 0)
  const k = fc.oneof(fc.nat(elements), fc.constantFrom(0, Math.min(1, elements), Math.max(0, elements - 1), elements))
  return k.map((k) => ({ members, k }))
})

/** Tensors of two to four axes, one taken as output and another as input. */
export function tensorOf(numbers: fc.Arbitrary<number>): fc.Arbitrary<AxisMember> {
  return fc
    .tuple(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4, size: 'max' }),
      fc.nat(),
      fc.nat(),
      dtype,
    )
    .chain(([shape, a, b, dtype]) => {
      const out = a % shape.length
      const others = [...shape.keys()].filter((axis) => axis !== out)
      const axes = { out, in: others[b % others.length] ?? 0 }
      const n = elementCount(shape)
      return fc.array(numbers, { minLength: n, maxLength: n }).map((values) => axisMember(values, shape, axes, dtype))
    })
}

/** The coordinates of a position in a tensor. */
export function coordinates(position: number, shape: readonly number[]): number[] {
  let rest = position
  const reversed = shape.toReversed().map((d) => {
    const c = rest % d
    rest = Math.floor(rest / d)
    return c
  })
  return reversed.reverse()
}

function made(shape: readonly number[], axes: { readonly out: number; readonly in: number }): AxisMember {
  return axisMember(
    Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(3 * i + 1)),
    shape,
    axes,
  )
}

/** The layouts in which ops hold their weights. */
export const LAYOUTS: Readonly<Record<string, AxisMember>> = {
  'Conv [O, I, kh, kw]': made([7, 5, 3, 2], { out: 0, in: 1 }),
  'ConvTranspose [I, O, kh, kw]': made([5, 7, 3, 2], { out: 1, in: 0 }),
  'Gemm [N, K]': made([9, 10], { out: 0, in: 1 }),
  'Gemm [K, N]': made([10, 9], { out: 1, in: 0 }),
  'MatMul on the right [B, K, N]': made([2, 9, 5], { out: 2, in: 1 }),
  'MatMul on the left [B, M, K]': made([2, 5, 9], { out: 1, in: 2 }),
  'NhwcConv [O, kh, kw, I]': made([7, 3, 2, 5], { out: 0, in: 3 }),
  'LSTM [D, 4H, I]': made([2, 12, 5], { out: 1, in: 2 }),
  'a vector': made([1, 11], { out: 0, in: 1 }),
}

/** Orders and values in which a search may go wrong [n]. */
export const DISTRIBUTIONS: Readonly<Record<string, (n: number) => number[]>> = {
  'all equal': (n) => Array<number>(n).fill(-0.25),
  'two values': (n) => Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0.5 : -0.125)),
  '16 values': (n) => Array.from({ length: n }, (_, i) => ((i * 7919) % 16) / 16 - 0.5),
  ascending: (n) => Array.from({ length: n }, (_, i) => i / n),
  descending: (n) => Array.from({ length: n }, (_, i) => 1 - i / n),
  'up and down': (n) => Array.from({ length: n }, (_, i) => Math.min(i, n - i) / n),
  'mostly zeros': (n) => Array.from({ length: n }, (_, i) => (i % 10 === 0 ? Math.sin(i) : i % 2 === 0 ? 0 : -0)),
  'of all scales': (n) => Array.from({ length: n }, (_, i) => Math.sin(i) * 10 ** -(i % 37)),
  'bell-shaped': (n) => Array.from({ length: n }, (_, i) => Math.sin(i * 1.1) * Math.sin(i * i) * Math.cos(i * 3)),
}
