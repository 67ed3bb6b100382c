import { type DType, dtypeFromCode, elementCount } from '../../ir/type.js'
import { bytesOf } from '../../ir/walk.js'
import type { Spec } from '../encoding.js'
import {
  type Bigs,
  bigsIn,
  converted,
  isBigType,
  isFloatType,
  isHalfType,
  isNumberType,
  type Numbers,
  numbersIn,
  words16,
  words32,
} from './arrays.js'
import { narrowed, widened } from './halves.js'
import type { Kernel } from './kernel.js'
import { floatsOfWide, lowWords, wideOfFloats, widerIntegers } from './wide.js'

/**
 * Integers wrap, floats are rounded to the nearest and to integers toward zero; on the way to and from 16-bit floats
 * everything is a float32, as in ONNX Runtime.
 * https://onnx.ai/onnx/operators/onnx__Cast.html
 */
export const cast: Kernel = {
  ops: ['Cast'],
  plan(node, [from]) {
    const dtype = dtypeFromCode(node.int('to', 0))
    if (!from || dtype === undefined || !isSource(from.dtype) || !isTarget(dtype)) return null
    const { shape } = from
    return { out: { dtype, shape }, run: ([bytes = NONE]) => castTo(dtype, from, bytes) }
  },
}

const NONE = new Uint8Array(0)

function isTarget(dtype: DType): boolean {
  return isNumberType(dtype) || isBigType(dtype) || isHalfType(dtype)
}

function isSource(dtype: DType): boolean {
  return isTarget(dtype) || dtype === 'int4' || dtype === 'uint4'
}

function castTo(to: DType, from: Spec, bytes: Uint8Array): Uint8Array {
  if (from.dtype === to) return bytes
  if (isBigType(from.dtype)) return fromWide(to, from.dtype, bytes)
  const numbers = numbersOf(from, bytes)
  const isFloat = isFloatType(from.dtype)
  if (to === 'bool') return truths(numbers)
  if (isHalfType(to)) return bytesOf(narrowed(to, float32Of(numbers)))
  if (isBigType(to)) return bytesOf(toWide(numbers))
  if (!isNumberType(to)) throw new Error(`No Cast to ${to} was planned.`)
  // A processor makes uint32 of a float in 64 bits, where nothing is too large: as JavaScript does.
  const isTruncated = isFloat && !isFloatType(to) && to !== 'uint32'
  return bytesOf(converted(to, isTruncated ? truncated(numbers) : numbers))
}

/** As numbers: 16-bit floats widened, two to a byte taken apart. */
function numbersOf({ dtype, shape }: Spec, bytes: Uint8Array): Numbers {
  if (isHalfType(dtype)) return widened(dtype, words16(bytes))
  if (isNumberType(dtype)) return numbersIn(dtype, bytes)
  const numbers = new Int8Array(elementCount(shape))
  for (let i = 0; i < numbers.length; i++) {
    const code = (bytes[i >> 1] as number) >> (4 * (i & 1))
    numbers[i] = dtype === 'int4' ? (code << 28) >> 28 : code & 15
  }
  return numbers
}

/** Whatever is not zero is true: NaN as well. */
function truths(numbers: Numbers | Bigs): Uint8Array {
  const truths = new Uint8Array(numbers.length)
  for (let i = 0; i < truths.length; i++) truths[i] = Number(numbers[i]) === 0 ? 0 : 1
  return truths
}

function float32Of(numbers: Numbers): Float32Array {
  return numbers instanceof Float32Array ? numbers : new Float32Array(numbers)
}

/** What does not fit, NaN too, is the least int32, as processors have it. */
function truncated(floats: Numbers): Int32Array {
  const whole = new Int32Array(floats.length)
  for (let i = 0; i < whole.length; i++) {
    const value = floats[i] as number
    whole[i] = value > -2147483649 && value < 2147483648 ? value : -2147483648
  }
  return whole
}

function toWide(numbers: Numbers): Int32Array | BigInt64Array {
  if (numbers instanceof Float32Array || numbers instanceof Float64Array) return wideOfFloats(numbers)
  const words = new Int32Array(numbers)
  return widerIntegers(words, !(numbers instanceof Uint32Array))
}

function fromWide(to: DType, from: 'int64' | 'uint64', bytes: Uint8Array): Uint8Array {
  if (isBigType(to)) return bytes
  if (to === 'bool') return truths(bigsIn(from, bytes))
  const words = words32(bytes)
  const count = words.length / 2
  const isSigned = from === 'int64'
  if (to === 'float64') return bytesOf(floatsOfWide(words, isSigned, new Float64Array(count)))
  if (isFloatType(to)) {
    const floats = floatsOfWide(words, isSigned, new Float32Array(count))
    return isHalfType(to) ? bytesOf(narrowed(to, floats)) : bytesOf(floats)
  }
  if (!isNumberType(to)) throw new Error(`No Cast to ${to} was planned.`)
  return bytesOf(converted(to, lowWords(words)))
}
