import { elementCount } from '../../ir/type.js'

/**
 * Copies elements out of a tensor in any regular order: Slice, Transpose, Expand and Tile are this, with other numbers.
 * Floats are moved as bits, so that a NaN stays the NaN that it is.
 *
 * @param width    bytes of an element
 * @param offset   the element that comes first
 * @param strides  elements from one place of each axis of the result to the next
 */
export function strided(
  from: Uint8Array,
  width: 1 | 2 | 4 | 8,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): Uint8Array {
  const count = elementCount(shape)
  const out = new Uint8Array(count * width)
  if (count === 0) return out
  const inner = shape.at(-1) ?? 1
  const step = strides.at(-1) ?? 1
  const copy = step === 1 && inner > 1 ? runsOf(from, out, width, inner) : elementsOf(from, out, width, inner, step)
  const at = shape.slice(0, -1).map(() => 0)
  let source = offset
  for (let target = 0; target < count; target += inner) {
    copy(source, target)
    for (let k = at.length - 1; k >= 0; k--) {
      const [size, stride, next] = [shape[k] ?? 1, strides[k] ?? 0, (at[k] ?? 0) + 1]
      source += stride
      at[k] = next
      if (next < size) break
      at[k] = 0
      source -= stride * size
    }
  }
  return out
}

type Copy = (source: number, target: number) => void

function runsOf(from: Uint8Array, out: Uint8Array, width: number, count: number): Copy {
  return (source, target) => out.set(from.subarray(source * width, (source + count) * width), target * width)
}

function elementsOf(from: Uint8Array, out: Uint8Array, width: 1 | 2 | 4 | 8, count: number, step: number): Copy {
  const [a, b] = [unitsIn(from, width), unitsIn(out, width)]
  if (width === 8) {
    return (source, target) => {
      for (let i = 0, s = 2 * source, t = 2 * target; i < count; i++, s += 2 * step, t += 2) {
        b[t] = a[s] as number
        b[t + 1] = a[s + 1] as number
      }
    }
  }
  return (source, target) => {
    for (let i = 0, s = source, t = target; i < count; i++, s += step, t++) b[t] = a[s] as number
  }
}

/** The words that elements are moved by: those of 8 bytes in two. */
export function unitsIn(
  { buffer, byteOffset, byteLength }: Uint8Array,
  width: 1 | 2 | 4 | 8,
): Uint8Array | Uint16Array | Int32Array {
  if (width === 1) return new Uint8Array(buffer, byteOffset, byteLength)
  if (width === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2)
  return new Int32Array(buffer, byteOffset, byteLength / 4)
}

/** Elements from one place of each axis to the next, in a dense tensor. */
export function denseStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
}
