/**
 * The nearest half-precision number to a float32, ties to even: as data/array/float16.ts, from bits to bits, for loops
 * over all weights.
 *
 * @see  IEEE 754-2019, binary16
 */
export function float16OfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? sign | 0x7e00 : sign | 0x7c00 // NaN; 65536 and above
  if (magnitude >= 0x38800000) {
    // 13 bits go; a carry of the fraction raises the exponent, up to that of infinity.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  }
  if (magnitude <= 0x33000000) return sign // up to half of the smallest, 2^-25
  const gone = 126 - (magnitude >>> 23)
  const fraction = (magnitude & 0x7fffff) | 0x800000
  return sign | ((fraction + (1 << (gone - 1)) - 1 + ((fraction >>> gone) & 1)) >>> gone)
}

/** Whether a float32 is exactly a finite half-precision number. */
export function isFloat16(bits: number): boolean {
  const magnitude = bits & 0x7fffffff
  if (magnitude === 0) return true
  const exponent = (magnitude >>> 23) - 127
  if (exponent > 15 || exponent < -24) return false
  const gone = exponent >= -14 ? 13 : -1 - exponent
  return (magnitude & ((1 << gone) - 1)) === 0
}
