import { type Attrs, float32, int64, outputOf, Sketch } from '../../../../fixtures/sketch.js'
import type { Rng } from '../../../../src/data/rng.js'
import { attr } from '../../../../src/ir/attr.js'
import type { Node, Value } from '../../../../src/ir/graph.js'
import type { Tensor } from '../../../../src/ir/tensor.js'
import { type DType, elementCount, type Shape, tensorType } from '../../../../src/ir/type.js'
import { constantOf } from '../../../../src/ir/walk.js'

/** An extent of a target shape: a number, or so many times the batch. */
export type Extent = number | Batch

/** The batch, or a multiple of it where another axis lies in the same one. */
export interface Batch {
  readonly times: number
}

export const B: Batch = { times: 1 }

export const batches = (times: number): Batch => ({ times })

/** How a model says the batch. */
export type BatchStyle = { readonly size: number } | 'open'

/** Counts that a sketch and those of its bodies have in common. */
interface Common {
  readonly rng: Rng
  readonly batch: BatchStyle
  /** Of an open batch: the input whose first axis it is. */
  source: Value | null
  names: number
}

/** Draws nodes with random weights into a graph, in the way of the opset that the model has. */
export class Draw {
  readonly sketch: Sketch
  readonly #common: Common

  constructor(sketch: Sketch, common: Common) {
    this.sketch = sketch
    this.#common = common
  }

  static on(sketch: Sketch, rng: Rng, batch: BatchStyle): Draw {
    return new Draw(sketch, { rng, batch, source: null, names: 0 })
  }

  get rng(): Rng {
    return this.#common.rng
  }

  get opset(): number {
    return this.sketch.model.opset
  }

  get batch(): BatchStyle {
    return this.#common.batch
  }

  // What is drawn by lot

  chance(probability: number): boolean {
    return this.rng.uniform() < probability
  }

  /** A whole number in least .. most. */
  between(least: number, most: number): number {
    return least + this.rng.below(most - least + 1)
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.rng.below(choices.length)] ?? choices[0]
  }

  /** A number of channels in 4 .. 24, a multiple of `multiple` (which may be up to 24). */
  width(multiple = 1): number {
    const step = multiple >= 4 ? multiple : multiple * 2
    const least = Math.ceil(4 / step)
    return step * this.between(least, Math.max(least, Math.floor(24 / step)))
  }

  normals(count: number, mean: number, deviation: number): number[] {
    return Array.from({ length: count }, () => mean + deviation * this.rng.normal())
  }

  // Inputs and constants

  /** An input of the model. */
  input(shape: readonly Extent[], dtype: DType = 'float32'): Value {
    const value = this.sketch.input(this.#name('input'), this.#dims(shape), dtype)
    if (shape[0] === B) this.#common.source ??= value
    return value
  }

  /** An input of the model whose default is what a constant says. */
  optional(constant: Value): Value {
    const tensor = constantOf(constant)
    if (tensor === null) throw new Error(`"${constant.name}" is no constant.`)
    const value = this.sketch.input(this.#name('optional'), tensor.shape, tensor.dtype)
    this.sketch.model.setDefault(value, tensor)
    return value
  }

  /** An output of the model. */
  output(value: Value, shape: readonly Extent[]): void {
    this.sketch.output(this.#name('output'), value, tensorType('float32', this.#dims(shape)))
  }

  /** Normal weights with the variance 1 / fan-in. */
  weight(shape: readonly number[], fanIn: number): Value {
    return this.floats(shape, this.normals(elementCount(shape), 0, Math.sqrt(1 / fanIn)))
  }

  /** Numbers about a mean, for biases, scales and statistics: none is exactly the mean. */
  vector(length: number, mean: number, deviation = 0.2, shape: readonly number[] = [length]): Value {
    return this.floats(shape, this.normals(length, mean, deviation))
  }

  /** As `vector`, but all above 0.3. */
  positive(length: number, shape: readonly number[] = [length]): Value {
    return this.floats(
      shape,
      this.normals(length, 0, 0.4).map((x) => 0.3 + Math.abs(x + 0.7)),
    )
  }

  scalar(x: number, shape: readonly number[] = []): Value {
    return this.floats(shape, Array(elementCount(shape)).fill(x))
  }

  floats(shape: readonly number[], values: readonly number[]): Value {
    return this.constant(float32(shape, values))
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): Value {
    return this.constant(int64(shape, values))
  }

  /** An initializer, or now and then a Constant node. */
  constant(tensor: Tensor): Value {
    if (this.chance(0.1)) return this.node('Constant', [], { value: attr.tensor(tensor) })
    return this.sketch.constant(this.#name('constant'), tensor)
  }

  // Nodes

  node(op: string, inputs: readonly (Value | null)[], attrs: Attrs = {}, domain = ''): Value {
    return outputOf(this.nodes(op, inputs, 1, attrs, domain))
  }

  nodes(op: string, inputs: readonly (Value | null)[], outputs: number, attrs: Attrs = {}, domain = ''): Node {
    const name = this.#name(op)
    const names = Array.from({ length: outputs }, (_, i) => `${name}.${i}`)
    return this.sketch.nodeOf(op, name, inputs, names, attrs, { domain })
  }

  /** A body of `owner`: what is drawn in it may read all that has been drawn outside. */
  body(owner: Node, attribute: string, draw: (inside: Draw) => readonly Value[]): void {
    this.sketch.body(owner, attribute, (body) => {
      for (const value of draw(new Draw(body, this.#common))) body.output(value.name, value, null)
    })
  }

  /** An input of a body. */
  bodyInput(dtype: DType, shape: readonly Extent[]): Value {
    return this.sketch.model.addInput(this.sketch.graph, this.#name('inner'), tensorType(dtype, this.#dims(shape)))
  }

  /** The value, with its type in the file: for shapes that ONNX Runtime does not infer. */
  declared(value: Value, shape: readonly Extent[]): Value {
    this.sketch.model.declare(value, tensorType('float32', this.#dims(shape)))
    return value
  }

  /** The name of a function of the model, which is Softsign by another name: `local.Soft`. */
  softFunction(): string {
    const { model } = this.sketch
    if (model.functions.size > 0) return 'Soft'
    model.opsets.set('local', 1)
    const opsets = new Map([['', 13]])
    const { graph } = model.addFunction({ domain: 'local', name: 'Soft', overload: '', opsets, extra: {} })
    const body = new Sketch(model, graph)
    body.output('y', body.node('Softsign', 'soft', [model.addInput(graph, 'x', null)]), null)
    return 'Soft'
  }

  /** With integers that are an attribute before some opset and an input from it on. */
  withInts(
    op: string,
    inputs: readonly Value[],
    { name, values, since }: { readonly name: string; readonly values: readonly number[]; readonly since: number },
    attrs: Attrs = {},
  ): Value {
    if (this.opset < since) return this.node(op, inputs, { ...attrs, [name]: values })
    return this.node(op, [...inputs, this.ints(values)], attrs)
  }

  squeeze(x: Value, axes: readonly number[]): Value {
    return this.withInts('Squeeze', [x], { name: 'axes', values: axes, since: 13 })
  }

  unsqueeze(x: Value, axes: readonly number[]): Value {
    return this.withInts('Unsqueeze', [x], { name: 'axes', values: axes, since: 13 })
  }

  /** @param op  ReduceMean and the like; the axes became an input at 18, and those of ReduceSum at 13 */
  reduce(op: string, x: Value, axes: readonly number[], keepdims: boolean): Value {
    const since = op === 'ReduceSum' ? 13 : 18
    return this.withInts(op, [x], { name: 'axes', values: axes, since }, { keepdims: keepdims ? 1 : 0 })
  }

  split(x: Value, axis: number, sizes: readonly number[]): readonly Value[] {
    const equal = sizes.every((size) => size === sizes[0])
    if (equal && this.chance(0.5)) {
      const parts = this.opset >= 18 ? { num_outputs: sizes.length } : {}
      return made(this.nodes('Split', [x], sizes.length, { axis, ...parts }))
    }
    if (this.opset < 13) return made(this.nodes('Split', [x], sizes.length, { axis, split: sizes }))
    return made(this.nodes('Split', [x, this.ints(sizes)], sizes.length, { axis }))
  }

  slice(x: Value, axis: number, start: number, end: number, step = 1): Value {
    const ints = (value: number) => this.ints([value])
    const steps = step === 1 && this.chance(0.5) ? [] : [ints(step)]
    return this.node('Slice', [x, ints(start), ints(end), ints(axis), ...steps])
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.node('Concat', values, { axis })
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm })
  }

  gather(x: Value, axis: number, indices: readonly number[], shape: readonly number[] = [indices.length]): Value {
    return this.node('Gather', [x, this.ints(indices, shape)], { axis })
  }

  add(a: Value, b: Value): Value {
    return this.node('Add', this.chance(0.5) ? [a, b] : [b, a])
  }

  mul(a: Value, b: Value): Value {
    return this.node('Mul', this.chance(0.5) ? [a, b] : [b, a])
  }

  /**
   * A Reshape, in one of the ways that exporters have of saying the target.
   *
   * @param leads  whether the first axis of `x` is the plain batch: then a 0 can stand for it
   */
  reshape(x: Value, shape: readonly Extent[], { leads = shape[0] === B } = {}): Value {
    const known = this.#numbers(shape)
    if (known === null) return this.#reshapeOpen(x, shape, leads)
    const target = [...known]
    const style = this.rng.below(4)
    if (style === 1) target[this.rng.below(target.length)] = -1
    if (style === 2 && leads) target[0] = 0
    if (style === 3 && leads && target.length > 1) {
      target[0] = 0
      target[this.between(1, target.length - 1)] = -1
    }
    return this.node('Reshape', [x, this.ints(target)])
  }

  expand(x: Value, shape: readonly Extent[]): Value {
    const known = this.#numbers(shape)
    return this.node('Expand', [x, known === null ? this.computedShape(shape) : this.ints(known)])
  }

  /** As dynamic exports do: Shape, Gather, and a Concat with what is known. */
  computedShape(shape: readonly Extent[], of: Value | null = this.#common.source): Value {
    if (of === null) throw new Error('No input has the batch in front.')
    const batch = this.#batchOf(of)
    const parts = shape.map((e) => {
      if (typeof e === 'number') return this.ints([e])
      return e.times === 1 ? batch : this.mul(batch, this.ints([e.times]))
    })
    return this.concat(parts, 0)
  }

  #reshapeOpen(x: Value, shape: readonly Extent[], leads: boolean): Value {
    if (this.chance(0.3)) return this.node('Reshape', [x, this.computedShape(shape)])
    const target = shape.map((e) => (typeof e === 'number' ? e : -1))
    if (leads && this.chance(0.5)) {
      target[0] = 0
      if (target.length > 1 && this.chance(0.5)) target[this.between(1, target.length - 1)] = -1
    }
    return this.node('Reshape', [x, this.ints(target)])
  }

  #batchOf(source: Value): Value {
    const extents = this.node('Shape', [source])
    if (this.chance(0.3)) return this.slice(extents, 0, 0, 1)
    if (this.chance(0.5)) return this.node('Gather', [extents, this.ints([0])], { axis: 0 })
    return this.unsqueeze(this.node('Gather', [extents, this.ints([0], [])], { axis: 0 }), [0])
  }

  #dims(shape: readonly Extent[]): Shape {
    const { batch } = this
    return shape.map((e) => (typeof e === 'number' ? e : batch === 'open' ? 'N' : batch.size * e.times))
  }

  #numbers(shape: readonly Extent[]): number[] | null {
    const { batch } = this
    if (batch === 'open') return shape.every((e) => typeof e === 'number') ? [...(shape as number[])] : null // as every() says
    return shape.map((e) => (typeof e === 'number' ? e : e.times * batch.size))
  }

  #name(what: string): string {
    return `${what}_${this.#common.names++}`
  }
}

/** All outputs of a node that leaves none out. */
export function made(node: Node): readonly Value[] {
  return node.outputs.map((_, i) => outputOf(node, i))
}
