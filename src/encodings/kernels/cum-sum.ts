import { denseBytes, elementCount } from '../../ir/type.js'
import { type Bigs, bigsIn, isBigType, type Numbers, numbersIn, words32 } from './arrays.js'
import { axisOf, integersOf, type Kernel } from './kernel.js'

/** In the type of the numbers: float32 is rounded at each step. https://onnx.ai/onnx/operators/onnx__CumSum.html */
export const cumSum: Kernel = {
  ops: ['CumSum'],
  plan(node, [data, axisInput]) {
    const [given] = integersOf(axisInput) ?? []
    const axis = data && given !== undefined ? axisOf(given, data.shape.length) : null
    if (!data || axis === null) return null
    const { dtype, shape } = data
    if (!isBigType(dtype) && dtype !== 'int32' && dtype !== 'uint32' && dtype !== 'float32' && dtype !== 'float64') {
      return null
    }
    const lines: Lines = {
      outer: elementCount(shape.slice(0, axis)),
      count: shape[axis] ?? 1,
      inner: elementCount(shape.slice(axis + 1)),
      isExclusive: node.int('exclusive', 0) !== 0,
      isReverse: node.int('reverse', 0) !== 0,
    }
    const run = (bytes: Uint8Array) => {
      const out = new Uint8Array(denseBytes(dtype, elementCount(shape)))
      if (!isBigType(dtype)) sums(lines, numbersIn(dtype, bytes), numbersIn(dtype, out))
      else if (!pairSums(lines, words32(bytes), words32(out))) bigSums(lines, bigsIn(dtype, bytes), bigsIn(dtype, out))
      return out
    }
    return { out: { dtype, shape }, run: ([bytes = new Uint8Array(0)]) => run(bytes) }
  },
}

interface Lines {
  readonly outer: number
  readonly count: number
  readonly inner: number
  readonly isExclusive: boolean
  readonly isReverse: boolean
}

/** The first element and the step of every line along the axis, in the direction in which it is summed. */
function eachLine({ outer, count, inner, isReverse }: Lines, line: (first: number, step: number) => void): void {
  const last = isReverse ? (count - 1) * inner : 0
  const step = isReverse ? -inner : inner
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) line(o * count * inner + i + last, step)
}

function sums(lines: Lines, from: Numbers, out: Numbers): void {
  const { count, isExclusive } = lines
  eachLine(lines, (first, step) => {
    let sum = 0
    for (let i = 0, at = first; i < count; i++, at += step) {
      const value = from[at] as number
      // Stored and read again it has the type's own rounding, or wraps as that does.
      out[at] = sum + value
      const next = out[at] as number
      if (isExclusive) out[at] = sum
      sum = next
    }
  })
}

/** Exact in float64: more than all places that there are. */
const MOST = 2 ** 53

/** As pairs of words, which are several times as fast as BigInt. @returns false when a number is too large for that */
function pairSums(lines: Lines, from: Int32Array, out: Int32Array): boolean {
  const { count, isExclusive } = lines
  let isExact = true
  eachLine(lines, (first, step) => {
    let sum = 0
    for (let i = 0, at = 2 * first; i < count && isExact; i++, at += 2 * step) {
      const low = from[at] as number
      const next = sum + low
      isExact = from[at + 1] === low >> 31 && next <= MOST && next >= -MOST
      const stored = isExclusive ? sum : next
      out[at] = stored
      out[at + 1] = Math.floor(stored / 2 ** 32)
      sum = next
    }
  })
  return isExact
}

function bigSums(lines: Lines, from: Bigs, out: Bigs): void {
  const { count, isExclusive } = lines
  eachLine(lines, (first, step) => {
    let sum = 0n
    for (let i = 0, at = first; i < count; i++, at += step) {
      const next = sum + (from[at] as bigint)
      out[at] = isExclusive ? sum : next
      sum = next
    }
  })
}
