import { attr } from '../ir/attr.js'
import type { Model, Value } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { Drawing, placement, removeDead, type View } from './columns.js'

export type { View } from './columns.js'

/** What is kept of the rows: it adds up over batches, so that no sample has to be. */
export type Statistic =
  /** Of each column the sum of squares: float32 [g, K]. */
  | 'squares'
  /** Of each column the sum of magnitudes: float32 [g, K]. */
  | 'magnitudes'
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
    const value = new Statistics(copy).statistic({ ...view, value: of(view.value) }, statistic)
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

/** Adds statistics of views to a model. */
class Statistics extends Drawing {
  statistic(view: View, statistic: Statistic): Value {
    const x = this.float32(view.value)
    if (view.kind === 'patches') return this.#ofPatches(this.patches(x, view), view, statistic)
    return view.axis === view.rank - 1 ? this.#ofRows(x, view.width, statistic) : this.#ofColumns(x, view, statistic)
  }

  /** x [..., K] */
  #ofRows(x: Value, width: number, statistic: Statistic): Value {
    const rows = this.reshape(x, [-1, width]) // [T, K]
    if (statistic === 'gram') return this.reshape(this.#product(rows, 'transA'), [1, width, width])
    return this.reshape(this.#sums(rows, [0], statistic), [1, width])
  }

  /** x [..., K, ...] */
  #ofColumns(x: Value, { axis, rank, width }: Extract<View, { kind: 'axis' }>, statistic: Statistic): Value {
    const columns = this.reshape(this.turned(x, axis, rank), [width, -1]) // [K, T]
    if (statistic === 'gram') return this.reshape(this.#product(columns, 'transB'), [1, width, width])
    return this.reshape(this.#sums(columns, [1], statistic), [1, width])
  }

  /** patches [N, g*K, OH...] */
  #ofPatches(patches: Value, view: Extract<View, { kind: 'patches' }>, statistic: Statistic): Value {
    const { groups } = view
    const width = view.channels * elementCount(view.kernel)
    if (statistic !== 'gram') {
      const flat = this.reshape(patches, [0, groups * width, -1]) // [N, g*K, OH*...]
      return this.reshape(this.#sums(flat, [0, 2], statistic), [groups, width])
    }
    const turned = this.turnedPatches(patches, groups * width) // [g*K, N, OH*...]
    if (groups === 1) {
      return this.reshape(this.#product(this.reshape(turned, [width, -1]), 'transB'), [1, width, width])
    }
    const columns = this.reshape(turned, [groups, width, -1]) // [g, K, T]
    return this.node('MatMul', [columns, this.node('Transpose', [columns], { perm: attr.ints([0, 2, 1]) })])
  }

  #sums(x: Value, axes: readonly number[], statistic: Exclude<Statistic, 'gram'>): Value {
    return this.reduce(statistic === 'squares' ? 'ReduceSumSquare' : 'ReduceL1', x, axes)
  }

  /** X^T X of x [T, K] (transA), or X X^T of x [K, T] (transB) */
  #product(x: Value, transposed: 'transA' | 'transB'): Value {
    // Before opset 11 Gemm must have a third operand.
    const zero = this.constant('zero', Float32Array.of(0), [1])
    return this.node('Gemm', [x, x, zero], { [transposed]: attr.int(1) })
  }
}
