import type { Graph, Model, Node, Value } from '../../ir/graph.js'
import { constantOf } from '../../ir/walk.js'
import { opOf } from '../../ops/index.js'
import type { Shapes } from '../shapes.js'
import { NodeCoupler, type Reduction, Refusal, type Surroundings } from './node-coupler.js'
import { type Preference, Space, type UnitAxis } from './space.js'
import type { Hindrance } from './units.js'

/** A node around which nothing could be followed. */
export interface Blocked {
  readonly node: Node
  readonly why: string
}

/** The axes of every value of a model, and where they are summed over. */
export interface Trace {
  readonly space: Space
  /** Of an input: each place that reads a small constant has axes of its own, and is cut on its own. */
  axesOfInput(node: Node, index: number): readonly UnitAxis[] | null
  axesOfOutput(node: Node, index: number): readonly UnitAxis[] | null
  /** Of a value that is no constant, or one that all readers cut alike; null where none have been made. */
  axesOfValue(value: Value): readonly UnitAxis[] | null
  /** All of them, of values and of constants that are cut for one reader. */
  axes(): Iterable<UnitAxis>
  /** As inferred, before any cut; null where it is not known. */
  shapeOf(value: Value): readonly number[] | null
  /** Whether the extent of an axis may differ from run to run. */
  isOpen(value: Value, axis: number): boolean
  readonly reductions: readonly Reduction[]
  readonly blocked: readonly Blocked[]
}

/** Longer axes of constants are never pruned: tables of hashes, and the like. */
const LONGEST_AXIS = 1 << 22

/**
 * Follows the axes of all values through the graph: each op family states in its file how they hang together, and this
 * is the loop over them. Values inside of If, Loop and Scan are values like others.
 *
 * The work is linear in the number of nodes and the sum of the extents of what they make.
 *
 * @param shapes      of all values, with numbers for open dimensions
 * @param openShapes  with those left open: what is no number here may differ from run to run
 */
export function trace(model: Model, shapes: Shapes, openShapes: Shapes, preference: Preference): Trace {
  const tracer = new Tracer(model, shapes, openShapes)
  tracer.graph(model.main)
  for (const { value, name } of model.main.outputs) {
    tracer.keepValue(value, { node: null, why: `it is the output "${name}" of the model` })
  }
  tracer.space.settle(preference)
  return tracer
}

class Tracer implements Trace, Surroundings {
  readonly space = new Space()
  readonly reductions: Reduction[] = []
  readonly blocked: Blocked[] = []
  readonly opset: number
  readonly #model: Model
  readonly #shapes: Shapes
  readonly #openShapes: Shapes
  readonly #ofValue = new Map<Value, readonly UnitAxis[] | null>()
  /** Of constants that each reader cuts for itself. */
  readonly #ofUse = new Map<Node, Map<number, readonly UnitAxis[] | null>>()

  constructor(model: Model, shapes: Shapes, openShapes: Shapes) {
    this.#model = model
    this.#shapes = shapes
    this.#openShapes = openShapes
    this.opset = model.opset
  }

  graph(graph: Graph): void {
    for (const node of graph.nodes) {
      if (constantNode(node)) continue
      if (!this.#control(node)) this.#node(node)
    }
  }

  axesOfInput(node: Node, index: number): readonly UnitAxis[] | null {
    const value = node.inputs[index]
    if (!value) return null
    if (!isOwnedByUse(value)) return this.#axesOf(value)
    const ofNode = this.#ofUse.get(node) ?? new Map<number, readonly UnitAxis[] | null>()
    this.#ofUse.set(node, ofNode)
    const known = ofNode.get(index)
    if (known !== undefined) return known
    const made = this.#fresh(value)
    ofNode.set(index, made)
    return made
  }

  axesOfOutput(node: Node, index: number): readonly UnitAxis[] | null {
    const value = node.outputs[index]
    return value ? this.#axesOf(value) : null
  }

  axesOfValue(value: Value): readonly UnitAxis[] | null {
    return this.#ofValue.get(value) ?? null
  }

  *axes(): Iterable<UnitAxis> {
    for (const axes of this.#ofValue.values()) yield* axes ?? []
    for (const ofNode of this.#ofUse.values()) for (const axes of ofNode.values()) yield* axes ?? []
  }

  shapeOf(value: Value): readonly number[] | null {
    return this.#shapes.shapeOf(value)
  }

  isOpen(value: Value, axis: number): boolean {
    const type = this.#openShapes.typeOf(value)
    return type?.kind !== 'tensor' || typeof type.shape?.[axis] !== 'number'
  }

  keepValue(value: Value, hindrance: Hindrance): void {
    for (const axis of this.#axesOf(value) ?? []) this.space.keep(axis, hindrance)
  }

  #node(node: Node): void {
    const coupler = new NodeCoupler(node, this)
    const couple = opOf(node)?.couple
    try {
      if (this.#shapes.unknown.has(node.type)) throw new Refusal('ONNX Runtime does not know it')
      if (this.#shapes.isCut(node)) throw new Refusal('it does not suit the shapes that come to it')
      if (couple === undefined) throw new Refusal(this.#unknown(node))
      if (typeof couple === 'string') throw new Refusal(couple)
      couple(coupler)
      for (const [index, value] of node.outputs.entries()) {
        if (value === null) continue
        this.#ofValue.set(value, coupler.outputs[index] ?? this.#fixedAxes(value, passedOn(node)))
      }
      this.reductions.push(...coupler.reductions)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#block(node, error.message)
    }
  }

  #unknown(node: Node): string {
    const inFunction = this.#model.functions.size > 0 && node.domain !== ''
    return inFunction ? 'it calls a function' : `how ${node.type} couples channels is not known`
  }

  /** Nothing that a node touches may change. */
  #block(node: Node, why: string): void {
    this.blocked.push({ node, why })
    const hindrance: Hindrance = { node: node.label, why }
    for (const index of node.inputs.keys()) {
      for (const axis of this.axesOfInput(node, index) ?? []) this.space.keep(axis, hindrance)
    }
    for (const value of node.outputs) if (value !== null) this.#ofValue.set(value, this.#fixedAxes(value, hindrance))
  }

  /** @returns whether the node is one with bodies */
  #control(node: Node): boolean {
    const bodies = [...node.graphs()]
    if (bodies.length === 0) return false
    if (node.type === 'If') this.#if(node, bodies)
    else if (node.type === 'Loop' || node.type === 'Scan') this.#loop(node, bodies)
    else {
      for (const body of bodies) this.#closed(node, body)
      this.#block(node, `how ${node.type} couples channels is not known`)
    }
    return true
  }

  #if(node: Node, bodies: readonly Graph[]): void {
    for (const body of bodies) this.graph(body)
    for (const [index, value] of node.outputs.entries()) {
      if (value === null) continue
      const branches = bodies.map((body) => {
        const result = body.outputs[index]?.value
        return result ? this.#axesOfResult(node, result) : null
      })
      const shape = this.shapeOf(value)
      const [first] = branches
      const fit = shape !== null && branches.every((axes) => axes !== null && sameSizes(axes, shape))
      if (fit && first) {
        for (const axes of branches.slice(1))
          for (const [i, axis] of first.entries()) this.space.tie(axis, axes?.[i] ?? axis)
        this.#ofValue.set(value, first)
      } else {
        const hindrance = { node: node.label, why: 'its branches give different shapes' }
        for (const axes of branches) for (const axis of axes ?? []) this.space.keep(axis, hindrance)
        this.#ofValue.set(value, this.#fixedAxes(value, hindrance))
      }
    }
  }

  /** What is carried from one iteration to the next has the axes that it begins with; all else that crosses the border stays. */
  #loop(node: Node, bodies: readonly Graph[]): void {
    const [body] = bodies
    if (body === undefined || bodies.length > 1) return
    const isLoop = node.type === 'Loop'
    const before = isLoop ? 2 : 0
    const states = isLoop ? node.inputs.length - 2 : node.inputs.length - node.int('num_scan_inputs', 0)
    const hindrance: Hindrance = { node: node.label, why: `it crosses the border of a ${node.type}` }
    const started = Array.from({ length: states }, (_, i) => this.axesOfInput(node, before + i))
    for (const [index, input] of body.inputs.entries()) {
      const start = index >= before && index < before + states ? started[index - before] : undefined
      const shape = this.shapeOf(input)
      const fits = start && shape && sameSizes(start, shape)
      this.#ofValue.set(input, fits ? start : this.#fixedAxes(input, hindrance))
      if (!fits) for (const axis of start ?? []) this.space.keep(axis, hindrance)
    }
    for (const index of node.inputs.keys()) {
      if (index >= before && index < before + states) continue
      for (const axis of this.axesOfInput(node, index) ?? []) this.space.keep(axis, hindrance)
    }
    this.graph(body)
    const firstState = isLoop ? 1 : 0
    for (const [index, { value }] of body.outputs.entries()) {
      const axes = this.#axesOfResult(node, value)
      const start = started[index - firstState]
      const ofBody = body.inputs[index - firstState + before]
      const carried = ofBody ? this.#ofValue.get(ofBody) : null
      if (
        start &&
        axes &&
        carried &&
        sameSizes(
          axes,
          carried.map(({ size }) => size),
        )
      ) {
        for (const [i, axis] of axes.entries()) this.space.tie(axis, carried[i] ?? axis)
      } else {
        for (const axis of [...(axes ?? []), ...(start ?? [])]) this.space.keep(axis, hindrance)
      }
    }
    for (const [index, value] of node.outputs.entries()) {
      if (value === null) continue
      const start = index < states ? started[index] : null
      const shape = this.shapeOf(value)
      const fits = start && shape && sameSizes(start, shape)
      this.#ofValue.set(value, fits ? start : this.#fixedAxes(value, hindrance))
      if (!fits) for (const axis of start ?? []) this.space.keep(axis, hindrance)
    }
  }

  /** Of what a body returns. Constants are cut where a node reads them: one that is returned as it is stays. */
  #axesOfResult(node: Node, value: Value): readonly UnitAxis[] | null {
    if (constantOf(value) !== null) {
      this.keepValue(value, { node: node.label, why: `the constant "${value.name}" is what a body of it returns` })
    }
    return this.#axesOf(value)
  }

  #closed(node: Node, body: Graph): void {
    const hindrance = { node: node.label, why: `it is used in a body of ${node.type}` }
    for (const inner of body.nodes) {
      for (const index of inner.inputs.keys()) {
        for (const axis of this.axesOfInput(inner, index) ?? []) this.space.keep(axis, hindrance)
      }
      for (const value of inner.outputs) if (value) this.#ofValue.set(value, this.#fixedAxes(value, hindrance))
    }
  }

  #axesOf(value: Value): readonly UnitAxis[] | null {
    const known = this.#ofValue.get(value)
    if (known !== undefined) return known
    const made = this.#fresh(value)
    this.#ofValue.set(value, made)
    return made
  }

  /** Of a value that no node before has made: free for a constant, fixed for an input. */
  #fresh(value: Value): readonly UnitAxis[] | null {
    const tensor = constantOf(value)
    const isInput = value.graph.inputs.includes(value)
    if (tensor !== null && !isInput) {
      const long: Hindrance = { node: null, why: 'it is too long an axis' }
      return tensor.shape.map((size) => (size > LONGEST_AXIS ? this.space.fixed(size, long) : this.space.free(size)))
    }
    const what = tensor === null ? 'it is' : 'its weights are'
    const hindrance = { node: null, why: `${what} the input "${value.name}" of the model` }
    return (
      this.#fixedAxes(value, hindrance)?.map((axis, i) =>
        axis.size === 1 && this.isOpen(value, i) ? this.space.fixed(1, hindrance, true) : axis,
      ) ?? null
    )
  }

  #fixedAxes(value: Value, hindrance: Hindrance): readonly UnitAxis[] | null {
    return this.shapeOf(value)?.map((size) => this.space.fixed(size, hindrance)) ?? null
  }
}

function passedOn(node: Node): Hindrance {
  return { node: node.label, why: `${node.op} makes it anew` }
}

function sameSizes(axes: readonly UnitAxis[], sizes: readonly number[]): boolean {
  return axes.length === sizes.length && axes.every(({ size }, i) => size === sizes[i])
}

function constantNode(node: Node): boolean {
  return node.type === 'Constant'
}

/**
 * Equal vectors are often one in a file, by an exporter's thrift and not by the model's design: each reader gets a copy,
 * cut as it needs. Larger constants are shared on purpose.
 */
function isOwnedByUse(value: Value): boolean {
  const tensor = constantOf(value)
  if (tensor === null || value.graph.inputs.includes(value)) return false
  return tensor.shape.filter((size) => size > 1).length <= 1
}
