import type { Node } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { projectedAttentionMacs } from './attention.js'
import { axisAt, keepAll, positive } from './axis-at.js'
import { convMacs } from './conv.js'
import type { Axis, Coupler } from './coupling.js'
import { gemmOperand } from './gemm.js'
import { matMulMacs } from './matmul.js'
import { defineOp, type NodeShapes, type WeightSpec } from './op.js'
import { recurrentMacs } from './rnn.js'

/** Ops whose weights are stored as integers: they count as weights and have MACs, but nothing can be zeroed in place. */
function quantized(spec: Omit<WeightSpec, 'kind' | 'quantized'>, how: string): WeightSpec {
  return { ...spec, kind: 'weight', quantized: `its weights are stored as ${how}` }
}

const INTEGERS = '8-bit integers'
const BLOCKS = 'blocks of packed codes'

/** Scale and zero point are one for all, those of an axis, or those of blocks along an axis (opset 21). */
export const linearQuantization = defineOp({
  types: ['QuantizeLinear', 'DequantizeLinear', 'com.microsoft.QuantizeLinear', 'com.microsoft.DequantizeLinear'],
  couple: (c) => {
    const x = c.input(0)
    for (const input of [1, 2]) if (c.has(input)) tieParameters(c, x, c.input(input))
    c.output(0, x)
  },
})

function tieParameters(c: Coupler, x: readonly Axis[], parameters: readonly Axis[]): void {
  if (parameters.every(({ size }) => size === 1)) return
  const axis = positive(c, c.node.int('axis', 1), x.length)
  const along = axisAt(c, x, axis)
  if (c.node.int('block_size', 0) === 0) {
    c.tie(along, axisAt(c, parameters, 0))
    return
  }
  keepAll(c, [along, axisAt(c, parameters, axis)], 'blocks of it share a scale')
  for (const [i, other] of parameters.entries()) if (i !== axis) c.tie(other, axisAt(c, x, i))
}

/** Scale and zero point are made of the smallest and the largest of all elements. */
export const dynamicQuantizeLinear = defineOp({
  types: ['DynamicQuantizeLinear'],
  couple: (c) => {
    keepAll(c, c.input(0), 'its scale depends on all elements')
    c.output(0, c.input(0))
    for (const output of [1, 2]) c.output(output, [])
  },
})

/** Sums of codes are not those of what they stand for: where nothing is, there is a zero point. */
const CODES = 'it computes with codes: prune before quantizing'

export const qLinearConv = defineOp({
  types: ['QLinearConv', 'com.microsoft.QLinearConv'],
  weights: () => [quantized({ input: 3, out: 0, in: 1 }, INTEGERS)],
  macs: convMacs(3),
  couple: CODES,
})

export const convInteger = defineOp({
  types: ['ConvInteger'],
  weights: () => [quantized({ input: 1, out: 0, in: 1 }, INTEGERS)],
  macs: convMacs(1),
  couple: CODES,
})

/** As MatMul, A first; where B stands differs with the scales between them. */
function matMul8(b: number): (node: Node) => readonly WeightSpec[] {
  return () => [
    quantized({ input: b, out: -1, in: -2, eitherSide: true }, INTEGERS),
    quantized({ input: 0, out: -2, in: -1, eitherSide: true }, INTEGERS),
  ]
}

export const matMulInteger = defineOp({
  types: [
    'MatMulInteger',
    'com.microsoft.MatMulInteger16',
    'com.microsoft.MatMulIntegerToFloat',
    'com.microsoft.DynamicQuantizeMatMul',
  ],
  weights: matMul8(1),
  macs: (_, shapes) => matMulMacs(shapes),
  couple: CODES,
})

export const qLinearMatMul = defineOp({
  types: ['QLinearMatMul'],
  weights: matMul8(3),
  macs: (_, shapes) => matMulMacs(shapes),
  couple: CODES,
})

export const qGemm = defineOp({
  types: ['com.microsoft.QGemm'],
  weights: (node) => [quantized(gemmOperand(node, 3, 'B'), INTEGERS), quantized(gemmOperand(node, 0, 'A'), INTEGERS)],
  macs: (node, shapes) => {
    const y = shapes.output(0)
    const k = shapes.input(0)?.at(node.int('transA', 0) !== 0 ? 0 : 1)
    return y === null || k === undefined ? null : elementCount(y) * k
  },
  couple: CODES,
})

/** Y[..., N] = A[..., K] * B; the matrix itself is packed, K and N are attributes. */
function packedMacs(node: Node, shapes: NodeShapes): number | null {
  const a = shapes.input(0)
  const n = node.int('N', 0)
  return a === null || n === 0 ? null : elementCount(a) * n
}

/** B [N, blocks, bytes of a block]. */
export const matMulNBits = defineOp({
  types: ['com.microsoft.MatMulNBits'],
  weights: () => [quantized({ input: 1, out: 0, in: 1 }, BLOCKS)],
  macs: packedMacs,
  couple: CODES,
})

/** B is one row of bytes, without axes to speak of. */
export const matMulBnb4 = defineOp({
  types: ['com.microsoft.MatMulBnb4'],
  weights: () => [quantized({ input: 1, out: 0, in: 0 }, BLOCKS)],
  macs: packedMacs,
  couple: CODES,
})

export const gatherBlockQuantized = defineOp({
  types: ['com.microsoft.GatherBlockQuantized'],
  weights: () => [{ ...quantized({ input: 0, out: 0, in: 1 }, BLOCKS), kind: 'embedding' }],
  couple: CODES,
})

export const qAttention = defineOp({
  types: ['com.microsoft.QAttention'],
  weights: () => [quantized({ input: 1, out: 1, in: 0 }, INTEGERS)],
  macs: (node, shapes) => projectedAttentionMacs(node, shapes, 8),
  couple: CODES,
})

/** W [D, I, 4H] and R [D, H, 4H]: transposed against LSTM. */
export const dynamicQuantizeLstm = defineOp({
  types: ['com.microsoft.DynamicQuantizeLSTM'],
  weights: () => [quantized({ input: 1, out: 2, in: 1 }, INTEGERS), quantized({ input: 2, out: 2, in: 1 }, INTEGERS)],
  macs: (_, shapes) => recurrentMacs(shapes),
  couple: CODES,
})

/** As MoE, with scales between the matrices: 2, 5 and 8. Codes of less than a byte are packed along the last axis. */
export const qMoe = defineOp({
  types: ['com.microsoft.QMoE'],
  weights: (node) =>
    [2, 5, 8].filter((input) => node.inputs[input]).map((input) => quantized({ input, out: 1, in: 2 }, BLOCKS)),
  macs: (node, shapes) => {
    const x = shapes.input(0)
    if (x === null) return null
    const codesPerByte = 8 / node.int('expert_weight_bits', 4)
    let perToken = 0
    for (const input of [2, 5, 8]) {
      if (!node.inputs[input]) continue
      const w = shapes.input(input)
      if (w === null) return null
      perToken += elementCount(w.slice(1)) * codesPerByte
    }
    return elementCount(x.slice(0, -1)) * node.int('k', 1) * perToken
  },
  couple: CODES,
})
