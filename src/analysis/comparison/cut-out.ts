import type { Model, Value } from '../../ir/graph.js'
import { type DType, type Type, tensorType } from '../../ir/type.js'

export interface Cut {
  /** Values of the main graph that become the outputs, under their own names. */
  readonly wanted: readonly Value[]
  /** Values that are fed, and not computed for their readers; they may be wanted as well. */
  readonly given: readonly Value[]
  readonly typeOf: (value: Value) => Type | null
}

/** A part of a model as a model of its own. */
export interface CutOut {
  readonly model: Model
  /** What feeds a given value: the name of the input. */
  readonly inputs: ReadonlyMap<Value, string>
}

/**
 * The nodes between given and wanted values. Inputs of the model stay as they are; given values become inputs beside
 * them, with as many open dimensions as their type has.
 */
export function cutOut(source: Model, { wanted, given, typeOf }: Cut): CutOut {
  const { model, of } = source.clone()
  for (const slot of [...model.main.outputs]) model.removeOutput(slot)
  const inputs = new Map<Value, string>()
  for (const value of given) {
    const name = model.names.fresh(`${value.name}/given`)
    model.replaceUses(of(value), model.addInput(model.main, name, openType(typeOf(value))))
    inputs.set(value, name)
  }
  for (const value of new Set(wanted)) model.addOutput(model.main, of(value))
  removeUnused(model)
  return { model, inputs }
}

/** Extents may change from batch to batch; the rank does not. */
function openType(type: Type | null): Type | null {
  if (type?.kind !== 'tensor' || type.dtype === null) return type
  return tensorType(type.dtype satisfies DType, type.shape?.map(() => null) ?? null)
}

function removeUnused(model: Model): void {
  for (const node of [...model.main.nodes].reverse()) {
    if (node.outputs.every((output) => output === null || output.uses.size === 0)) model.removeNode(node)
  }
  const inputs = new Set(model.main.inputs)
  for (const value of [...model.main.initializers]) {
    if (value.uses.size === 0 && !inputs.has(value)) model.removeConstant(value)
  }
}
