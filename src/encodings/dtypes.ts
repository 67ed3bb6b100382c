import type { DType } from '../ir/type.js'

/** What Gather, ScatterElements and Cast take. bfloat16 only from opset 13 on. */
export const MOVED: readonly DType[] = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
]

/**
 * What Mul and MatMul take, and what constants of are folded. ONNX Runtime has no kernels for those of bfloat16 and of
 * small integers; those of float16 it computes in float32, but in every run.
 */
export const MULTIPLIED: readonly DType[] = ['float32', 'float64', 'int32', 'uint32', 'int64', 'uint64']
