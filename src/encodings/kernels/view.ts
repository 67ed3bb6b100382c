import type { Node } from '../../ir/graph.js'
import { elementCount } from '../../ir/type.js'
import { axisOf, type Kernel, type Known, parameter } from './kernel.js'

/** Ops that give the same elements another shape, or none: nothing is copied. */
export const view: Kernel = {
  ops: ['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'],
  plan(node, inputs) {
    const [data] = inputs
    const shape = data ? shapeOf(node, data.shape, inputs) : null
    if (!data || shape === null) return null
    if (elementCount(shape) !== elementCount(data.shape)) return null
    return { out: { dtype: data.dtype, shape }, run: ([bytes = new Uint8Array(0)]) => bytes }
  },
}

function shapeOf(node: Node, from: readonly number[], inputs: readonly (Known | null)[]): readonly number[] | null {
  switch (node.op) {
    case 'Reshape': {
      const sizes = parameter(node, 'shape', inputs, 1)
      return sizes ? reshapedTo(from, sizes, node.int('allowzero', 0) !== 0) : null
    }
    case 'Squeeze': {
      const axes = parameter(node, 'axes', inputs, 1)
      if (axes === null) return null
      const gone = axes?.map((axis) => axisOf(axis, from.length))
      return from.filter((size, axis) => (gone === undefined ? size !== 1 : !gone.includes(axis)))
    }
    case 'Unsqueeze': {
      const axes = parameter(node, 'axes', inputs, 1)
      if (!axes) return null
      const rank = from.length + axes.length
      const made = axes.map((axis) => axisOf(axis, rank))
      const rest = from.values()
      return Array.from({ length: rank }, (_, axis) => (made.includes(axis) ? 1 : (rest.next().value ?? 1)))
    }
    case 'Flatten': {
      const axis = node.int('axis', 1)
      const at = axis < 0 ? axis + from.length : axis
      return [elementCount(from.slice(0, at)), elementCount(from.slice(at))]
    }
    default:
      return from
  }
}

/** 0 is the size that was there, -1 what is left. */
function reshapedTo(from: readonly number[], sizes: readonly number[], zeros: boolean): readonly number[] {
  const shape = sizes.map((size, axis) => (size === 0 && !zeros ? (from[axis] ?? 0) : size))
  const known = elementCount(shape.filter((size) => size !== -1))
  return shape.map((size) => (size === -1 ? elementCount(from) / known : size))
}
