import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { defineOp, type WeightSpec } from './op.js'

/** Either operand may be the constant; C is a bias. */
export function gemmOperand(node: Node, input: number, operand: 'A' | 'B'): WeightSpec {
  const transposed = node.int(`trans${operand}`, 0) !== 0
  const [rows, columns] = transposed ? [1, 0] : [0, 1]
  const spec = { input, kind: 'weight', eitherSide: true } as const
  return operand === 'A' ? { ...spec, out: rows, in: columns } : { ...spec, out: columns, in: rows }
}

/** With the operand that it is multiplied with. */
function multiplied(node: Node, operand: 'A' | 'B'): WeightSpec {
  const [own, other] = operand === 'A' ? [0, 1] : [1, 0]
  const summed = gemmOperand(node, other, operand === 'A' ? 'B' : 'A').in
  return { ...gemmOperand(node, own, operand), activation: { input: other, over: summed } }
}

/**
 *   Y[M, N] = alpha * A'[M, K] * B'[K, N] + beta * C      MACs = M * N * K
 *
 * @see ONNX Gemm
 */
export const gemm = defineOp({
  types: ['Gemm', 'com.microsoft.FusedGemm', 'com.microsoft.GemmFloat8'],
  weights: (node) => [multiplied(node, 'B'), multiplied(node, 'A')],
  macs: (node, shapes) => {
    const y = shapes.output(0)
    const k = shapes.input(0)?.at(node.int('transA', 0) !== 0 ? 0 : 1)
    return y === null || k === undefined ? null : elementCount(y) * k
  },
  upgrade: { 7: (u) => u.setAttr('broadcast', null) }, // C is always stretched since
})
