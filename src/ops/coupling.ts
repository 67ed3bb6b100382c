import type { Node, Value } from '../ir/graph.js'
import type { Param } from './param.js'

/**
 * An axis of a value. Its elements belong to *units*: what structured pruning removes together, in every value that the
 * unit runs through. Rules hand axes on, cut them up and tie them to one another; what is in them is none of their
 * business.
 */
export interface Axis {
  readonly size: number
  /** Whether its single element stands for any number of them: an open dimension for which 1 was taken. */
  readonly isOpen: boolean
}

/**
 * What a node tells of the axes around it. A rule sets the axes of every output, from those of its inputs where elements
 * pass through; axes of which it says nothing stay as they are ("fixed").
 *
 * Weights are values like others: the axes of a constant are free until a rule ties them. So a rule for Conv ties the
 * channels of its input to an axis of its filters, and makes another axis of them that of its output.
 */
export interface Coupler {
  readonly node: Node
  /** The version of ai.onnx that the node is read by. */
  readonly opset: number
  /** Whether an input is there; optional ones may be left out. */
  has(input: number): boolean
  /** @throws a refusal when the input is left out, is no tensor, or its shape is not known */
  input(index: number): readonly Axis[]
  /** The shape of an output as inferred. @throws a refusal when it is not known */
  outputShape(index: number): readonly number[]
  /** A parameter that is an attribute in some opsets and an input in others, as numbers. */
  param(name: string): Param
  /** As `param`, of one that has to be known. @throws a refusal when it is computed at run time */
  numbers(name: string): readonly number[] | null
  /** The numbers of a small constant input. @throws a refusal when it is not constant, or left out */
  constant(input: number): readonly number[]
  /** Whether the extent of an axis of an output may differ from run to run (a batch, a sequence). */
  isOpen(output: number, axis: number): boolean
  /** The shape of any value as inferred; null where it is not known. */
  shapeOf(value: Value): readonly number[] | null
  /** Axes of an input of a node that comes before; null where they are not known. */
  axesBefore(node: Node, input: number): readonly Axis[] | null

  /** Says what the axes of an output are. @throws a refusal when they do not fit the inferred shape */
  output(index: number, axes: readonly Axis[]): void
  /**
   * The elements of two axes of one size come and go together, one by one.
   *
   * @throws Error for axes of different sizes: a mistake of the rule
   */
  tie(a: Axis, b: Axis): void
  /** Nothing may go of an axis. @param why  a clause: "Softmax shares one among all of its elements" */
  keep(axis: Axis, why: string): void
  /**
   * Products are summed up over this axis of an input, or plain values: where all that is summed for an element is zero,
   * it may go. It is where the oracle puts its zeros; one of the factors is enough.
   */
  contract(input: number, axis: number): void
  /**
   * Statistics are taken over these axes of an input (a mean, a variance), which is what it is used for: fewer elements
   * make them those of what remains.
   *
   * @param options.output  the output that has the axis still; null (and without it) where it is reduced away
   */
  normalize(input: number, axis: number, options?: { readonly output?: number | null }): void
  /** These elements are heads of attention: preferred over the widths of heads where a reshape leaves the choice. */
  heads(axis: Axis): void

  /** A new axis that may lose any of its elements, with nothing tied to it yet. */
  free(size: number): Axis
  /** A new axis that nothing can go of. */
  fixed(size: number, why: string): Axis
  /** Elements of an axis, in any order, also more than once. */
  select(axis: Axis, indices: ArrayLike<number>): Axis
  /** One axis behind the other. */
  join(axes: readonly Axis[]): Axis
  /** Cuts an axis into factors, the outer first: a[i * n + j] -> [i][j]. The sizes multiply to its own. */
  split(axis: Axis, sizes: readonly number[]): readonly Axis[]
  /** Makes one axis of several, the outer first: the reverse of `split`. */
  merge(axes: readonly Axis[]): Axis
  /** Nothing around this node can be pruned. @param why  a clause that goes on after its name */
  refuse(why: string): never
}

export type CoupleRule = (c: Coupler) => void

/** A node of a model under the knife: the weights around it have been cut already, and it follows. */
export interface Cutter {
  readonly node: Node
  readonly opset: number
  has(input: number): boolean
  /** Indices of the elements that stay of an axis of an input, rising; null when all do. */
  keptOfInput(input: number, axis: number): Int32Array | null
  keptOfOutput(output: number, axis: number): Int32Array | null
  /** Shapes before and after. */
  inputShape(input: number): { readonly before: readonly number[]; readonly after: readonly number[] }
  outputShape(output: number): { readonly before: readonly number[]; readonly after: readonly number[] }
  /** As Coupler.param, before the cut. */
  param(name: string): Param
  isOpen(output: number, axis: number): boolean
  /** As Coupler.shapeOf, before the cut. */
  shapeOf(value: Value): readonly number[] | null
  setInt(name: string, value: number): void
  setInts(name: string, values: readonly number[]): void
  removeAttr(name: string): void
  /** Puts a new constant of int64 in the place of an input; the old one stays for whoever else reads it. */
  setIntegers(input: number, values: readonly number[], shape?: readonly number[]): void
  /** Puts numbers into a vector that is computed at run time; null leaves an element as it is. */
  overwrite(input: number, values: readonly (number | null)[]): void
  /** States a parameter the way this node's opset does: as an attribute, or as a constant input. */
  setParam(name: string, values: readonly number[]): void
}

/** Attributes and constants of shapes that follow a cut; called where an axis around the node has changed. */
export type CutRule = (c: Cutter) => void
