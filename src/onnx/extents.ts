import { type FileSource, StringTensor, type Tensor } from '../ir/tensor.js'
import type { TensorMessage } from './messages.js'
import { SparseTensor } from './sparse-tensor.js'
import { storedForm } from './tensors.js'

/** Bytes that the data of a tensor takes in a file; `source` is null where they are known, but not their place. */
export interface Extent {
  readonly length: number
  readonly source: FileSource | null
  /** Meaningless without a source. */
  readonly offset: number
}

/**
 * What the data of a tensor takes in the files that it was read from: less or more than its dense form where numbers
 * are stored as varints, and for sparse tensors.
 *
 * @returns  null for a tensor that came from no file
 */
export function extentsOf(tensor: Tensor): readonly Extent[] | null {
  if (tensor instanceof SparseTensor) {
    return [tensor.values, tensor.indices].flatMap((part) => extentsOf(part) ?? [])
  }
  const form = storedForm(tensor) as TensorMessage | undefined // those of sparse tensors are dealt with
  if (form === undefined) return null
  if (tensor.range !== undefined) return [tensor.range]
  if (tensor instanceof StringTensor) {
    return tensor.strings.map(({ length }) => ({ length, source: null, offset: 0 }))
  }
  return (form.payloads ?? []).map(({ length, range }) => ({
    length,
    source: range?.source ?? null,
    offset: range?.offset ?? 0,
  }))
}
