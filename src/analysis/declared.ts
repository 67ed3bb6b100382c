import type { Value } from '../ir/graph.js'
import type { Dim, Type } from '../ir/type.js'

/** A number for each open dimension, by its name. */
export type Dimensions = ReadonlyMap<string, number>

/** What the file says of a value: itself, or an output of its graph that it stands behind. */
export function declaredOf(value: Value): Type | null {
  if (value.declared !== null) return value.declared
  for (const use of value.uses) {
    if ('slot' in use && use.slot.graph === value.graph && use.slot.declared !== null) return use.slot.declared
  }
  return null
}

/** What the file says of a value, with numbers for open dimensions as far as there are any. */
export function concreteType(value: Value, dims: Dimensions): Type | null {
  const type = declaredOf(value)
  if (type?.kind !== 'tensor' || type.shape === null) return type
  const shape = type.shape.map((dim, axis): Dim => {
    return typeof dim === 'number' ? dim : (dims.get(dim ?? `${value.name}.${axis}`) ?? dim)
  })
  return { ...type, shape }
}
