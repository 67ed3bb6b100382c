import { InvalidModelError } from '../errors.js'
import type { Graph, Value } from '../ir/graph.js'
import type { NodeMessage } from './messages.js'

/** The names that a graph defines, and through the outer scopes those that it sees. */
export class Scope {
  readonly #values = new Map<string, Value>()
  readonly #graph: Graph
  readonly #outer: Scope | null
  readonly #path: string

  constructor(graph: Graph, outer: Scope | null, path: string) {
    this.#graph = graph
    this.#outer = outer
    this.#path = path
  }

  /** @throws InvalidModelError when the graph has that name already */
  define(value: Value): void {
    if (this.#values.has(value.name)) throw this.duplicate(value.name)
    this.#values.set(value.name, value)
  }

  own(name: string): Value | undefined {
    return this.#values.get(name)
  }

  find(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.find(name)
  }

  need(name: string, node: NodeMessage): Value {
    const value = this.find(name)
    if (value !== undefined) return value
    throw new InvalidModelError(
      `Node "${labelOf(node)}" in "${this.#path}" reads "${name}", which no input, initializer or node defines.`,
      { suggestions: ['The graph is incomplete: export the model again.'] },
    )
  }

  duplicate(name: string): InvalidModelError {
    return new InvalidModelError(`Graph "${this.#graph.name}" in "${this.#path}" defines "${name}" twice.`)
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

function labelOf(node: NodeMessage): string {
  if (node.name) return node.name
  const output = node.output?.find((name) => name !== '')
  return output === undefined ? (node.opType ?? '?') : `${node.opType} -> ${output}`
}
