import type { Attr } from '../ir/attr.js'
import type { Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { constantOf } from '../ir/walk.js'

/** What the file holds of a constant; null where its numbers stand in attributes of their own: they are part of the graph. */
export function storedTensor(value: Value): Tensor | null {
  const { constant, producer } = value
  const isStored = constant !== null || [...(producer?.attrs.values() ?? [])].some((a) => tensorsIn(a).length > 0)
  return isStored ? constantOf(value) : null
}

/** The tensors of an attribute. */
export function tensorsIn(a: Attr): readonly Tensor[] {
  if (a.kind === 'tensor' || a.kind === 'sparse-tensor') return [a.value]
  return a.kind === 'tensors' || a.kind === 'sparse-tensors' ? a.value : []
}
