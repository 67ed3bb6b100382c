import type { onnx } from 'onnx-proto'
import type { Payload } from './scan.js'

/**
 * The shapes of decoded messages: onnx-proto's, extended by the fields that came after IR 8 and by what the
 * decoder keeps of unknown fields. Fields are absent when the file does not hold them.
 */
interface Kept {
  readonly $unknowns?: readonly Uint8Array[]
}
type Scalars<T> = {
  readonly [K in keyof T as T[K] extends string | number | null | undefined ? K : never]?: NonNullable<T[K]>
}
type Int64 = number | { readonly low: number; readonly high: number } | bigint
export type Entries = readonly { readonly key?: string; readonly value?: string }[]

export interface TensorMessage extends Kept, Scalars<onnx.ITensorProto> {
  readonly dims?: readonly Int64[]
  readonly stringData?: readonly Uint8Array[]
  readonly externalData?: Entries
  readonly metadataProps?: Entries
  /** The bulk data; `attachPayloads` puts it here. */
  readonly payloads?: readonly Payload[]
  readonly dataType?: number
  readonly dataLocation?: number
  readonly segment?: object
}

export interface SparseTensorMessage extends Kept {
  readonly values?: TensorMessage
  readonly indices?: TensorMessage
  readonly dims?: readonly Int64[]
}

export interface TypeMessage extends Kept {
  readonly tensorType?: TensorTypeMessage
  readonly sparseTensorType?: TensorTypeMessage
  readonly sequenceType?: { readonly elemType?: TypeMessage }
  readonly optionalType?: { readonly elemType?: TypeMessage }
  readonly mapType?: { readonly keyType?: number; readonly valueType?: TypeMessage }
  readonly opaqueType?: { readonly domain?: string; readonly name?: string }
  readonly denotation?: string
}

export interface TensorTypeMessage {
  readonly elemType?: number
  readonly shape?: { readonly dim?: readonly { readonly dimValue?: Int64; readonly dimParam?: string }[] }
}

export interface ValueInfoMessage extends Kept, Scalars<onnx.IValueInfoProto> {
  readonly type?: TypeMessage
  readonly metadataProps?: Entries
}

export interface AttributeMessage extends Kept {
  readonly name?: string
  readonly refAttrName?: string
  readonly docString?: string
  readonly type?: number
  readonly f?: number
  readonly i?: Int64
  readonly s?: Uint8Array
  readonly t?: TensorMessage
  readonly g?: GraphMessage
  readonly sparseTensor?: SparseTensorMessage
  readonly tp?: TypeMessage
  readonly floats?: readonly number[]
  readonly ints?: readonly Int64[]
  readonly strings?: readonly Uint8Array[]
  readonly tensors?: readonly TensorMessage[]
  readonly graphs?: readonly GraphMessage[]
  readonly sparseTensors?: readonly SparseTensorMessage[]
  readonly typeProtos?: readonly TypeMessage[]
}

export interface NodeMessage extends Kept, Scalars<onnx.INodeProto> {
  readonly input?: readonly string[]
  readonly output?: readonly string[]
  readonly overload?: string
  readonly attribute?: readonly AttributeMessage[]
}

export interface GraphMessage extends Kept, Scalars<onnx.IGraphProto> {
  readonly node?: readonly NodeMessage[]
  readonly initializer?: readonly TensorMessage[]
  readonly sparseInitializer?: readonly SparseTensorMessage[]
  readonly input?: readonly ValueInfoMessage[]
  readonly output?: readonly ValueInfoMessage[]
  readonly valueInfo?: readonly ValueInfoMessage[]
  readonly quantizationAnnotation?: readonly {
    readonly tensorName?: string
    readonly quantParameterTensorNames?: Entries
  }[]
}

export interface FunctionMessage extends Kept {
  readonly name?: string
  readonly domain?: string
  readonly overload?: string
  readonly input?: readonly string[]
  readonly output?: readonly string[]
  readonly attributeProto?: readonly AttributeMessage[]
  readonly node?: readonly NodeMessage[]
  readonly valueInfo?: readonly ValueInfoMessage[]
  readonly opsetImport?: readonly OpsetMessage[]
}

export interface OpsetMessage {
  readonly domain?: string
  readonly version?: Int64
}

export interface ModelMessage extends Kept, Scalars<onnx.IModelProto> {
  readonly irVersion?: Int64
  readonly graph?: GraphMessage
  readonly functions?: readonly FunctionMessage[]
  readonly opsetImport?: readonly OpsetMessage[]
}

/** protobufjs gives 64-bit integers as pairs of 32 bits. */
export function toBigInt(x: Int64): bigint {
  if (typeof x === 'object') return (BigInt(x.high) << 32n) | BigInt(x.low >>> 0)
  return BigInt(x)
}

/** For sizes and versions; exact below 2^53. */
export function toNumber(x: Int64): number {
  return typeof x === 'object' ? x.high * 2 ** 32 + (x.low >>> 0) : Number(x)
}

/** A text field for a message: left out where it is empty and the file left it out. */
export function textField(key: string, value: string, was: unknown): Readonly<Record<string, string>> {
  return value === '' && was === undefined ? {} : { [key]: value }
}
