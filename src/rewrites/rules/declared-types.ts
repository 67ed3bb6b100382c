import type { Type } from '../../ir/type.js'
import { graphs, valuesOf } from '../../ir/walk.js'
import { defineRule } from './rule.js'

/**
 * A type that is declared of a value inside of the graph says nothing where the ops say the same:
 *
 *   y = Relu(x: float32[N, 8]),  value_info y: float32[N, 8]   =>   y = Relu(x)
 *
 * What ONNX Runtime cannot infer by itself stays, behind unknown ops for one; so do inputs and outputs.
 */
export const declaredTypes = defineRule({
  name: 'declared-types',
  apply: (edit) => {
    for (const graph of graphs(edit.model)) {
      for (const value of valuesOf(graph)) {
        if (value.declared === null || graph.inputs.includes(value)) continue
        if ([...value.uses].some((use) => 'slot' in use && use.slot.name === value.name)) continue
        if (value.producer !== null && edit.facts.isDeclaredBy(value.producer)) continue
        if (!says(edit.facts.typeOf(value), value.declared)) continue
        edit.change(value.name, 'declared type removed: it follows from the graph')
        edit.model.declare(value, null, withoutName(value.extra))
      }
    }
  },
})

/** Whether a type says all that another says. */
function says(type: Type | null, declared: Type): boolean {
  if (type?.kind !== 'tensor' || declared.kind !== 'tensor' || type.dtype !== declared.dtype) return false
  if (declared.shape === null) return true
  const { shape } = type
  return shape?.length === declared.shape.length && declared.shape.every((dim, i) => dim === null || dim === shape[i])
}

/** An entry that has no type and no notes goes as a whole. */
function withoutName({ name, ...rest }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return rest
}
