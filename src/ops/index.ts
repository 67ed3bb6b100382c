import type { Node } from '../ir/graph.js'
import { activation, clip, laterActivation, selu, softmax } from './activation.js'
import {
  attention,
  attentionByValue,
  groupQueryAttention,
  longformerAttention,
  multiHeadAttention,
  packedAttention,
  projectedAttention,
  rotaryEmbedding,
} from './attention.js'
import { col2Im, depthToSpace, spaceToDepth } from './blocks.js'
import { concat } from './concat.js'
import { conv, convTranspose } from './conv.js'
import { dropout } from './dropout.js'
import { einsum } from './einsum.js'
import { arithmetic, cast, castLike, comparison, elementwise, pointwise, pRelu } from './elementwise.js'
import { expand } from './expand.js'
import {
  affine,
  crop,
  dynamicSlice,
  experimental,
  imageScaler,
  parametricSoftplus,
  scale,
  scaledTanh,
} from './experimental.js'
import { embedLayerNormalization, gather, gatherElements, gatherNd, torchEmbedding } from './gather.js'
import { gemm } from './gemm.js'
import { fusedMatMul, matMul } from './matmul.js'
import { moe } from './moe.js'
import {
  batchNormalization,
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  localResponseNormalization,
  lpNormalization,
  meanVarianceNormalization,
  skipLayerNormalization,
} from './norm.js'
import type { OpDefinition } from './op.js'
import { pad } from './pad.js'
import { lpPool, maxUnpool, pool } from './pool.js'
import { centerCropPad, dataDependent, oneHot, reverseSequence, trilu } from './positional.js'
import {
  convInteger,
  dynamicQuantizeLinear,
  dynamicQuantizeLstm,
  gatherBlockQuantized,
  linearQuantization,
  matMulBnb4,
  matMulInteger,
  matMulNBits,
  qAttention,
  qGemm,
  qLinearConv,
  qLinearMatMul,
  qMoe,
} from './quantized.js'
import { argMax, cumulative, reduce, reduceSum } from './reduce.js'
import { flatten, reshape, squeeze, tile, transpose } from './reshape.js'
import { gridSample, maxRoiPool, resize, roiAlign, upsample } from './resize.js'
import { rnn } from './rnn.js'
import { scan } from './scan.js'
import { scatter, scatterElements, scatterNd } from './scatter.js'
import { constantOfShape, positions, shape, size } from './shape.js'
import { dft } from './signal.js'
import { slice } from './slice.js'
import { split } from './split.js'
import { topK } from './top-k.js'

/** Every op that the toolkit knows something of. One that is not here has no weights, no MACs, and the same meaning in all opsets. */
export const ops: readonly OpDefinition[] = [
  conv,
  convTranspose,
  gemm,
  matMul,
  fusedMatMul,
  rnn,
  gather,
  gatherElements,
  gatherNd,
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
  rotaryEmbedding,
  moe,
  linearQuantization,
  dynamicQuantizeLinear,
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
  arithmetic,
  comparison,
  elementwise,
  pointwise,
  cast,
  castLike,
  activation,
  laterActivation,
  pRelu,
  selu,
  clip,
  softmax,
  batchNormalization,
  instanceNormalization,
  meanVarianceNormalization,
  groupNormalization,
  layerNormalization,
  skipLayerNormalization,
  localResponseNormalization,
  lpNormalization,
  dropout,
  pool,
  lpPool,
  maxUnpool,
  concat,
  reshape,
  flatten,
  transpose,
  expand,
  tile,
  squeeze,
  depthToSpace,
  spaceToDepth,
  col2Im,
  shape,
  size,
  constantOfShape,
  positions,
  trilu,
  reverseSequence,
  oneHot,
  centerCropPad,
  dataDependent,
  reduce,
  reduceSum,
  argMax,
  cumulative,
  slice,
  pad,
  split,
  topK,
  scatter,
  scatterElements,
  scatterNd,
  upsample,
  resize,
  roiAlign,
  maxRoiPool,
  gridSample,
  dft,
  scan,
  affine,
  scale,
  imageScaler,
  parametricSoftplus,
  scaledTanh,
  crop,
  dynamicSlice,
  experimental,
]

const byType = tableOf(ops)

/** @returns undefined for an op of which there is nothing to know, and for one that nobody knows */
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
