import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { defineOp, type NodeShapes, type WeightSpec } from './op.js'

/** Where the rows and columns of an operand stand: MatMul's last two axes, moved by attributes of the fused forms. */
interface MatrixAxes {
  readonly rows: number
  readonly columns: number
}

/**
 * Of an operand of com.microsoft.FusedMatMul. `transBatchX` says that axis 0 is in truth the last but one,
 * `transX` swaps rows and columns.
 */
function matrixAxes(node: Node, operand: 'A' | 'B'): MatrixAxes {
  const first = node.int(`transBatch${operand}`, 0) !== 0 ? 0 : -2
  return node.int(`trans${operand}`, 0) !== 0 ? { rows: -1, columns: first } : { rows: first, columns: -1 }
}

/** Either operand may be the constant: Y[m, n] = sum_k A[m, k] * B[k, n]. */
function operands(node: Node): readonly WeightSpec[] {
  const a = matrixAxes(node, 'A')
  const b = matrixAxes(node, 'B')
  return [
    {
      input: 1,
      out: b.columns,
      in: b.rows,
      kind: 'weight',
      eitherSide: true,
      activation: { input: 0, over: a.columns },
    },
    {
      input: 0,
      out: a.rows,
      in: a.columns,
      kind: 'weight',
      eitherSide: true,
      activation: { input: 1, over: b.rows },
    },
  ]
}

/**
 *   MACs = B... * M * N * K = elements of the output * K
 *
 * @param summed  the axis of the first operand that is summed over
 */
export function matMulMacs(shapes: NodeShapes, summed = -1): number | null {
  const y = shapes.output(0)
  const a = shapes.input(0)
  if (y === null || a === null) return null
  const k = a.at(a.length === 1 ? 0 : summed) // a vector has no other axis
  return k === undefined ? null : elementCount(y) * k
}

/** @see ONNX MatMul: the product of numpy, with stacks of matrices and with vectors. */
export const matMul = defineOp({
  types: ['MatMul', 'com.microsoft.GemmFastGelu'],
  weights: operands,
  macs: (_, shapes) => matMulMacs(shapes),
})

export const fusedMatMul = defineOp({
  types: ['com.microsoft.FusedMatMul', 'com.microsoft.FusedMatMulActivation', 'com.microsoft.TransposeMatMul'],
  weights: operands,
  macs: (node, shapes) => matMulMacs(shapes, matrixAxes(node, 'A').columns),
})
