import type { Graph, Model, OutputSlot, Value } from '../ir/graph.js'
import { graphs, withBodies } from '../ir/walk.js'

const NONE: ReadonlyMap<string, string> = new Map()

/**
 * The names that values have in a file. They are those of the IR but for outputs: a file knows an output only by the
 * name of its value, so a value behind an output takes the output's name where it can, and whatever had that name
 * before gives it up. Where it cannot, an Identity makes the output.
 */
export class WrittenNames {
  readonly #model: Model
  readonly #changed = new Map<Value, string>()

  constructor(model: Model) {
    this.#model = model
    for (const graph of graphs(model)) this.#nameOutputs(graph)
  }

  of(value: Value): string {
    return this.#changed.get(value) ?? value.name
  }

  /** The outputs that need an Identity: of inputs, constants, outer values, and of values that are two outputs. */
  identities(graph: Graph): readonly OutputSlot[] {
    const unnamed = graph.outputs.filter((slot) => this.of(slot.value) !== slot.name)
    return [...new Map(unnamed.map((slot) => [slot.name, slot])).values()] // an output may be listed twice
  }

  /** What has another name in the file than in the IR, by the latter. */
  changesIn(graph: Graph): ReadonlyMap<string, string> {
    if (this.#changed.size === 0) return NONE
    const changes = [...this.#changed].filter(([value]) => value.graph === graph)
    return new Map(changes.map(([value, name]) => [value.name, name]))
  }

  #nameOutputs(graph: Graph): void {
    const moved = graph.outputs.filter((slot) => slot.name !== slot.value.name)
    if (moved.length === 0) return
    const settled = new Set(graph.outputs.filter((slot) => slot.name === slot.value.name).map((slot) => slot.value))
    const inside = namesInside(graph)
    for (const { name, value } of moved) {
      const made = value.graph === graph && value.producer !== null
      // A body that uses the name for something else would read that instead.
      if (made && !settled.has(value) && !this.#changed.has(value) && !inside.has(name)) this.#changed.set(value, name)
    }
    for (const { name, value } of moved) {
      const holder = graph.definitions.get(name)
      if (holder !== undefined && holder !== value && !this.#changed.has(holder)) {
        this.#changed.set(holder, this.#free(`${name}/replaced`))
      }
    }
  }

  #free(base: string): string {
    let name = base
    for (let i = 1; this.#model.names.has(name); i++) name = `${base}_${i}`
    return name
  }
}

/** What the bodies in a graph name: values and outputs. */
function namesInside(graph: Graph): ReadonlySet<string> {
  const names = new Set<string>()
  for (const body of withBodies(graph)) {
    if (body === graph) continue
    for (const name of body.definitions.keys()) names.add(name)
    for (const name of body.outputNames.keys()) names.add(name)
  }
  return names
}
