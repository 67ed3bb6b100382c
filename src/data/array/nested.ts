import { elementCount } from '../../ir/type.js'
import type { NdArray } from '../dataset.js'
import { dtypeOf, holds } from './dtypes.js'

/** Thrown by {@link ndArrayOf}: what is wrong with a value, for a message that says where it stands. */
export class NotAnArrayError extends Error {
  override readonly name = 'NotAnArrayError'
}

/**
 * The array that a plain value means: a number, boolean or string, an array of them nested to any depth,
 * a typed array, or an array with dtype and shape as it is. Numbers become float64, bigints int64.
 *
 * @throws NotAnArrayError
 */
export function ndArrayOf(value: unknown): NdArray {
  if (ArrayBuffer.isView(value)) {
    const dtype = dtypeOf(value)
    if (dtype === null) throw new NotAnArrayError('it is a DataView')
    const data = value as Extract<NdArray['data'], NodeJS.TypedArray> // dtypeOf knows it
    return { dtype, shape: [data.length], data }
  }
  if (typeof value === 'object' && value !== null && 'dtype' in value) return checkedNdArray(value)
  const shape: number[] = []
  for (let inner = value; Array.isArray(inner); inner = inner[0]) shape.push(inner.length)
  const leaves: unknown[] = []
  collect(value, shape, 0, leaves)
  return { shape, ...dense(leaves) }
}

/** Checks what claims to be an array: from a user's module. @throws NotAnArrayError */
export function checkedNdArray(value: object): NdArray {
  const { dtype, shape, data } = value as Partial<NdArray> // each part is checked next
  if (!Array.isArray(shape) || shape.some((d) => !Number.isInteger(d) || d < 0)) {
    throw new NotAnArrayError(`its shape is ${JSON.stringify(shape)}, not a list of whole numbers`)
  }
  if (dtype === undefined || !holds(data, dtype)) {
    const found = data === undefined || data === null ? `${data}` : data.constructor.name
    throw new NotAnArrayError(`its dtype is ${JSON.stringify(dtype)}, its data ${found}; they do not belong together`)
  }
  if (data.length !== elementCount(shape)) {
    throw new NotAnArrayError(
      `its shape [${shape.join(',')}] means ${elementCount(shape)} elements, it has ${data.length}`,
    )
  }
  return { dtype, shape, data }
}

/**
 * Puts samples side by side.
 *
 * @param samples  all of one dtype and shape, at least one
 * @returns        [samples.length, ...shape]; null when dtypes or shapes differ
 */
export function stack(samples: readonly NdArray[]): NdArray | null {
  const [first] = samples
  if (first === undefined) return null
  const { dtype, shape } = first
  if (samples.some((s) => s.dtype !== dtype || `${s.shape}` !== `${shape}`)) return null
  const stacked = [samples.length, ...shape]
  if (Array.isArray(first.data)) {
    return { dtype, shape: stacked, data: samples.flatMap((s) => s.data as readonly string[]) } // dtype string, as the first
  }
  const size = elementCount(shape)
  const data = new (first.data.constructor as Float32ArrayConstructor)(samples.length * size) // or another typed array
  for (const [i, sample] of samples.entries()) data.set(sample.data as Float32Array, i * size) // of the same class
  return { dtype, shape: stacked, data }
}

function collect(value: unknown, shape: readonly number[], depth: number, leaves: unknown[]): void {
  const expected = shape[depth]
  if (Array.isArray(value) !== (expected !== undefined))
    throw new NotAnArrayError('lists and values stand side by side')
  if (!Array.isArray(value)) {
    leaves.push(value)
    return
  }
  if (value.length !== expected) {
    throw new NotAnArrayError(`lists side by side have ${expected} and ${value.length} elements`)
  }
  for (const inner of value) collect(inner, shape, depth + 1, leaves)
}

function dense(leaves: readonly unknown[]): Pick<NdArray, 'dtype' | 'data'> {
  const kind = leaves.length === 0 ? 'number' : typeof leaves[0]
  const other = leaves.find((leaf) => typeof leaf !== kind)
  if (other !== undefined) throw new NotAnArrayError(`it has a ${kind} and ${nameOf(other)}`)
  // All leaves are of the type in `kind`, as just checked.
  if (kind === 'number') return { dtype: 'float64', data: Float64Array.from(leaves as readonly number[]) }
  if (kind === 'boolean') return { dtype: 'bool', data: Uint8Array.from(leaves as readonly boolean[], Number) }
  if (kind === 'string') return { dtype: 'string', data: leaves as readonly string[] }
  if (kind === 'bigint') return { dtype: 'int64', data: BigInt64Array.from(leaves as readonly bigint[]) }
  throw new NotAnArrayError(`it has ${nameOf(leaves[0])}`)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : value === undefined ? 'undefined' : `a ${typeof value}`
}
