import { hides } from '../ir/elements.js'
import type { Graph, Model, Node, OutputSlot, Use, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { graphs, withBodies } from '../ir/walk.js'
import type { Facts } from './facts.js'

/** What was done, or left, at one place of a model. */
export interface Note {
  readonly target: string
  readonly what: string
}

/** A model under change: what holds of it, the changes that the verbs do not know, and an account of both. */
export class Edit {
  readonly model: Model
  readonly facts: Facts
  readonly changed: Note[] = []
  readonly skipped: Note[] = []

  constructor(model: Model, facts: Facts) {
    this.model = model
    this.facts = facts
  }

  /** The same model, with a fresh account. */
  next(): Edit {
    return new Edit(this.model, this.facts)
  }

  change(target: string, what: string): void {
    this.changed.push({ target, what })
  }

  skip(target: string, what: string): void {
    this.skipped.push({ target, what })
  }

  /** Every node of every graph as they are now, so that a rule may take away what it wants meanwhile. */
  *nodes(...types: readonly string[]): Iterable<Node> {
    for (const graph of [...graphs(this.model)]) {
      if (!isPresent(graph)) continue
      for (const node of graph.nodes) if (types.length === 0 || types.includes(node.type)) yield node
    }
  }

  /** What a node's input always holds; null for one that is left out, or not known before the run. */
  constant(node: Node, input: number): Tensor | null {
    const value = node.inputs[input] ?? null
    return value === null ? null : this.facts.constantOf(value)
  }

  /** The version of ai.onnx that a node is read by. */
  opsetOf(node: Node): number {
    let graph = node.graph
    while (graph.outer !== null) graph = graph.outer
    if (graph === this.model.main) return this.model.opset
    for (const f of this.model.functions.values()) if (f.graph === graph) return f.opsets.get('') ?? this.model.opset
    return this.model.opset
  }

  /** The only node that reads a value, at one place; null when an output of a graph reads it, too. */
  soleReader(value: Value): { readonly node: Node; readonly index: number } | null {
    const [use] = value.uses
    return value.uses.size === 1 && use !== undefined && 'node' in use ? use : null
  }

  /**
   * Everything that read `from` reads `to`.
   *
   * @returns false, and nothing is changed, where `to` cannot be read, or an output would need an Identity for it
   */
  replace(from: Value, to: Value): boolean {
    if (from === to || ![...from.uses].every((use) => isFree(use, to))) return false
    this.model.replaceUses(from, to)
    return true
  }

  /** As `replace`, and always: with an Identity before a node where an output cannot do without. */
  standIn(from: Value, to: Value, before: Node): void {
    if (this.replace(from, to)) return
    const outputs = [this.model.names.fresh(to.name)]
    const [made] = this.model.addNode(before.graph, { op: 'Identity', inputs: [to], outputs }, before).outputs
    if (made) this.model.replaceUses(from, made)
  }

  /** Takes a node away whose first output `to` stands for from now on; its other outputs must be unused. */
  bypass(node: Node, to: Value): boolean {
    const [output, ...others] = node.outputs
    if (!output || others.some((other) => other !== null && other.uses.size > 0)) return false
    if (!this.replace(output, to)) return false
    this.model.removeNode(node)
    return true
  }

  /** Whether a graph may hold initializers: functions have none, and before IR 4 each had to be an input as well. */
  takesInitializers(graph: Graph): boolean {
    let outermost = graph
    while (outermost.outer !== null) outermost = outermost.outer
    return outermost === this.model.main && this.model.irVersion >= 4
  }

  /** @param before  the first node that may read it */
  addConstant(before: Node, base: string, tensor: Tensor): Value {
    const { graph } = before
    const name = this.model.names.fresh(base)
    if (this.takesInitializers(graph)) return this.model.addConstant(graph, name, tensor)
    const attrs = { value: { kind: 'tensor', value: tensor } as const }
    const node = this.model.addNode(graph, { op: 'Constant', inputs: [], outputs: [name], attrs }, before)
    const [made] = node.outputs
    if (!made) throw new Error('A Constant has an output.')
    return made
  }

  /** What a node computes is `tensor` from now on. The node goes when it computes nothing else. */
  fold(value: Value, tensor: Tensor): void {
    const { producer, graph } = value
    if (producer === null) throw new Error(`"${value.name}" is made by no node.`)
    if (this.takesInitializers(graph)) {
      this.model.freeze(value, tensor)
      return
    }
    const constant = this.addConstant(producer, value.name, tensor)
    this.model.replaceUses(value, constant)
    if (producer.outputs.every((output) => output === null || output.uses.size === 0)) this.model.removeNode(producer)
  }

  /** Takes constants away that nobody reads any more. */
  drop(values: Iterable<Value | null>): void {
    for (const value of values) {
      if (value === null || value.uses.size > 0) continue
      if (value.graph.definitions.get(value.name) !== value) continue // it went with another node that read it
      if (value.constant !== null && !value.graph.inputs.includes(value)) this.model.removeConstant(value)
      else if (value.producer?.type === 'Constant') this.model.removeNode(value.producer)
    }
  }

  /** Takes a node away that nobody reads, and its constants. */
  remove(node: Node): void {
    const { inputs } = node
    const were = [...inputs]
    this.model.removeNode(node)
    this.drop(new Set(were))
  }
}

/** Whether a graph is still a part of the model: a node that it is a body of may have been removed meanwhile. */
function isPresent(graph: Graph): boolean {
  for (let node = graph.owner; node !== null; node = node.graph.owner) {
    const output = node.outputs.find((value) => value !== null)
    if (output && node.graph.definitions.get(output.name) !== output) return false
  }
  return true
}

function isFree(use: Use, to: Value): boolean {
  if ('node' in use) return isVisible(use.node.graph, to)
  return isVisible(use.slot.graph, to) && standsBehind(use.slot, to)
}

function isVisible(graph: Graph, value: Value): boolean {
  for (let g: Graph | null = graph; g !== null; g = g.outer) {
    if (g === value.graph) return true
    if (hides(g, value)) return false
  }
  return false
}

/**
 * Whether a value can take the place behind an output without an Identity in the file (`onnx/written-names.ts`): a node
 * of the same graph makes it, it is no output yet, and no body uses the name for something else.
 */
function standsBehind(slot: OutputSlot, to: Value): boolean {
  if (slot.name === to.name) return true
  if (to.graph !== slot.graph || to.producer === null) return false
  if ([...to.uses].some((use) => 'slot' in use)) return false
  for (const body of withBodies(slot.graph)) {
    if (body !== slot.graph && (body.definitions.has(slot.name) || body.outputNames.has(slot.name))) return false
  }
  return true
}
