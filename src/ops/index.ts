import type { Node } from '../ir/graph.js'
import {
  attention,
  attentionByValue,
  groupQueryAttention,
  longformerAttention,
  multiHeadAttention,
  packedAttention,
  projectedAttention,
} from './attention.js'
import { conv, convTranspose } from './conv.js'
import { einsum } from './einsum.js'
import { embedLayerNormalization, gather, torchEmbedding } from './gather.js'
import { gemm } from './gemm.js'
import { fusedMatMul, matMul } from './matmul.js'
import { moe } from './moe.js'
import type { OpDefinition } from './op.js'
import {
  convInteger,
  dynamicQuantizeLstm,
  gatherBlockQuantized,
  matMulBnb4,
  matMulInteger,
  matMulNBits,
  qAttention,
  qGemm,
  qLinearConv,
  qLinearMatMul,
  qMoe,
} from './quantized.js'
import { rnn } from './rnn.js'

/** Every op that the toolkit knows something of. An op that is not here has no weights and no MACs. */
export const ops: readonly OpDefinition[] = [
  conv,
  convTranspose,
  gemm,
  matMul,
  fusedMatMul,
  rnn,
  gather,
  torchEmbedding,
  embedLayerNormalization,
  einsum,
  attention,
  projectedAttention,
  multiHeadAttention,
  groupQueryAttention,
  packedAttention,
  longformerAttention,
  attentionByValue,
  moe,
  qLinearConv,
  convInteger,
  matMulInteger,
  qLinearMatMul,
  qGemm,
  matMulNBits,
  matMulBnb4,
  gatherBlockQuantized,
  qAttention,
  dynamicQuantizeLstm,
  qMoe,
]

const byType = tableOf(ops)

/** @returns undefined for an op without weights and MACs, and for one that nobody knows */
export function opOf(node: Node): OpDefinition | undefined {
  return byType.get(node.type)
}

/** @throws Error when two definitions name the same type */
export function tableOf(definitions: readonly OpDefinition[]): ReadonlyMap<string, OpDefinition> {
  const table = new Map<string, OpDefinition>()
  for (const definition of definitions) {
    for (const type of definition.types) {
      if (table.has(type)) throw new Error(`Op ${type} is defined twice.`)
      table.set(type, definition)
    }
  }
  return table
}
