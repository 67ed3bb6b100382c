import { type Dim, type DType, dtypeCode, dtypeFromCode, type Shape, type Type } from '../ir/type.js'
import { type TensorTypeMessage, type TypeMessage, toNumber } from './messages.js'

/** The message that a type was read from: written back as it was, with denotations and all. */
const sources = new WeakMap<Type, TypeMessage>()

export function readType(message: TypeMessage | undefined): Type | null {
  if (message === undefined) return null
  const type = parse(message)
  if (type !== null) sources.set(type, message)
  return type
}

/** The type that a ValueInfoProto states, and the rest of it; an empty TypeProto states none and stays with the rest. */
export function splitType<T extends { readonly type?: TypeMessage }>(
  info: T,
): { declared: Type | null; extra: Omit<T, 'type'> } {
  const { type, ...rest } = info
  const declared = readType(type)
  return { declared, extra: declared === null ? info : rest }
}

function parse(message: TypeMessage): Type | null {
  if (message.tensorType) return { kind: 'tensor', ...readTensorType(message.tensorType) }
  if (message.sparseTensorType) return { kind: 'sparse-tensor', ...readTensorType(message.sparseTensorType) }
  if (message.sequenceType) return { kind: 'sequence', element: readType(message.sequenceType.elemType) }
  if (message.optionalType) return { kind: 'optional', element: readType(message.optionalType.elemType) }
  if (message.mapType) {
    return {
      kind: 'map',
      key: dtypeFromCode(message.mapType.keyType ?? 0) ?? null,
      value: readType(message.mapType.valueType),
    }
  }
  return message.opaqueType ? { kind: 'opaque' } : null
}

function readTensorType(message: TensorTypeMessage): { dtype: DType | null; shape: Shape | null } {
  const dims = message.shape ? (message.shape.dim ?? []) : null
  const shape = dims?.map((d): Dim => {
    if (d.dimValue !== undefined) return toNumber(d.dimValue)
    return d.dimParam ? d.dimParam : null
  })
  return { dtype: dtypeFromCode(message.elemType ?? 0) ?? null, shape: shape ?? null }
}

export function writeType(type: Type): TypeMessage {
  const source = sources.get(type)
  if (source) return source
  switch (type.kind) {
    case 'tensor':
      return { tensorType: writeTensorType(type) }
    case 'sparse-tensor':
      return { sparseTensorType: writeTensorType(type) }
    case 'sequence':
      return { sequenceType: type.element === null ? {} : { elemType: writeType(type.element) } }
    case 'optional':
      return { optionalType: type.element === null ? {} : { elemType: writeType(type.element) } }
    case 'map':
      return {
        mapType: {
          ...(type.key === null ? {} : { keyType: dtypeCode(type.key) }),
          ...(type.value === null ? {} : { valueType: writeType(type.value) }),
        },
      }
    case 'opaque':
      return { opaqueType: {} }
  }
}

function writeTensorType(type: { dtype: DType | null; shape: Shape | null }): TensorTypeMessage {
  const dim = type.shape?.map((d) => (d === null ? {} : typeof d === 'number' ? { dimValue: d } : { dimParam: d }))
  return {
    ...(type.dtype === null ? {} : { elemType: dtypeCode(type.dtype) }),
    ...(dim === undefined ? {} : { shape: { dim } }),
  }
}
