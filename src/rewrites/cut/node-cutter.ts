import type { Dependencies } from '../../analysis/dependencies/dependencies.js'
import { attr } from '../../ir/attr.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { MemoryTensor } from '../../ir/tensor.js'
import { bytesOf } from '../../ir/walk.js'
import type { Cutter } from '../../ops/coupling.js'
import { inputOfParam, type Param, param } from '../../ops/param.js'

type Kept = readonly (Int32Array | null)[]

interface Extents {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** The means of a rule to let a node follow its weights. What it reads of the node is remembered from before the cut. */
export class NodeCutter implements Cutter {
  readonly node: Node
  readonly opset: number
  readonly #model: Model
  readonly #dependencies: Dependencies
  readonly #inputs: readonly (Kept | null)[]
  readonly #outputs: readonly (Kept | null)[]
  readonly #inputShapes: readonly (readonly number[] | null)[]
  readonly #outputShapes: readonly (readonly number[] | null)[]

  constructor(
    dependencies: Dependencies,
    node: Node,
    inputs: readonly (Kept | null)[],
    outputs: readonly (Kept | null)[],
  ) {
    this.node = node
    this.#dependencies = dependencies
    this.#model = dependencies.model
    this.opset = this.#model.opset
    this.#inputs = inputs
    this.#outputs = outputs
    const { trace } = dependencies
    this.#inputShapes = node.inputs.map((_, i) => trace.axesOfInput(node, i)?.map(({ size }) => size) ?? null)
    this.#outputShapes = node.outputs.map((_, i) => trace.axesOfOutput(node, i)?.map(({ size }) => size) ?? null)
  }

  has(input: number): boolean {
    return (this.node.inputs[input] ?? null) !== null
  }

  keptOfInput(input: number, axis: number): Int32Array | null {
    return this.#inputs[input]?.at(axis) ?? null
  }

  keptOfOutput(output: number, axis: number): Int32Array | null {
    return this.#outputs[output]?.at(axis) ?? null
  }

  inputShape(input: number): Extents {
    return extents(this.#inputShapes[input] ?? [], this.#inputs[input] ?? null)
  }

  outputShape(output: number): Extents {
    return extents(this.#outputShapes[output] ?? [], this.#outputs[output] ?? null)
  }

  param(name: string): Param {
    return param(this.node, name)
  }

  isOpen(output: number, axis: number): boolean {
    const value = this.node.outputs[output]
    return value ? this.#dependencies.trace.isOpen(value, axis) : false
  }

  shapeOf(value: Value): readonly number[] | null {
    return this.#dependencies.trace.shapeOf(value)
  }

  setInt(name: string, value: number): void {
    this.#model.setAttr(this.node, name, attr.int(value))
  }

  setInts(name: string, values: readonly number[]): void {
    this.#model.setAttr(this.node, name, attr.ints(values))
  }

  removeAttr(name: string): void {
    this.#model.setAttr(this.node, name, null)
  }

  setIntegers(input: number, values: readonly number[], shape: readonly number[] = [values.length]): void {
    const { node } = this
    const old = node.inputs[input] ?? null
    this.#model.setInput(node, input, this.#integers(old?.name ?? `${node.name || node.op}_${input}`, values, shape))
    if (old === null || old.uses.size > 0) return
    if (old.producer?.op === 'Constant') this.#model.removeNode(old.producer)
    else if (old.constant !== null && !old.graph.inputs.includes(old)) this.#model.removeConstant(old)
  }

  overwrite(input: number, values: readonly (number | null)[]): void {
    const vector = this.node.inputs[input]
    if (!vector) throw new Error(`${this.node.label} has no input ${input}.`)
    const all = values.filter((value) => value !== null)
    if (all.length === 0) return
    if (all.length === values.length) {
      this.setIntegers(input, all)
      return
    }
    const parts = runs(values).map(({ start, numbers }) => {
      const given = numbers.filter((n) => n !== null)
      if (given.length > 0) return this.#integers(vector.name, given)
      const places = numbers.map((_, i) => start + i)
      return this.#before('Gather', vector.name, [vector, this.#integers(`${vector.name}_places`, places)])
    })
    this.#model.setInput(this.node, input, this.#before('Concat', vector.name, parts))
  }

  setParam(name: string, values: readonly number[]): void {
    if (this.node.attrs.has(name)) this.setInts(name, values)
    else {
      const input = inputOfParam(this.node, name)
      if (input === null) throw new Error(`${this.node.op} has no input for its ${name}.`)
      this.setIntegers(input, values)
    }
  }

  #integers(name: string, values: readonly number[], shape: readonly number[] = [values.length]): Value {
    const tensor = new MemoryTensor('int64', shape, bytesOf(BigInt64Array.from(values, BigInt)))
    return this.#model.addConstant(this.node.graph, this.#model.names.fresh(name), tensor)
  }

  /** A node in front of this one that works along axis 0. */
  #before(op: string, name: string, inputs: readonly Value[]): Value {
    const outputs = [this.#model.names.fresh(`${name}_${op.toLowerCase()}`)]
    const made = this.#model.addNode(this.node.graph, { op, inputs, outputs, attrs: { axis: attr.int(0) } }, this.node)
    const [value] = made.outputs
    if (!value) throw new Error(`${op} has no output.`)
    return value
  }
}

/** Neighbours that are all numbers, or all null. */
function runs(values: readonly (number | null)[]): { readonly start: number; readonly numbers: (number | null)[] }[] {
  const found: { readonly start: number; readonly numbers: (number | null)[] }[] = []
  for (const [start, value] of values.entries()) {
    const last = found.at(-1)
    if (last && (last.numbers[0] === null) === (value === null)) last.numbers.push(value)
    else found.push({ start, numbers: [value] })
  }
  return found
}

function extents(before: readonly number[], kept: Kept | null): Extents {
  return { before, after: before.map((size, axis) => kept?.[axis]?.length ?? size) }
}
