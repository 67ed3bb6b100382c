import { attr } from '../ir/attr.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { type Packed, packedIn } from './packed.js'

/** A weight that was packed and is dense now. */
export interface UnpackedWeight extends Packed {
  /** What holds the dense tensor; `value` itself, but in a function, which has no initializers. */
  readonly held: Value
}

/**
 * Makes every packed weight a dense one, under the name that it had. What decoded it goes, unless something else reads
 * it. Nothing is decoded before somebody reads the tensors.
 *
 * @param castOnly  also those that are only stored in a narrower type, which `weightOf` finds as they are
 */
export function unpackModel(
  model: Model,
  { castOnly = false }: { readonly castOnly?: boolean } = {},
): UnpackedWeight[] {
  const found = packedIn(model).filter((packed) => castOnly || !packed.viaCastOnly)
  const functions = new Set([...model.functions.values()].map(({ graph }) => graph))
  const unpacked = found.map((packed): UnpackedWeight => ({ ...packed, held: hold(model, packed, functions) }))
  for (const { nodes, constants } of found) {
    removeUnread(model, nodes, [...constants.own, ...constants.shared])
  }
  return unpacked
}

function hold(model: Model, { value, tensor }: Packed, functions: ReadonlySet<Graph>): Value {
  if (!functions.has(value.graph)) {
    model.freeze(value, tensor)
    return value
  }
  const init = {
    op: 'Constant',
    inputs: [],
    outputs: [model.names.fresh(value.name)],
    attrs: { value: attr.tensor(tensor) },
  }
  const [held] = model.addNode(value.graph, init, value.producer).outputs
  if (!held) throw new Error('A Constant has an output.')
  model.replaceUses(value, held)
  return held
}

/** The last nodes first, so that each takes with it what only it has read. */
function removeUnread(model: Model, nodes: readonly Node[], constants: readonly Value[]): void {
  for (const node of nodes.toReversed()) if (isThere(node) && isUnread(node)) model.removeNode(node)
  for (const value of constants) {
    if (value.uses.size > 0) continue
    if (value.producer === null) {
      // Before IR 4 every initializer is an input as well: without its value somebody would have to feed it.
      if (value.graph.initializers.has(value) && !value.graph.inputs.includes(value)) model.removeConstant(value)
    } else if (isThere(value.producer) && isUnread(value.producer)) model.removeNode(value.producer)
  }
}

function isUnread(node: Node): boolean {
  return node.outputs.every((output) => output === null || output.uses.size === 0)
}

function isThere(node: Node): boolean {
  return node.outputs.some((output) => output !== null && output.graph.definitions.get(output.name) === output)
}
