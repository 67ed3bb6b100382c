/**
 * The value of a half-precision number.
 *
 * @param bits  sign 1, exponent 5 (bias 15), fraction 10
 * @see         IEEE 754-2019, binary16
 */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/**
 * The nearest half-precision number, ties to even; infinite from 65520 on.
 *
 * @returns  its bits
 */
export function numberToFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const size = Math.abs(value)
  if (size >= 65520) return sign | 0x7c00
  if (size < 2 ** -14) return sign | roundToEven(size * 2 ** 24) // subnormal; 1024 is the bits of 2^-14
  const exponent = exponentOf(size)
  const fraction = roundToEven((size / 2 ** exponent - 1) * 1024)
  return sign | (((exponent + 15) << 10) + fraction) // a fraction of 1024 carries into the exponent
}

/**
 * The same from the bits of a float32, for loops over all weights. A NaN keeps as many of its bits as fit.
 *
 * @returns  its bits
 */
export function float16OfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const size = bits & 0x7fffffff
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff)
  if (size >= 0x47800000) return sign | 0x7c00 // 65536 and above
  if (size >= 0x38800000) {
    // 13 bits go; a carry of the fraction raises the exponent, up to that of infinity.
    return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13)
  }
  // Beside a half the last bit of a float32 is worth 2^-24, as that of a subnormal half-precision number.
  WORD[0] = size
  FLOAT[0] = (FLOAT[0] as number) + 0.5
  return sign | ((WORD[0] as number) - 0x3f000000)
}

/** The value of a bfloat16 number: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  WORD[0] = bits << 16
  return FLOAT[0] ?? 0
}

/** The nearest bfloat16 number, ties to even. */
export function numberToBfloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0
  FLOAT[0] = value
  return bfloat16OfBits(WORD[0] ?? 0)
}

/** The same from the bits of a float32. A NaN keeps as many of its bits as fit. */
export function bfloat16OfBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16
}

const FLOAT = new Float32Array(1)
const WORD = new Uint32Array(FLOAT.buffer)

/** The exponent of a normal number: exact, which Math.log2 is not just below a power of two. */
function exponentOf(size: number): number {
  const exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) return exponent - 1
  return 2 ** (exponent + 1) <= size ? exponent + 1 : exponent
}

/** Exact for what is scaled by a power of two. */
function roundToEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}
