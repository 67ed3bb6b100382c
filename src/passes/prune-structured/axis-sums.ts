import type { Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { type Floats, floatReader, notFinite } from './floats.js'

/**
 * For each element of an axis the sum over all that is stored of it: of magnitudes (power 1), or of squares (power 2).
 * One pass over the bytes, whichever axis it is.
 *
 * @param tensor  of a float type, any number of axes
 * @param name    for messages
 * @returns       sums, [shape[axis]]
 * @throws        UnsupportedModelError for NaN and Inf, which have no order
 */
export function axisSums(tensor: Tensor, axis: number, power: 1 | 2, name: string): Float64Array {
  const length = tensor.shape[axis] ?? 1
  const inner = elementCount(tensor.shape.slice(axis + 1))
  const sums = new Float64Array(length)
  const read = floatReader(tensor)
  const add = inner === 1 ? addAlong : addRuns
  let at = 0
  for (const chunk of tensor.chunks()) {
    const values = read(chunk)
    add(sums, values, at, inner, power === 2)
    at += values.length
  }
  if (!sums.every(Number.isFinite)) throw notFinite(name)
  return sums
}

/** Neighbours belong to neighbouring elements. @param at  the position of the first value */
function addAlong(sums: Float64Array, values: Floats, at: number, _inner: number, squared: boolean): void {
  const { length } = sums
  for (let i = 0, element = at % length; i < values.length; ) {
    const end = Math.min(values.length, i + length - element)
    for (; i < end; i++, element++) {
      const value = values[i] as number // inside the arrays, as is the next
      sums[element] = (sums[element] as number) + (squared ? value * value : Math.abs(value))
    }
    element = 0
  }
}

/** `inner` neighbours belong to one element. */
function addRuns(sums: Float64Array, values: Floats, at: number, inner: number, squared: boolean): void {
  const { length } = sums
  let element = Math.floor(at / inner) % length
  let left = inner - (at % inner)
  for (let i = 0; i < values.length; ) {
    const end = Math.min(values.length, i + left)
    let sum = 0
    if (squared) for (; i < end; i++) sum += (values[i] as number) ** 2
    else for (; i < end; i++) sum += Math.abs(values[i] as number)
    sums[element] = (sums[element] as number) + sum
    if (++element === length) element = 0
    left = inner
  }
}
