import type { Shapes } from '../analysis/shapes.js'
import type { Model } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import type { Weight, WeightUse } from '../ops/weights.js'
import type { View } from './capture.js'

/**
 * A weight as the matrices of its products: `groups` of them, [rows, columns] each. Where an element is stored:
 * `rowOffsets[group * rows + row] + columnOffsets[column]`.
 */
export interface Layout {
  readonly groups: number
  readonly rows: number
  readonly columns: number
  readonly rowOffsets: Int32Array
  /** In the order of the statistics: for a convolution [C/g, k...]. */
  readonly columnOffsets: Int32Array
  /** How many columns in a row belong to one input channel: the places of the kernel; 1 for matrices. */
  readonly places: number
}

export interface WeightMatrix {
  readonly layout: Layout
  /** What it is multiplied with, by each of its uses. */
  readonly views: readonly View[]
}

/** One-hot kernels beyond this are more than they are worth. */
const MOST_KERNEL_BYTES = 64 << 20

/** @returns the matrix, or why the inputs of a weight cannot be seen by calibration */
export function matrixOf(model: Model, weight: Weight, shapes: Shapes): WeightMatrix | { readonly none: string } {
  let found: { layout: Layout; views: View[] } | undefined
  for (const use of weight.uses) {
    const one = matrixOfUse(model, weight, use, shapes)
    if ('none' in one) return one
    if (found === undefined) found = { layout: one.layout, views: [one.view] }
    else if (isSame(found.layout, one.layout)) found.views.push(one.view)
    else return { none: 'its uses take it for different matrices' }
  }
  return found ?? { none: 'nothing uses it' }
}

type One = { readonly layout: Layout; readonly view: View } | { readonly none: string }

function matrixOfUse(model: Model, weight: Weight, use: WeightUse, shapes: Shapes): One {
  const { node, activation } = use
  if (use.call !== null) return { none: `"${node.label}" stands in a function` }
  if (node.graph !== model.main) return { none: `"${node.label}" stands in a body` }
  const value = activation === null ? null : node.inputs[activation.input]
  if (!activation || !value) return { none: `${node.type} "${node.label}" does not show what it multiplies it with` }
  if (activation.over === 'patches') return ofConvolution(weight, use, value)
  const rank = activation.over === -1 ? 1 : rankOf(shapes, value)
  if (rank === null) return { none: `the number of axes of "${value.name}" is not known` }
  const axis = activation.over === -1 ? 0 : Math.max(0, activation.over < 0 ? rank + activation.over : activation.over)
  const layout = ofAxis(weight, use, activation.shared === true)
  return 'none' in layout ? layout : { layout, view: { kind: 'axis', value, axis, rank, width: layout.columns } }
}

function rankOf(shapes: Shapes, value: Parameters<Shapes['typeOf']>[0]): number | null {
  const type = shapes.typeOf(value)
  return type?.kind === 'tensor' ? (type.shape?.length ?? null) : null
}

/** All axes but the one that is summed over make rows. */
function ofAxis({ tensor }: Weight, use: WeightUse, shared: boolean): Layout | { readonly none: string } {
  const { shape } = tensor
  const summed = use.in
  if (summed === null) return { none: 'a Reshape mixes its output and input axes' }
  if (shape.length > 2 && !shared) return { none: 'it is a stack of matrices, each with inputs of its own' }
  const others = shape.map((_, axis) => axis).filter((axis) => axis !== summed)
  const columns = shape[summed] ?? 1
  const stride = elementCount(shape.slice(summed + 1))
  const rowOffsets = offsets(
    others.map((axis) => ({ length: shape[axis] ?? 1, stride: elementCount(shape.slice(axis + 1)) })),
  )
  const columnOffsets = Int32Array.from({ length: columns }, (_, c) => c * stride)
  return { groups: 1, rows: rowOffsets.length, columns, rowOffsets, columnOffsets, places: 1 }
}

/** [M, C/g, k...], in whatever order its axes are stored. */
function ofConvolution({ tensor }: Weight, { node, axes }: WeightUse, value: View['value']): One {
  const { shape } = tensor
  const parts = axes.map((axis) =>
    axis === null ? null : { length: shape[axis] ?? 1, stride: elementCount(shape.slice(axis + 1)) },
  )
  const known = parts.filter((part) => part !== null)
  const [out, ...inputs] = known
  if (out === undefined || known.length < Math.max(3, parts.length)) return { none: 'a Reshape mixes its axes' }
  const groups = node.int('group', 1)
  const [channels = 1, ...kernel] = inputs.map(({ length }) => length)
  const places = elementCount(kernel)
  if (channels * groups * places * places * 4 > MOST_KERNEL_BYTES) {
    return { none: `its kernel has ${places} places: too many to cut windows out` }
  }
  return {
    layout: {
      groups,
      rows: out.length / groups,
      columns: channels * places,
      rowOffsets: offsets([out]),
      columnOffsets: offsets(inputs),
      places,
    },
    view: { kind: 'patches', value, conv: node, groups, channels, kernel },
  }
}

interface Axis {
  readonly length: number
  readonly stride: number
}

/** The offset of every element of a row-major walk over some axes. */
function offsets(axes: readonly Axis[]): Int32Array {
  let found = Int32Array.of(0)
  for (const { length, stride } of axes) {
    const longer = new Int32Array(found.length * length)
    for (const [i, at] of found.entries()) for (let j = 0; j < length; j++) longer[i * length + j] = at + j * stride
    found = longer
  }
  return found
}

function isSame(a: Layout, b: Layout): boolean {
  const equal = (x: Int32Array, y: Int32Array) => x.length === y.length && x.every((v, i) => v === y[i])
  return a.groups === b.groups && equal(a.rowOffsets, b.rowOffsets) && equal(a.columnOffsets, b.columnOffsets)
}
