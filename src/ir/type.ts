/**
 * The element types of ONNX with their number in TensorProto.DataType and their width.
 * @see onnx.proto, TensorProto.DataType (IR 14)
 */
const DTYPES = {
  float32: { code: 1, bits: 32 },
  uint8: { code: 2, bits: 8 },
  int8: { code: 3, bits: 8 },
  uint16: { code: 4, bits: 16 },
  int16: { code: 5, bits: 16 },
  int32: { code: 6, bits: 32 },
  int64: { code: 7, bits: 64 },
  string: { code: 8, bits: 0 },
  bool: { code: 9, bits: 8 },
  float16: { code: 10, bits: 16 },
  float64: { code: 11, bits: 64 },
  uint32: { code: 12, bits: 32 },
  uint64: { code: 13, bits: 64 },
  complex64: { code: 14, bits: 64 },
  complex128: { code: 15, bits: 128 },
  bfloat16: { code: 16, bits: 16 },
  float8e4m3fn: { code: 17, bits: 8 },
  float8e4m3fnuz: { code: 18, bits: 8 },
  float8e5m2: { code: 19, bits: 8 },
  float8e5m2fnuz: { code: 20, bits: 8 },
  uint4: { code: 21, bits: 4 },
  int4: { code: 22, bits: 4 },
  float4e2m1: { code: 23, bits: 4 },
  float8e8m0: { code: 24, bits: 8 },
  uint2: { code: 25, bits: 2 },
  int2: { code: 26, bits: 2 },
  float6e2m3: { code: 27, bits: 6 },
  float6e3m2: { code: 28, bits: 6 },
} as const

export type DType = keyof typeof DTYPES

const BY_CODE = new Map<number, DType>(Object.entries(DTYPES).map(([name, { code }]) => [code, name as DType]))

/** @returns undefined for a number that the specification does not know */
export function dtypeFromCode(code: number): DType | undefined {
  return BY_CODE.get(code)
}

export function isDType(name: string): name is DType {
  return Object.hasOwn(DTYPES, name)
}

export function dtypeCode(dtype: DType): number {
  return DTYPES[dtype].code
}

/** Bits of one element; 0 for strings, which have no fixed width. */
export function dtypeBits(dtype: DType): number {
  return DTYPES[dtype].bits
}

/** Bytes of a dense tensor; types narrower than a byte are packed and padded to a whole byte at the end. */
export function denseBytes(dtype: DType, elements: number): number {
  return Math.ceil((elements * DTYPES[dtype].bits) / 8)
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1)
}

export type Dim = number | string | null
export type Shape = readonly Dim[]

/** The type of a value; `shape: null` is an unknown rank, a `null` dimension is unknown, a string is symbolic. */
export type Type =
  | { readonly kind: 'tensor' | 'sparse-tensor'; readonly dtype: DType | null; readonly shape: Shape | null }
  | { readonly kind: 'sequence' | 'optional'; readonly element: Type | null }
  | { readonly kind: 'map'; readonly key: DType | null; readonly value: Type | null }
  | { readonly kind: 'opaque' }

export function tensorType(dtype: DType, shape: Shape | null): Type {
  return { kind: 'tensor', dtype, shape }
}

/** `float32[N,3,224,224]`, as shown to people. */
export function typeToString(type: Type | null): string {
  if (type === null) return '?'
  switch (type.kind) {
    case 'tensor':
      return `${type.dtype ?? '?'}${shapeToString(type.shape)}`
    case 'sparse-tensor':
      return `sparse ${type.dtype ?? '?'}${shapeToString(type.shape)}`
    case 'sequence':
    case 'optional':
      return `${type.kind}(${typeToString(type.element)})`
    case 'map':
      return `map(${type.key ?? '?'}, ${typeToString(type.value)})`
    case 'opaque':
      return 'opaque'
  }
}

export function shapeToString(shape: Shape | null): string {
  return shape === null ? '[...]' : `[${shape.map((d) => d ?? '?').join(',')}]`
}
