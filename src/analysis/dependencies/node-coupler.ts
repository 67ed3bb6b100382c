import type { Node, Value } from '../../ir/graph.js'
import { constantOf } from '../../ir/walk.js'
import type { Axis, Coupler } from '../../ops/coupling.js'
import { numbersOf, type Param, param } from '../../ops/param.js'
import type { Space, UnitAxis } from './space.js'
import type { Hindrance } from './units.js'

/** Where products or statistics are taken over an axis of an input. */
export interface Reduction {
  readonly node: Node
  readonly input: number
  readonly axis: number
  readonly kind: 'sum' | 'statistics'
  /** The output that has the axis still; null where it is reduced away. */
  readonly output: number | null
}

/** What a rule gives up with; the interpreter keeps everything around the node, then. */
export class Refusal extends Error {}

/** What the interpreter knows around a node. */
export interface Surroundings {
  readonly opset: number
  readonly space: Space
  /** @returns null where there is no shape */
  axesOfInput(node: Node, index: number): readonly UnitAxis[] | null
  shapeOf(value: Value): readonly number[] | null
  isOpen(value: Value, axis: number): boolean
}

/** The means of a rule at one node. */
export class NodeCoupler implements Coupler {
  readonly node: Node
  readonly outputs: (readonly UnitAxis[] | null)[]
  readonly reductions: Reduction[] = []
  readonly #around: Surroundings

  constructor(node: Node, around: Surroundings) {
    this.node = node
    this.#around = around
    this.outputs = node.outputs.map(() => null)
  }

  get opset(): number {
    return this.#around.opset
  }

  has(input: number): boolean {
    return (this.node.inputs[input] ?? null) !== null
  }

  input(index: number): readonly UnitAxis[] {
    if (!this.has(index)) this.refuse(`its input ${index} is left out`)
    return this.#around.axesOfInput(this.node, index) ?? this.#unknownShape(this.node.inputs[index]?.name)
  }

  outputShape(index: number): readonly number[] {
    const value = this.node.outputs[index]
    return (value && this.#around.shapeOf(value)) ?? this.#unknownShape(value?.name)
  }

  param(name: string): Param {
    return param(this.node, name)
  }

  numbers(name: string): readonly number[] | null {
    const found = this.param(name)
    if (found === 'computed') this.refuse(`its ${name} is computed at run time`)
    return found === 'absent' ? null : found
  }

  constant(input: number): readonly number[] {
    const value = this.node.inputs[input]
    const tensor = value ? constantOf(value) : null
    const numbers = tensor === null ? null : numbersOf(tensor)
    return numbers ?? this.refuse(`its input ${input} is computed at run time`)
  }

  isOpen(output: number, axis: number): boolean {
    const value = this.node.outputs[output]
    return value ? this.#around.isOpen(value, axis) : false
  }

  shapeOf(value: Value): readonly number[] | null {
    return this.#around.shapeOf(value)
  }

  axesBefore(node: Node, input: number): readonly UnitAxis[] | null {
    return this.#around.axesOfInput(node, input)
  }

  output(index: number, axes: readonly Axis[]): void {
    const value = this.node.outputs[index]
    if (!value) return
    const shape = this.#around.shapeOf(value)
    if (shape !== null && (shape.length !== axes.length || shape.some((size, i) => size !== axes[i]?.size))) {
      const found = axes.map(({ size }) => size)
      this.refuse(`the shape of its output is [${shape}] and not [${found}], as the rule for ${this.node.op} says`)
    }
    this.outputs[index] = axes as readonly UnitAxis[] // all axes are made by this class
  }

  tie(a: Axis, b: Axis): void {
    if (a.size !== b.size) this.refuse(`it needs axes of one size, and they have ${a.size} and ${b.size}`)
    this.#around.space.tie(a as UnitAxis, b as UnitAxis)
  }

  keep(axis: Axis, why: string): void {
    this.#around.space.keep(axis as UnitAxis, this.#hindrance(why))
  }

  contract(input: number, axis: number): void {
    this.reductions.push({ node: this.node, input, axis: this.#positive(input, axis), kind: 'sum', output: null })
  }

  normalize(input: number, axis: number, { output = null }: { readonly output?: number | null } = {}): void {
    const at = this.#positive(input, axis)
    this.reductions.push({ node: this.node, input, axis: at, kind: 'statistics', output })
  }

  heads(axis: Axis): void {
    this.#around.space.heads(axis as UnitAxis)
  }

  free(size: number): UnitAxis {
    return this.#around.space.free(size)
  }

  fixed(size: number, why: string): UnitAxis {
    return this.#around.space.fixed(size, this.#hindrance(why))
  }

  select(axis: Axis, indices: ArrayLike<number>): UnitAxis {
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i] ?? -1
      if (index < 0 || index >= axis.size) this.refuse(`it reads element ${index} of an axis of ${axis.size}`)
    }
    return this.#around.space.select(axis as UnitAxis, indices)
  }

  join(axes: readonly Axis[]): UnitAxis {
    return this.#around.space.join(axes as readonly UnitAxis[])
  }

  split(axis: Axis, sizes: readonly number[]): readonly UnitAxis[] {
    if (sizes.reduce((n, size) => n * size, 1) !== axis.size) {
      this.refuse(`it cuts an axis of ${axis.size} into ${sizes.join(' x ')}`)
    }
    return this.#around.space.split(axis as UnitAxis, sizes, this.node.label)
  }

  merge(axes: readonly Axis[]): UnitAxis {
    return this.#around.space.merge(axes as readonly UnitAxis[], this.node.label)
  }

  refuse(why: string): never {
    throw new Refusal(why)
  }

  #positive(input: number, axis: number): number {
    return axis < 0 ? axis + this.input(input).length : axis
  }

  #hindrance(why: string): Hindrance {
    return { node: this.node.label, why }
  }

  #unknownShape(name = '?'): never {
    return this.refuse(`the shape of "${name}" is known only at run time`)
  }
}
