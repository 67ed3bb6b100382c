import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { axisAt } from './axis-at.js'
import { tieTo } from './broadcast.js'
import { contractEither } from './contract.js'
import type { Coupler } from './coupling.js'
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
  couple: coupleGemm,
  upgrade: { 7: (u) => u.setAttr('broadcast', null) }, // C is always stretched since
})

function coupleGemm(c: Coupler): void {
  const { node } = c
  if (node.op === 'GemmFloat8') c.refuse('its operands may be codes of 8 bits')
  const [a, b] = [gemmOperand(node, 0, 'A'), gemmOperand(node, 1, 'B')]
  const axisOf = ({ input }: WeightSpec, axis: number) => axisAt(c, c.input(input), axis)
  c.tie(axisOf(a, a.in), axisOf(b, b.in))
  contractEither(c, { input: 0, axis: a.in }, { input: 1, axis: b.in })
  const y = [axisOf(a, a.out), axisOf(b, b.out)]
  tieTo(c, 2, y)
  c.output(0, y)
}
