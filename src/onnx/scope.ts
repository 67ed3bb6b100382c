import { InvalidModelError } from '../errors.js'
import type { Graph, Value } from '../ir/graph.js'
import { invalid } from './invalid.js'
import type { NodeMessage } from './messages.js'

/** The names that a graph defines so far, and through the outer scopes those that it sees. */
export class Scope {
  readonly #graph: Graph
  readonly #outer: Scope | null
  readonly #path: string

  constructor(graph: Graph, outer: Scope | null, path: string) {
    this.#graph = graph
    this.#outer = outer
    this.#path = path
  }

  own(name: string): Value | undefined {
    return this.#graph.definitions.get(name)
  }

  find(name: string): Value | undefined {
    return this.own(name) ?? this.#outer?.find(name)
  }

  /** @throws InvalidModelError when no graph in sight defines the name */
  need(name: string, node: NodeMessage): Value {
    const value = this.find(name)
    if (value !== undefined) return value
    throw new InvalidModelError(
      `Node "${labelOf(node)}" in "${this.#path}" reads "${name}", which no input, initializer or node defines.`,
      { suggestions: ['The graph is incomplete: export the model again.'] },
    )
  }

  /** @throws InvalidModelError when the graph has one of the names already, or one of them comes twice */
  refuseKnown(names: readonly string[]): void {
    const seen = new Set<string>()
    for (const name of names) {
      if (this.own(name) !== undefined || seen.has(name)) throw this.duplicate(name)
      seen.add(name)
    }
  }

  duplicate(name: string): InvalidModelError {
    return invalid(`Graph "${this.#graph.name}" in "${this.#path}" defines "${name}" twice.`)
  }

  cycle(node: NodeMessage): InvalidModelError {
    return new InvalidModelError(
      `The graph in "${this.#path}" has a cycle: node "${labelOf(node)}" needs its own output.`,
      {
        suggestions: ['ONNX graphs have no cycles: export the model again (recurrences use Loop, Scan or LSTM).'],
      },
    )
  }
}

export function labelOf(node: NodeMessage): string {
  if (node.name) return node.name
  const output = node.output?.find((name) => name !== '')
  return output === undefined ? (node.opType ?? '?') : `${node.opType} -> ${output}`
}
