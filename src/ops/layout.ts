import type { Node } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'

/** The shape in which a stored tensor arrives somewhere, and which of its axes each axis is. */
export interface Layout {
  readonly shape: readonly number[]
  /** null for an axis that was split, merged or made. */
  readonly axes: readonly (number | null)[]
}

export function layoutOf(shape: readonly number[]): Layout {
  return { shape, axes: shape.map((_, axis) => axis) }
}

/** @param perm  axis i of the result is axis perm[i]; all reversed without it */
export function transposed(
  { shape, axes }: Layout,
  perm: readonly number[] = shape.map((_, i) => shape.length - 1 - i),
): Layout | null {
  if (perm.length !== shape.length || perm.some((p) => shape[p] === undefined)) return null
  return { shape: perm.map((p) => shape[p] ?? 0), axes: perm.map((p) => axes[p] ?? null) }
}

/**
 * The change of layout by a Reshape, Squeeze, Unsqueeze or Flatten whose parameters are constant.
 *
 * @returns null for any other node; a function that returns null where the parameters do not fit the shape
 */
export function viewed(node: Node): ((layout: Layout) => Layout | null) | null {
  const target = shapeRule(node)
  return target && ((layout) => reshaped(layout, target(layout.shape)))
}

type ShapeRule = (shape: readonly number[]) => readonly number[] | null

function shapeRule(node: Node): ShapeRule | null {
  switch (node.type) {
    case 'Reshape': {
      const sizes = parameter(node, 'shape')
      return sizes && ((shape) => reshapeTarget(shape, sizes, node.int('allowzero', 0) !== 0))
    }
    case 'Squeeze': {
      const axes = parameter(node, 'axes')
      if (axes === null && node.inputs[1]) return null
      return (shape) => squeezeTarget(shape, axes)
    }
    case 'Unsqueeze': {
      const axes = parameter(node, 'axes')
      return axes && ((shape) => unsqueezeTarget(shape, axes))
    }
    case 'Flatten': {
      const axis = node.int('axis', 1)
      return (shape) => [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))]
    }
    default:
      return null
  }
}

/** An attribute in old opsets (Reshape before 5, Squeeze and Unsqueeze before 13), input 1 since. */
function parameter(node: Node, name: string): readonly number[] | null {
  const attribute = node.ints(name)
  if (attribute) return attribute
  const value = node.inputs[1]
  const tensor = value ? constantOf(value) : null
  return tensor === null ? null : integersOf(tensor)
}

export function integersOf(tensor: Tensor): number[] | null {
  const bytes = tensor.read()
  if (tensor.dtype === 'int32') return Array.from(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4))
  if (tensor.dtype !== 'int64') return null
  return Array.from(new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8), Number)
}

function reshapeTarget(
  shape: readonly number[],
  sizes: readonly number[],
  allowZero: boolean,
): readonly number[] | null {
  const known = sizes.map((d, i) => (d === 0 && !allowZero ? (shape[i] ?? 0) : d))
  const rest = elementCount(shape) / elementCount(known.filter((d) => d !== -1))
  return Number.isInteger(rest) ? known.map((d) => (d === -1 ? rest : d)) : null
}

function squeezeTarget(shape: readonly number[], axes: readonly number[] | null): readonly number[] {
  const drop = new Set(axes?.map((a) => (a < 0 ? a + shape.length : a)))
  return shape.filter((d, i) => (axes === null ? d !== 1 : !drop.has(i)))
}

function unsqueezeTarget(shape: readonly number[], axes: readonly number[]): readonly number[] {
  const rank = shape.length + axes.length
  const ones = new Set(axes.map((a) => (a < 0 ? a + rank : a)))
  const kept = shape.values()
  return Array.from({ length: rank }, (_, i) => (ones.has(i) ? 1 : (kept.next().value ?? 1)))
}

/**
 * Both shapes are cut into the shortest runs of equal products; an axis that is alone in its run on both sides is
 * the same axis. Extents of 1 go along with no run: they are kept only where nothing changes at all.
 *
 *   [64, 3, 3, 3] -> [64, 27]     axes [0, null]
 */
function reshaped({ shape, axes }: Layout, target: readonly number[] | null): Layout | null {
  const elements = elementCount(shape)
  if (target === null || elements === 0 || elementCount(target) !== elements) return null
  if (target.length === shape.length && target.every((d, i) => d === shape[i])) return { shape, axes }
  const mapped: (number | null)[] = target.map(() => null)
  const from = shape.flatMap((size, axis) => (size === 1 ? [] : [{ size, axis }]))
  const to = target.flatMap((size, axis) => (size === 1 ? [] : [{ size, axis }]))
  for (let i = 0, j = 0; i < from.length && j < to.length; ) {
    let [left, right] = [from[i]?.size ?? 0, to[j]?.size ?? 0]
    const [firstFrom, firstTo] = [from[i], to[j]]
    let [runFrom, runTo] = [1, 1]
    while (left !== right) {
      if (left < right) left *= from[i + runFrom++]?.size ?? Number.POSITIVE_INFINITY
      else right *= to[j + runTo++]?.size ?? Number.POSITIVE_INFINITY
    }
    if (runFrom === 1 && runTo === 1 && firstFrom && firstTo) mapped[firstTo.axis] = axes[firstFrom.axis] ?? null
    i += runFrom
    j += runTo
  }
  return { shape: target, axes: mapped }
}
