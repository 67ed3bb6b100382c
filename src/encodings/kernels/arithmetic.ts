import type { Node } from '../../ir/graph.js'
import { type DType, denseBytes, elementCount } from '../../ir/type.js'
import { bytesOf } from '../../ir/walk.js'
import {
  type Bigs,
  bigsIn,
  isBigType,
  isFloatType,
  isHalfType,
  isNumberType,
  type Numbers,
  numbersIn,
  words16,
} from './arrays.js'
import { broadcastShape, eachRun } from './broadcast.js'
import { narrowed, widened } from './halves.js'
import type { Kernel } from './kernel.js'

/**
 * Integers wrap and are divided toward zero. A float64 result that is stored as float32 is what float32 arithmetic
 * gives, since 53 bits are more than twice 24 and two; in the same way 16-bit floats are computed in float32, as in
 * ONNX Runtime.
 */
export const arithmetic: Kernel = {
  ops: ['Add', 'Sub', 'Mul', 'Div', 'Mod', 'BitShift'],
  plan(node, [a, b]) {
    if (!a || !b || a.dtype !== b.dtype) return null
    const { dtype } = a
    const shape = broadcastShape(a.shape, b.shape)
    const loops = loopsOf(node, dtype)
    if (shape === null || loops === null) return null
    const run = (x: Uint8Array, y: Uint8Array) => {
      if (isBigType(dtype)) {
        const [p, q, out] = [bigsIn(dtype, x), bigsIn(dtype, y), bigsIn(dtype, new Uint8Array(8 * elementCount(shape)))]
        eachRun(a.shape, b.shape, shape, (i, di, j, dj, k, n) => loops.big(p, i, di, q, j, dj, out, k, n))
        return bytesOf(out)
      }
      if (isHalfType(dtype)) {
        const [p, q] = [widened(dtype, words16(x)), widened(dtype, words16(y))]
        const out = new Float32Array(elementCount(shape))
        eachRun(a.shape, b.shape, shape, (i, di, j, dj, k, n) => loops.number(p, i, di, q, j, dj, out, k, n))
        return bytesOf(narrowed(dtype, out))
      }
      if (!isNumberType(dtype)) throw new Error(`No ${node.op} of ${dtype} was planned.`)
      const out = new Uint8Array(denseBytes(dtype, elementCount(shape)))
      const [p, q, r] = [numbersIn(dtype, x), numbersIn(dtype, y), numbersIn(dtype, out)]
      eachRun(a.shape, b.shape, shape, (i, di, j, dj, k, n) => loops.number(p, i, di, q, j, dj, r, k, n))
      return out
    }
    return { out: { dtype, shape }, run: ([x = NONE, y = NONE]) => run(x, y) }
  },
}

const NONE = new Uint8Array(0)

type NumberLoop = (
  a: Numbers,
  i: number,
  di: number,
  b: Numbers,
  j: number,
  dj: number,
  out: Numbers,
  k: number,
  n: number,
) => void
type BigLoop = (a: Bigs, i: number, di: number, b: Bigs, j: number, dj: number, out: Bigs, k: number, n: number) => void

interface Loops {
  readonly number: NumberLoop
  readonly big: BigLoop
}

function loopsOf(node: Node, dtype: DType): Loops | null {
  if (!isNumberType(dtype) && !isBigType(dtype) && !isHalfType(dtype)) return null
  if (dtype === 'bool') return null
  const isFloat = isFloatType(dtype)
  switch (node.op) {
    case 'Add':
      return { number: add, big: eachBig((x, y) => x + y) }
    case 'Sub':
      return { number: subtract, big: eachBig((x, y) => x - y) }
    case 'Mul':
      return { number: isFloat ? multiply : multiplyIntegers, big: eachBig((x, y) => x * y) }
    case 'Div':
      return { number: isFloat ? divide : divideIntegers, big: eachBig((x, y) => x / y) }
    case 'Mod':
      return moduloOf(node, isFloat)
    case 'BitShift':
      return isFloat || dtype.startsWith('int') ? null : shiftOf(node, dtype)
    default:
      return null
  }
}

/** `fmod`: the sign is the dividend's; otherwise the divisor's, and only integers may be divided. */
function moduloOf(node: Node, isFloat: boolean): Loops | null {
  if (node.int('fmod', 0) !== 0) return { number: remainder, big: eachBig((x, y) => x % y) }
  if (isFloat) return null
  return {
    number: modulo,
    big: eachBig((x, y) => {
      const rest = x % y
      return rest !== 0n && rest < 0n !== y < 0n ? rest + y : rest
    }),
  }
}

function shiftOf(node: Node, dtype: DType): Loops | null {
  const isLeft = node.string('direction') === 'LEFT'
  if (!isLeft && node.string('direction') !== 'RIGHT') return null
  if (dtype === 'uint64') {
    const number: NumberLoop = () => {
      throw new Error('uint64 is no number.')
    }
    return { number, big: isLeft ? eachBig((x, y) => x << y) : eachBig((x, y) => x >> y) }
  }
  return { number: isLeft ? shiftLeft : shiftRight, big: eachBig((x) => x) }
}

// One loop for each op, for functions that are called for each element would take most of the time.
// Elements lie inside of the arrays: eachRun sees to it.

const add: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) + (b[j] as number)
}

const subtract: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) - (b[j] as number)
}

const multiply: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) * (b[j] as number)
}

const multiplyIntegers: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = Math.imul(a[i] as number, b[j] as number)
}

const divide: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) / (b[j] as number)
}

const divideIntegers: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = Math.trunc((a[i] as number) / (b[j] as number))
}

const remainder: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) % (b[j] as number)
}

const modulo: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) {
    const [x, y] = [a[i] as number, b[j] as number]
    out[k] = x - Math.floor(x / y) * y // exact: integers below 2^32 divide to what rounds to no other integer
  }
}

const shiftLeft: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) << (b[j] as number)
}

const shiftRight: NumberLoop = (a, i, di, b, j, dj, out, k, n) => {
  for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = (a[i] as number) >>> (b[j] as number)
}

function eachBig(f: (x: bigint, y: bigint) => bigint): BigLoop {
  return (a, i, di, b, j, dj, out, k, n) => {
    for (const end = k + n; k < end; k++, i += di, j += dj) out[k] = f(a[i] as bigint, b[j] as bigint)
  }
}
