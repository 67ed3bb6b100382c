import { bfloat16ToNumber, float16ToNumber } from '../ir/float16.js'
import type { Tensor } from '../ir/tensor.js'
import { type DType, dtypeBits, elementCount } from '../ir/type.js'

/** What a code of a type stands for. */
type Decode = (code: number) => number

/**
 * The types of at most 16 bits: so few codes that counting them says everything about a tensor.
 *
 * @see onnx.proto, TensorProto.DataType; OCP 8-bit Floating Point (OFP8) 1.0; OCP Microscaling Formats (MX) 1.0;
 *      arXiv:2206.02915 for the types of Graphcore (fnuz)
 */
const DECODE: Readonly<Partial<Record<DType, Decode>>> = {
  float16: float16ToNumber,
  bfloat16: bfloat16ToNumber,
  uint16: (code) => code,
  int16: signed(16),
  uint8: (code) => code,
  int8: signed(8),
  float8e4m3fn: (code) => ((code & 0x7f) === 0x7f ? Number.NaN : minifloat(code, 4, 3, 7)),
  float8e4m3fnuz: (code) => (code === 0x80 ? Number.NaN : minifloat(code, 4, 3, 8)),
  float8e5m2: (code) => {
    const size = code & 0x7f
    if (size < 0x7c) return minifloat(code, 5, 2, 15)
    if (size > 0x7c) return Number.NaN
    return code === size ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  },
  float8e5m2fnuz: (code) => (code === 0x80 ? Number.NaN : minifloat(code, 5, 2, 16)),
  float8e8m0: (code) => (code === 0xff ? Number.NaN : 2 ** (code - 127)),
  uint4: (code) => code,
  int4: signed(4),
  float4e2m1: (code) => minifloat(code, 2, 1, 1),
  uint2: (code) => code,
  int2: signed(2),
  float6e2m3: (code) => minifloat(code, 2, 3, 1),
  float6e3m2: (code) => minifloat(code, 3, 2, 3),
}

/**
 * How often each value occurs in a tensor of a narrow type; the tensor is read once.
 *
 * @returns  null for types of more than 16 bits, and those that are no numbers
 */
export function countValues(tensor: Tensor): readonly (readonly [value: number, times: number])[] | null {
  const decode = DECODE[tensor.dtype]
  if (decode === undefined) return null
  const counts = countCodes(tensor)
  return [...counts].flatMap((times, code) => (times === 0 ? [] : [[decode(code), times] as const]))
}

/** [2^bits], for each code how often it occurs. */
function countCodes(tensor: Tensor): Float64Array {
  const bits = dtypeBits(tensor.dtype)
  const counts = new Float64Array(1 << bits)
  const count = (code: number) => {
    counts[code] = (counts[code] ?? 0) + 1
  }
  if (bits === 16) {
    for (const chunk of tensor.chunks()) {
      const codes = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2)
      for (let i = 0; i < codes.length; i++) count(codes[i] as number) // i < length
    }
    return counts
  }
  if (bits === 6) {
    eachOfSixBits(tensor, count)
    return counts
  }
  const bytes = new Float64Array(256)
  for (const chunk of tensor.chunks()) {
    for (let i = 0; i < chunk.length; i++) bytes[chunk[i] as number] = (bytes[chunk[i] as number] ?? 0) + 1 // i < length, a byte
  }
  const perByte = 8 / bits
  for (const [byte, times] of bytes.entries()) {
    for (let i = 0; i < perByte; i++) {
      const code = (byte >> (i * bits)) & (counts.length - 1)
      counts[code] = (counts[code] ?? 0) + times
    }
  }
  // The last byte is filled up with zeros, which are no elements.
  counts[0] = (counts[0] ?? 0) - (tensor.byteLength * perByte - elementCount(tensor.shape))
  return counts
}

/** The first element in the lowest bits; elements lie across the borders of bytes. */
function eachOfSixBits(tensor: Tensor, visit: (code: number) => void): void {
  const bytes = tensor.read()
  const elements = elementCount(tensor.shape)
  for (let i = 0; i < elements; i++) {
    const bit = i * 6
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8)
    visit((pair >> (bit & 7)) & 0x3f)
  }
}

function signed(bits: number): Decode {
  return (code) => (code << (32 - bits)) >> (32 - bits)
}

/** A sign, an exponent with its bias, a fraction; subnormal where the exponent is 0. */
function minifloat(code: number, exponentBits: number, fractionBits: number, bias: number): number {
  const fraction = (code & ((1 << fractionBits) - 1)) / (1 << fractionBits)
  const exponent = (code >> fractionBits) & ((1 << exponentBits) - 1)
  const size = exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias)
  return code >> (exponentBits + fractionBits) ? -size : size
}
