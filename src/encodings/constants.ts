import { functionKey, type Graph, type Model, type Node, type Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { constantOf, graphs } from '../ir/walk.js'
import type { Source, Step } from './evaluate.js'
import { kernelOf } from './kernels/index.js'
import { type Known, knownOf } from './kernels/kernel.js'

/** All that a value is made of, up to other packed weights. */
export interface Closure {
  readonly nodes: ReadonlySet<Node>
  readonly constants: ReadonlySet<Value>
  /** Where it ends at other packed weights. */
  readonly packed: ReadonlySet<Value>
}

/** What hangs on constants alone. */
export class Constants {
  /** How each value is computed that is. */
  readonly steps = new Map<Value, Step>()
  readonly #nodes = new Set<Node>()
  readonly #model: Model
  readonly #inputs = new Map<Graph, ReadonlySet<Value>>()
  readonly #tensors = new Map<Value, Tensor | null>()

  constructor(model: Model) {
    this.#model = model
    for (const graph of graphs(model)) for (const node of graph.nodes) this.#add(node)
  }

  stepOf(value: Value): Step {
    const step = this.steps.get(value)
    if (step === undefined) throw new Error(`"${value.name}" is not computed from constants.`)
    return step
  }

  isReadOutside(value: Value): boolean {
    for (const use of value.uses) if ('slot' in use || !this.#nodes.has(use.node)) return true
    return false
  }

  /** @param upTo  packed weights, which count as constants */
  closure(value: Value, upTo: ReadonlyMap<Value, unknown>): Closure {
    const nodes = new Set<Node>()
    const constants = new Set<Value>()
    const packed = new Set<Value>()
    const visit = (each: Value) => {
      const { producer } = each
      if (each !== value && upTo.has(each)) packed.add(each)
      else if (!this.steps.has(each) || producer === null) constants.add(each)
      else if (!nodes.has(producer)) {
        for (const input of producer.inputs) if (input !== null) visit(input)
        nodes.add(producer)
      }
    }
    visit(value)
    return { nodes, constants, packed }
  }

  /** The step that makes a value, where values that are packed themselves are read as what they are decoded to. */
  rebased(value: Value, decoded: ReadonlyMap<Value, Tensor>): Step {
    const made = new Map<Value, Step>()
    const source = (each: Value | null): Source | null => {
      if (each === null) return null
      return decoded.get(each) ?? (this.steps.has(each) ? step(each) : this.#constant(each))
    }
    const step = (each: Value): Step => {
      const known = made.get(each)
      if (known !== undefined) return known
      const { planned } = this.stepOf(each)
      const again = { planned, inputs: each.producer?.inputs.map(source) ?? [] }
      made.set(each, again)
      return again
    }
    return step(value)
  }

  #add(node: Node): void {
    const kernel = kernelOf(node)
    const [output, ...more] = node.outputs
    if (kernel === undefined || !output || more.length > 0) return
    const known: (Known | null)[] = []
    const inputs: (Source | null)[] = []
    for (const value of node.inputs) {
      const source = value === null ? null : (this.steps.get(value) ?? this.#constant(value))
      if (value !== null && source === null) return
      inputs.push(source)
      known.push(source && ('planned' in source ? { ...source.planned.out, tensor: null } : knownOf(source)))
    }
    for (const a of node.attrs.values()) if (a.kind === 'ref') return // it depends on the call
    if (this.#model.functions.has(functionKey(node))) return // which hides the op of its name
    const planned = kernel.plan(node, known)
    if (planned === null) return
    this.steps.set(output, { planned, inputs })
    this.#nodes.add(node)
  }

  /** An initializer that is an input as well is but a default from IR 4 on. */
  #constant(value: Value): Tensor | null {
    const seen = this.#tensors.get(value)
    if (seen !== undefined) return seen
    const isDefault = value.constant !== null && this.#model.irVersion >= 4 && this.#inputsOf(value.graph).has(value)
    const tensor = isDefault ? null : constantOf(value)
    this.#tensors.set(value, tensor)
    return tensor
  }

  #inputsOf(graph: Graph): ReadonlySet<Value> {
    const inputs = this.#inputs.get(graph) ?? new Set(graph.inputs)
    this.#inputs.set(graph, inputs)
    return inputs
  }
}
