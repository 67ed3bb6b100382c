import { type Attr, attr } from '../ir/attr.js'
import { bound, type Call, calledBy, enter, siteKey } from '../ir/calls.js'
import { type Graph, Model, type Node, type Value } from '../ir/graph.js'
import { MemoryTensor, type Tensor } from '../ir/tensor.js'
import { type DType, type Type, tensorType } from '../ir/type.js'
import { bytesOf, constantOf } from '../ir/walk.js'
import { concreteType, type Dimensions } from './declared.js'
import { Environment, type StandIn } from './environment.js'
import { type Substitutes, substituteAttr, substituteTensor, substituteType } from './substitute.js'

/** Constants up to this size stay, as shapes may hang on their values; larger ones become inputs of their type. */
const CONSTANT_BYTES = 4096
/** ONNX Runtime reads nodes by their opset; the IR version only has to be one that it takes. */
const IR_VERSION = 10

const NODE_NAME = /\bprobe\.(\d+)\b/

export interface ProbeOptions {
  readonly dims: Dimensions
  /** What stands in for element types that ONNX Runtime cannot report or compute with. */
  readonly substitutes: Substitutes
  /** What is left out because ONNX Runtime refuses it: op types, and nodes by `siteKey`. */
  readonly cutTypes: ReadonlySet<string>
  readonly cutSites: ReadonlySet<string>
}

/** Where a node of a probe comes from. */
export interface ProbeSite {
  readonly key: string
  readonly label: string
  /** Whether it stands in a branch of an If, which need not be taken. */
  readonly branch: boolean
}

/** Where the nodes of a graph of the source go. */
interface Place {
  readonly call: Call | null
  readonly env: Environment
  readonly target: Graph
  readonly branch: boolean
  /** The node whose body is copied; null at the top. */
  readonly owner: ProbeSite | null
}

/**
 * A model that says the types of another one's values when ONNX Runtime opens it: the same nodes without the large
 * constants, with numbers for open dimensions, and all in one flat graph, so that every value can be an output.
 *
 * - Calls of functions are replaced by the function's nodes.
 * - Both branches of an If run beside it; it only chooses between their results.
 * - The body of a Loop or Scan runs once beside it, as in its first iteration, and is kept for the sake of its outputs.
 * - What ONNX Runtime refuses is left out, and all that follows from it, up to values whose type the file declares.
 */
export class Probe {
  readonly model: Model
  readonly #source: Model
  readonly #options: ProbeOptions
  readonly #root = new Environment(null)
  readonly #sites: ProbeSite[] = []
  readonly #substituted = new Set<Value>()
  #values = 0

  constructor(source: Model, options: ProbeOptions) {
    this.#source = source
    this.#options = options
    const opsets = new Map([...source.functions.values()].flatMap((f) => [...f.opsets]))
    for (const [domain, version] of source.opsets) opsets.set(domain, version)
    this.model = new Model({ irVersion: IR_VERSION, opsets })
    for (const input of source.main.inputs) {
      if (input.constant === null) this.#root.set(input, null, this.#declared(input))
    }
    this.#graph(source.main, { call: null, env: this.#root, target: this.model.main, branch: false, owner: null })
  }

  /** What stands for the values of the source, by `siteKey`. */
  get standIns(): Iterable<[string, Value]> {
    return this.#root.entries()
  }

  /** Whether an element type that ONNX Runtime tells may only stand in for another. */
  mayStandIn(standIn: Value, dtype: DType | null): boolean {
    return this.#substituted.has(standIn) && [...this.#options.substitutes.values()].some((d) => d === dtype)
  }

  /** The node that a message of ONNX Runtime is about. */
  siteIn(message: string): ProbeSite | null {
    const number = NODE_NAME.exec(message)?.[1]
    return number === undefined ? null : (this.#sites[Number(number)] ?? null)
  }

  /** A message of ONNX Runtime with the names of the source's nodes. */
  translated(message: string): string {
    return message.replace(new RegExp(NODE_NAME, 'g'), (name, number) => this.#sites[Number(number)]?.label ?? name)
  }

  #graph(graph: Graph, place: Place): void {
    for (const value of graph.initializers) {
      if (value.constant !== null) place.env.set(value, place.call, this.#constant(value.constant))
    }
    for (const node of graph.nodes) this.#node(node, place)
  }

  #node(node: Node, place: Place): void {
    const { call, env } = place
    const [first] = node.outputs
    const constant = first ? constantOf(first) : null
    const body = calledBy(this.#source, node)
    if (first && constant !== null) env.set(first, call, this.#constant(constant))
    else if (body !== undefined) this.#inline(node, enter(node, body, call), place)
    else if (node.type === 'If') this.#choice(node, place)
    else {
      this.#copy(node, place)
      // A body that is copied has its nodes once already.
      if (place.owner === null) for (const inner of node.graphs()) this.#firstIteration(node, inner, place)
    }
  }

  #inline(node: Node, call: Call | null, place: Place): void {
    const { env } = place
    if (call === null) {
      this.#declareOutputs(node, place)
      return
    }
    for (const [i, input] of call.body.graph.inputs.entries()) {
      env.set(input, call, env.get(node.inputs[i] ?? null, place.call))
    }
    this.#graph(call.body.graph, { ...place, call })
    for (const [i, output] of node.outputs.entries()) {
      const result = call.body.graph.outputs[i]?.value
      if (output !== null) this.#result(output, result && env.get(result, call), place)
    }
  }

  /** The node as it is, with copies of its bodies. */
  #copy(node: Node, place: Place): void {
    const { call, env } = place
    const inputs = node.inputs.map((value) => env.get(value, call))
    if (this.#isCut(node, call) || inputs.includes(undefined)) {
      this.#declareOutputs(node, place)
      return
    }
    const known = inputs.filter((value) => value !== undefined)
    const attrs: Record<string, Attr> = {}
    let marked = node.type !== 'Cast' && known.some((value) => value !== null && this.#substituted.has(value))
    for (const [name, a] of bound(node, call).attrs) {
      if (a.kind === 'graph') continue
      attrs[name] = substituteAttr(name, a, this.#options.substitutes)
      marked ||= attrs[name] !== a
    }
    const copy = this.#add(node, place, known, attrs, node.outputs.length)
    for (const [name, a] of node.attrs) {
      const body = a.kind === 'graph' ? this.#bodyCopy(copy, a.value, place) : undefined
      if (body === null) {
        this.model.removeNode(copy)
        this.#declareOutputs(node, place)
        return
      }
      if (body) this.model.setAttr(copy, name, attr.graph(body))
    }
    for (const [i, output] of node.outputs.entries()) {
      const made = copy.outputs[i]
      if (output === null || !made) continue
      env.set(output, call, made)
      if (marked) this.#substituted.add(made)
    }
  }

  /** @returns null when one of its results is left out */
  #bodyCopy(owner: Node, source: Graph, place: Place): Graph | null {
    const body = this.model.newBody(owner, source.name)
    const env = new Environment(place.env)
    for (const input of source.inputs) {
      // Only its element type: extents come from outside, and may change from one iteration to the next.
      const type = input.declared?.kind === 'tensor' ? { ...input.declared, shape: null } : input.declared
      const standIn = this.model.addInput(body, this.#name(), type && this.#substitute(type))
      env.set(input, place.call, standIn)
    }
    const site = place.owner ?? this.#sites.at(-1) ?? null
    this.#graph(source, { ...place, env, target: body, owner: site })
    for (const slot of source.outputs) {
      const value = env.get(slot.value, place.call)
      if (!value) return null
      this.model.addOutput(body, value.graph === body ? value : this.#identity(body, value))
    }
    return body
  }

  /** What enters a body first: the initial states of a Loop or Scan, the first slices of what a Scan reads. */
  #firstIteration(node: Node, body: Graph, place: Place): void {
    const { call, env } = place
    const scans = node.type === 'Scan' ? node.int('num_scan_inputs', 0) : 0
    const states = body.inputs.length - scans
    const entering = (i: number): StandIn => {
      if (node.type === 'Loop' && i === 0) return this.#input(tensorType('int64', []))
      if (node.type === 'Loop' && i === 1) return this.#input(tensorType('bool', []))
      const from = env.get(node.inputs[i] ?? null, call)
      if (!from || i < states) return from
      return this.#slice(from, node.ints('scan_input_axes')?.[i - states] ?? 0)
    }
    const isIteration = node.type === 'Loop' || (node.type === 'Scan' && this.#source.opset >= 9)
    for (const [i, input] of body.inputs.entries()) {
      this.#result(input, isIteration ? entering(i) : undefined, place)
    }
    this.#graph(body, place)
  }

  /** Both branches, and an If over their results. A branch that is left out cannot be the one that is taken. */
  #choice(node: Node, place: Place): void {
    const { call, env } = place
    const bodies = branchesOf(node)
    for (const body of bodies) this.#graph(body, { ...place, branch: true })
    const condition = env.get(node.inputs[0] ?? null, call) ?? this.#input(tensorType('bool', [1]))
    for (const [i, output] of node.outputs.entries()) {
      if (output === null) continue
      const results = bodies.flatMap((body) => {
        const result = body.outputs[i]
        return (result && env.get(result.value, call)) ?? []
      })
      const [first, second] = results
      if (this.#isCut(node, call)) this.#result(output, undefined, place)
      else if (first && second && first !== second) env.set(output, call, this.#either(node, condition, results, place))
      else this.#result(output, first, place)
    }
  }

  #either(node: Node, condition: Value, results: readonly Value[], place: Place): StandIn {
    const choice = this.#add(node, place, [condition], {}, 1)
    for (const [i, name] of BRANCHES.entries()) {
      const body = this.model.newBody(choice, name)
      const result = results[i]
      if (result) this.model.addOutput(body, this.#identity(body, result))
      this.model.setAttr(choice, name, attr.graph(body))
    }
    const [made] = choice.outputs
    if (made && results.some((result) => this.#substituted.has(result))) this.#substituted.add(made)
    return made
  }

  #isCut(node: Node, call: Call | null): boolean {
    return this.#options.cutTypes.has(node.type) || this.#options.cutSites.has(siteKey(node, call))
  }

  #declareOutputs(node: Node, place: Place): void {
    for (const output of node.outputs) if (output !== null) this.#result(output, undefined, place)
  }

  /** What stands for a value, or without it an input of the type that the file declares. */
  #result(value: Value, standIn: StandIn, { call, env }: Place): void {
    env.set(value, call, standIn ?? this.#declared(value))
  }

  #declared(value: Value): StandIn {
    const type = concreteType(value, this.#options.dims)
    if (type === null || (type.kind === 'tensor' && type.dtype === null)) return undefined
    return this.#input(type)
  }

  #constant(tensor: Tensor): Value {
    if (tensor.byteLength > CONSTANT_BYTES && tensor.dtype !== 'string') {
      return this.#input(tensorType(tensor.dtype, tensor.shape))
    }
    const constant = substituteTensor(tensor, this.#options.substitutes)
    const value = this.model.addConstant(this.model.main, this.#name(), constant)
    if (constant !== tensor) this.#substituted.add(value)
    return value
  }

  #input(type: Type): Value {
    const substitute = this.#substitute(type)
    const value = this.model.addInput(this.model.main, this.#name(), substitute)
    if (substitute !== type) this.#substituted.add(value)
    return value
  }

  #substitute(type: Type): Type {
    return substituteType(type, this.#options.substitutes)
  }

  #identity(graph: Graph, value: Value): Value {
    return this.#made(this.model.addNode(graph, { op: 'Identity', inputs: [value], outputs: [this.#name()] }))
  }

  #slice(value: Value, axis: number): Value {
    const { main } = this.model
    const zero = new MemoryTensor('int64', [], bytesOf(BigInt64Array.of(0n)))
    const inputs = [value, this.model.addConstant(main, this.#name(), zero)]
    return this.#made(
      this.model.addNode(main, { op: 'Gather', inputs, outputs: [this.#name()], attrs: { axis: attr.int(axis) } }),
    )
  }

  #made({ outputs: [output] }: Node): Value {
    if (!output) throw new Error('A node of the probe has no output.')
    return output
  }

  #add(
    node: Node,
    place: Place,
    inputs: readonly (Value | null)[],
    attrs: Readonly<Record<string, Attr>>,
    outputs: number,
  ): Node {
    this.#sites.push(place.owner ?? { key: siteKey(node, place.call), label: node.label, branch: place.branch })
    return this.model.addNode(place.target, {
      op: node.op,
      domain: node.domain,
      overload: node.overload,
      name: `probe.${this.#sites.length - 1}`,
      inputs,
      outputs: Array.from({ length: outputs }, () => this.#name()),
      attrs,
    })
  }

  #name(): string {
    return `v${this.#values++}`
  }
}

/** The bodies of an If in this order, whatever that of its attributes is. */
const BRANCHES = ['then_branch', 'else_branch'] as const

function branchesOf(node: Node): Graph[] {
  return BRANCHES.flatMap((name) => {
    const body = node.attrs.get(name)
    return body?.kind === 'graph' ? [body.value] : []
  })
}
