import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { axisAt, positive } from './axis-at.js'
import { broadcast } from './broadcast.js'
import { contractEither, isStored } from './contract.js'
import type { Axis, Coupler } from './coupling.js'
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
  couple: coupleMatMul,
})

export const fusedMatMul = defineOp({
  types: ['com.microsoft.FusedMatMul', 'com.microsoft.FusedMatMulActivation', 'com.microsoft.TransposeMatMul'],
  weights: operands,
  macs: (node, shapes) => matMulMacs(shapes, matrixAxes(node, 'A').columns),
  couple: coupleMatMul,
})

/** The axes of an operand by what they are in the product. A vector has but the one that is summed over. */
interface Operand {
  readonly batch: readonly Axis[]
  readonly own: readonly Axis[]
  readonly summed: Axis
  readonly at: number
}

function coupleMatMul(c: Coupler): void {
  if (c.has(2)) c.refuse('it adds a third operand') // GemmFastGelu
  const [a, b] = [operandOf(c, 0, 'A'), operandOf(c, 1, 'B')]
  c.tie(a.summed, b.summed)
  contractEither(c, { input: 0, axis: a.at }, { input: 1, axis: b.at })
  const batch = broadcast(c, [a.batch, b.batch])
  const heads = batch.at(-1)
  if (heads && !isStored(c.node, 0) && !isStored(c.node, 1)) c.heads(heads)
  c.output(0, [...batch, ...a.own, ...b.own])
}

function operandOf(c: Coupler, input: number, operand: 'A' | 'B'): Operand {
  const axes = c.input(input)
  const [vector] = axes
  if (axes.length === 1 && vector) return { batch: [], own: [], summed: vector, at: 0 }
  const { rows, columns } = matrixAxes(c.node, operand)
  const [summed, own] = operand === 'A' ? [columns, rows] : [rows, columns]
  const [at, ownAt] = [positive(c, summed, axes.length), positive(c, own, axes.length)]
  return {
    batch: axes.filter((_, i) => i !== at && i !== ownAt),
    own: axes.slice(ownAt, ownAt + 1),
    summed: axisAt(c, axes, at),
    at,
  }
}
