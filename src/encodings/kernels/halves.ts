import { bfloat16OfBits, float16OfBits, float16ToNumber } from '../../ir/float16.js'
import type { HalfType } from './arrays.js'

/** float16 and bfloat16 as float32 and back, a whole array at a time. A NaN keeps as many of its bits as fit. */

/** @param halves  their bits */
export function widened(dtype: HalfType, halves: Uint16Array): Float32Array {
  const bits = new Int32Array(halves.length)
  if (dtype === 'bfloat16') for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16
  else {
    const table = float32OfFloat16()
    for (let i = 0; i < bits.length; i++) bits[i] = table[halves[i] as number] as number
  }
  return new Float32Array(bits.buffer)
}

/** Rounded to the nearest, ties to even. @returns their bits */
export function narrowed(dtype: HalfType, floats: Float32Array): Uint16Array {
  const bits = new Int32Array(floats.buffer, floats.byteOffset, floats.length)
  const halves = new Uint16Array(bits.length)
  const narrow = dtype === 'float16' ? float16OfBits : bfloat16OfBits
  for (let i = 0; i < bits.length; i++) halves[i] = narrow(bits[i] as number)
  return halves
}

let table: Int32Array | null = null

/** The bits of every float16 as float32: 256 KB, made when it is first needed. */
function float32OfFloat16(): Int32Array {
  if (table !== null) return table
  const bits = new Int32Array(1 << 16)
  const floats = new Float32Array(bits.buffer)
  for (let half = 0; half < bits.length; half++) {
    const isNoNumber = (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0
    if (isNoNumber) bits[half] = ((half & 0x8000) << 16) | 0x7fc00000 | ((half & 0x3ff) << 13)
    else floats[half] = float16ToNumber(half)
  }
  table = bits
  return bits
}
