import { type Attr, attr } from '../ir/attr.js'
import { MemoryTensor, type Tensor } from '../ir/tensor.js'
import { type DType, dtypeCode, dtypeFromCode, elementCount, type Type } from '../ir/type.js'
import { bytesOf } from '../ir/walk.js'

/** An element type and the one that is put in its place. */
export type Substitutes = ReadonlyMap<DType, DType>

/**
 * ONNX Runtime for Node.js cannot report these as the type of an input or output, and its CPU provider has next to no
 * kernels for them. What stands in goes through the same ops (QuantizeLinear makes 8-bit types only) and has the same shape.
 */
export const UNREPORTED: Substitutes = new Map<DType, DType>([
  ['bfloat16', 'float32'],
  ['float8e4m3fn', 'uint8'],
  ['float8e4m3fnuz', 'uint8'],
  ['float8e5m2', 'uint8'],
  ['float8e5m2fnuz', 'uint8'],
  ['float8e8m0', 'float32'],
  ['float4e2m1', 'uint8'],
  ['float6e2m3', 'uint8'],
  ['float6e3m2', 'uint8'],
  ['uint2', 'uint8'],
  ['int2', 'int8'],
])

/** For a second attempt: many CPU kernels, Conv's among them, do not take float64. */
export const WITHOUT_FLOAT64: Substitutes = new Map<DType, DType>([...UNREPORTED, ['float64', 'float32']])

/** Attributes that name an element type by its number. */
const DTYPE_ATTRIBUTES: ReadonlySet<string> = new Set(['to', 'dtype', 'output_dtype', 'softmax_precision'])

/** @returns the attribute itself when it names none of the types */
export function substituteAttr(name: string, a: Attr, substitutes: Substitutes): Attr {
  if (a.kind === 'tensor') {
    const tensor = substituteTensor(a.value, substitutes)
    return tensor === a.value ? a : attr.tensor(tensor)
  }
  if (a.kind !== 'int' || !DTYPE_ATTRIBUTES.has(name)) return a
  const dtype = dtypeFromCode(Number(a.value))
  const substitute = dtype && substitutes.get(dtype)
  return substitute === undefined ? a : attr.int(dtypeCode(substitute))
}

export function substituteType(type: Type, substitutes: Substitutes): Type {
  if (type.kind !== 'tensor' || type.dtype === null) return type
  const dtype = substitutes.get(type.dtype)
  return dtype === undefined ? type : { ...type, dtype }
}

/** The values too, where shapes may hang on them: those of bfloat16 and float64. Codes become zeros. */
export function substituteTensor(tensor: Tensor, substitutes: Substitutes): Tensor {
  const dtype = substitutes.get(tensor.dtype)
  return dtype === undefined ? tensor : new MemoryTensor(dtype, tensor.shape, bytesOf(valuesOf(tensor, dtype)))
}

function valuesOf(tensor: Tensor, dtype: DType): NodeJS.TypedArray {
  const { buffer } = tensor.read()
  if (tensor.dtype === 'float64') return Float32Array.from(new Float64Array(buffer))
  if (tensor.dtype === 'bfloat16') return Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16)
  const elements = elementCount(tensor.shape)
  return dtype === 'float32' ? new Float32Array(elements) : new Uint8Array(elements)
}
