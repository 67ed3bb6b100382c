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

/** What is kept of the rows: it adds up over batches, so that no sample has to be. */
export type Statistic =
  /** Of each column the sum of squares: float32 [g, K]. */
  | 'squares'
  /** X^T X: float32 [g, K, K]. */
  | 'gram'

export interface Capture {
  readonly view: View
  readonly statistic: Statistic
}

export interface Captured {
  /** Computes the statistics of one batch, and nothing that they do not need. Its inputs are those of the original. */
  readonly model: Model
  /** The output that holds each statistic, in the order asked for; the same one for the same statistic. */
  readonly outputs: readonly string[]
}

/**
 * A model that gives statistics of inner values instead of its outputs, computed by ONNX Runtime where the values
 * arise: values themselves grow with the samples, and never leave it.
 *
 * Windows are cut out by a depthwise convolution with one-hot kernels, which has the attributes of the original one:
 * stride, dilation, padding and its automatic forms follow by themselves.
 *
 * @param model  of opset 7 or later; it is left as it is
 */
export function capture(model: Model, captures: readonly Capture[]): Captured {
  const { model: copy, of } = model.clone()
  for (const slot of [...copy.main.outputs]) copy.removeOutput(slot)
  const made = new Map<string, string>()
  const outputs = captures.map(({ view, statistic }) => {
    const key = `${statistic} ${keyOf(view)}`
    const known = made.get(key)
    if (known !== undefined) return known
    const value = new Drawing(copy).statistic({ ...view, value: of(view.value) }, statistic)
    const { name } = copy.addOutput(copy.main, value)
    made.set(key, name)
    return name
  })
  removeDead(copy)
  return { model: copy, outputs }
}

/** Equal for views of the same numbers. */
function keyOf(view: View): string {
  const { value } = view
  if (view.kind === 'axis') return `${value.id} ${view.axis}`
  const placing = [...placement(view.conv)].map(([name, a]) => `${name}=${String(a.value)}`)
  return [value.id, view.groups, view.kernel, ...placing.sort()].join(' ')
}

/** Attributes that say where the windows of a convolution lie. */
function placement(conv: Node): Map<string, Attr> {
  const names = ['auto_pad', 'dilations', 'pads', 'strides']
  return new Map([...conv.attrs].filter(([name]) => names.includes(name)))
}

/** Adds nodes behind those of a model. */
class Drawing {
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
  }

  statistic(view: View, statistic: Statistic): Value {
    const x = this.#node('Cast', [view.value], { to: attr.int(1) }) // float32
    if (view.kind === 'patches') return this.#ofPatches(this.#patches(x, view), view, statistic)
    return view.axis === view.rank - 1 ? this.#ofRows(x, view.width, statistic) : this.#ofColumns(x, view, statistic)
  }

  /** x [..., K] */
  #ofRows(x: Value, width: number, statistic: Statistic): Value {
    const rows = this.#reshape(x, [-1, width]) // [T, K]
    const found = statistic === 'squares' ? this.#squares(rows, [0]) : this.#product(rows, 'transA')
    return this.#reshape(found, statistic === 'squares' ? [1, width] : [1, width, width])
  }

  /** x [..., K, ...] */
  #ofColumns(x: Value, { axis, rank, width }: Extract<View, { kind: 'axis' }>, statistic: Statistic): Value {
    const perm = [axis, ...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis)]
    const turned = axis === 0 ? x : this.#node('Transpose', [x], { perm: attr.ints(perm) })
    const columns = this.#reshape(turned, [width, -1]) // [K, T]
    const found = statistic === 'squares' ? this.#squares(columns, [1]) : this.#product(columns, 'transB')
    return this.#reshape(found, statistic === 'squares' ? [1, width] : [1, width, width])
  }

  /** patches [N, g*K, OH...] */
  #ofPatches(patches: Value, view: Extract<View, { kind: 'patches' }>, statistic: Statistic): Value {
    const { groups } = view
    const width = view.channels * elementCount(view.kernel)
    const flat = this.#reshape(patches, [0, groups * width, -1]) // [N, g*K, OH*...]
    if (statistic === 'squares') return this.#reshape(this.#squares(flat, [0, 2]), [groups, width])
    const turned = this.#node('Transpose', [flat], { perm: attr.ints([1, 0, 2]) }) // [g*K, N, OH*...]
    if (groups === 1) {
      return this.#reshape(this.#product(this.#reshape(turned, [width, -1]), 'transB'), [1, width, width])
    }
    const columns = this.#reshape(turned, [groups, width, -1]) // [g, K, T]
    return this.#node('MatMul', [columns, this.#node('Transpose', [columns], { perm: attr.ints([0, 2, 1]) })])
  }

  /** x [N, C, H...] to [N, C * k..., OH...] */
  #patches(x: Value, { conv, groups, channels, kernel }: Extract<View, { kind: 'patches' }>): Value {
    const attrs = placement(conv)
    if (isPointwise(kernel, attrs)) return x
    const [all, places] = [channels * groups, elementCount(kernel)]
    const oneHot = new Float32Array(all * places * places)
    for (let row = 0; row < all * places; row++) oneHot[row * places + (row % places)] = 1
    const tensor = new MemoryTensor('float32', [all * places, 1, ...kernel], bytesOf(oneHot))
    const weight = this.#model.addConstant(this.#model.main, this.#name('one_hot'), tensor)
    return this.#node('Conv', [x, weight], {
      ...Object.fromEntries(attrs),
      kernel_shape: attr.ints(kernel),
      group: attr.int(all),
    })
  }

  #squares(x: Value, axes: readonly number[]): Value {
    const once = { keepdims: attr.int(0) }
    return this.#model.opset < 18
      ? this.#node('ReduceSumSquare', [x], { ...once, axes: attr.ints(axes) })
      : this.#node('ReduceSumSquare', [x, this.#ints('axes', axes)], once)
  }

  /** X^T X of x [T, K] (transA), or X X^T of x [K, T] (transB) */
  #product(x: Value, transposed: 'transA' | 'transB'): Value {
    // Before opset 11 Gemm must have a third operand.
    const zero = this.#model.addConstant(
      this.#model.main,
      this.#name('zero'),
      new MemoryTensor('float32', [1], bytesOf(Float32Array.of(0))),
    )
    return this.#node('Gemm', [x, x, zero], { [transposed]: attr.int(1) })
  }

  #reshape(x: Value, shape: readonly number[]): Value {
    return this.#node('Reshape', [x, this.#ints('shape', shape)])
  }

  #ints(base: string, values: readonly number[]): Value {
    const bytes = bytesOf(BigInt64Array.from(values, BigInt))
    return this.#model.addConstant(
      this.#model.main,
      this.#name(base),
      new MemoryTensor('int64', [values.length], bytes),
    )
  }

  #node(op: string, inputs: readonly Value[], attrs: Readonly<Record<string, Attr>> = {}): Value {
    const { main } = this.#model
    const [output] = this.#model.addNode(main, { op, inputs, outputs: [this.#name(op)], attrs }).outputs
    if (!output) throw new Error(`${op} has no output.`)
    return output
  }

  #name(base: string): string {
    return this.#model.names.fresh(`capture_${base}`)
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

/** ONNX Runtime would compute them all the same. */
function removeDead(model: Model): void {
  for (const node of [...model.main.nodes].reverse()) {
    if (node.outputs.every((value) => value === null || value.uses.size === 0)) model.removeNode(node)
  }
  for (const value of [...model.main.initializers]) {
    if (value.uses.size === 0 && !model.main.inputs.includes(value)) model.removeConstant(value)
  }
}
