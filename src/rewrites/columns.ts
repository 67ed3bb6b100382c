import { type Attr, attr } from '../ir/attr.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { MemoryTensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import { bytesOf } from '../ir/walk.js'

/**
 * A value seen as a matrix X of one row for each product with a weight, and one column for each input of it; g such
 * matrices side by side where a convolution has groups.
 */
export type View =
  /** Column k is the k-th slice along an axis of a value with so many axes; every other place is a row. g is 1. */
  | {
      readonly kind: 'axis'
      readonly value: Value
      readonly axis: number
      readonly rank: number
      readonly width: number
    }
  /** Rows are the windows of a convolution (im2col), columns its inputs [C/g, k...]. */
  | {
      readonly kind: 'patches'
      readonly value: Value
      /** Has the attributes that say where the windows lie; it need not stand in the model. */
      readonly conv: Node
      readonly groups: number
      /** C/g, the channels of a group. */
      readonly channels: number
      readonly kernel: readonly number[]
    }

/** Attributes that say where the windows of a convolution lie. */
export function placement(conv: Node): Map<string, Attr> {
  const names = ['auto_pad', 'dilations', 'pads', 'strides']
  return new Map([...conv.attrs].filter(([name]) => names.includes(name)))
}

/** Adds nodes behind those of a model; what they make is float32. */
export class Drawing {
  protected readonly model: Model

  /** @param model  of opset 7 or later */
  constructor(model: Model) {
    this.model = model
  }

  /**
   * The matrix of a view, turned.
   *
   * @returns X^T [g, K, T]: T is the number of rows in a batch
   */
  columns(view: View): Value {
    const x = this.float32(view.value)
    if (view.kind === 'patches') {
      const width = view.channels * elementCount(view.kernel)
      const turned = this.turnedPatches(this.patches(x, view), view.groups * width)
      return this.reshape(turned, [view.groups, width, -1])
    }
    // The last axis of whatever is before it: a view of it may leave the rank open.
    const columns =
      view.axis === view.rank - 1
        ? this.node('Transpose', [this.reshape(x, [-1, view.width])], { perm: attr.ints([1, 0]) })
        : this.turned(x, view.axis, view.rank)
    return this.reshape(columns, [1, view.width, -1])
  }

  float32(value: Value): Value {
    return this.node('Cast', [value], { to: attr.int(1) })
  }

  /** x [..., K, ...] to [K, ...], the other axes in their order. */
  turned(x: Value, axis: number, rank: number): Value {
    if (axis === 0) return x
    const perm = [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)]
    return this.node('Transpose', [x], { perm: attr.ints(perm) })
  }

  /** patches [N, all, OH...] to [all, N, OH * ...] */
  turnedPatches(patches: Value, all: number): Value {
    const flat = this.reshape(patches, [0, all, -1])
    return this.node('Transpose', [flat], { perm: attr.ints([1, 0, 2]) })
  }

  /** x [N, C, H...] to [N, C * k..., OH...] */
  patches(x: Value, { conv, groups, channels, kernel }: Extract<View, { kind: 'patches' }>): Value {
    const attrs = placement(conv)
    if (isPointwise(kernel, attrs)) return x
    const [all, places] = [channels * groups, elementCount(kernel)]
    const oneHot = new Float32Array(all * places * places)
    for (let row = 0; row < all * places; row++) oneHot[row * places + (row % places)] = 1
    const weight = this.constant('one_hot', oneHot, [all * places, 1, ...kernel])
    return this.node('Conv', [x, weight], {
      ...Object.fromEntries(attrs),
      kernel_shape: attr.ints(kernel),
      group: attr.int(all),
    })
  }

  /** Over some axes, which do not remain. */
  reduce(op: 'ReduceSum' | 'ReduceSumSquare' | 'ReduceL1', x: Value, axes: readonly number[]): Value {
    const once = { keepdims: attr.int(0) }
    return this.model.opset < (op === 'ReduceSum' ? 13 : 18)
      ? this.node(op, [x], { ...once, axes: attr.ints(axes) })
      : this.node(op, [x, this.ints('axes', axes)], once)
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.node('Reshape', [x, this.ints('shape', shape)])
  }

  ints(base: string, values: readonly number[]): Value {
    const tensor = new MemoryTensor('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt)))
    return this.model.addConstant(this.model.main, this.#name(base), tensor)
  }

  constant(base: string, values: Float32Array, shape: readonly number[]): Value {
    return this.model.addConstant(
      this.model.main,
      this.#name(base),
      new MemoryTensor('float32', shape, bytesOf(values)),
    )
  }

  node(op: string, inputs: readonly (Value | null)[], attrs: Readonly<Record<string, Attr>> = {}, domain = ''): Value {
    const { main } = this.model
    const [output] = this.model.addNode(main, { op, domain, inputs, outputs: [this.#name(op)], attrs }).outputs
    if (!output) throw new Error(`${op} has no output.`)
    return output
  }

  #name(base: string): string {
    return this.model.names.fresh(`capture_${base}`)
  }
}

/** Takes away what no output needs: ONNX Runtime would compute some of it all the same. */
export function removeDead(model: Model): void {
  for (const node of [...model.main.nodes].reverse()) {
    if (node.outputs.every((value) => value === null || value.uses.size === 0)) model.removeNode(node)
  }
  for (const value of [...model.main.initializers]) {
    if (value.uses.size === 0 && !model.main.inputs.includes(value)) model.removeConstant(value)
  }
}

/** A kernel of one place that sees every place of the input as it is. */
function isPointwise(kernel: readonly number[], attrs: ReadonlyMap<string, Attr>): boolean {
  const all = (name: string, n: bigint) => {
    const a = attrs.get(name)
    return a === undefined || (a.kind === 'ints' && a.value.every((v) => v === n))
  }
  return elementCount(kernel) === 1 && all('strides', 1n) && all('pads', 0n)
}
