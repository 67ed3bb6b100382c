import protobuf from 'protobufjs/light.js'
import { decodeText } from './text.js'

/**
 * The messages of onnx.proto (IR 14), a line a field: number, name, type. A `*` marks a repeated field,
 * `#` a packed one. Bulk data of tensors is not among them: the scanner takes it out (`payloads`).
 *
 * @see onnx.proto of ONNX 1.23; the names are those of the package onnx-proto
 */
const MESSAGES: Readonly<Record<string, string>> = {
  ModelProto: `1 irVersion int64|2 producerName string|3 producerVersion string|4 domain string|5 modelVersion int64
    |6 docString string|7 graph GraphProto|8 opsetImport *OperatorSetIdProto|14 metadataProps *StringStringEntryProto
    |20 trainingInfo *TrainingInfoProto|25 functions *FunctionProto|26 configuration *DeviceConfigurationProto`,
  OperatorSetIdProto: '1 domain string|2 version int64',
  StringStringEntryProto: '1 key string|2 value string',
  DeviceConfigurationProto: '1 name string|2 numDevices int32|3 device *string',
  TrainingInfoProto: `1 initialization GraphProto|2 algorithm GraphProto
    |3 initializationBinding *StringStringEntryProto|4 updateBinding *StringStringEntryProto`,
  FunctionProto: `1 name string|4 input *string|5 output *string|6 attribute *string|7 node *NodeProto|8 docString string
    |9 opsetImport *OperatorSetIdProto|10 domain string|11 attributeProto *AttributeProto|12 valueInfo *ValueInfoProto
    |13 overload string|14 metadataProps *StringStringEntryProto`,
  GraphProto: `1 node *NodeProto|2 name string|5 initializer *TensorProto|10 docString string|11 input *ValueInfoProto
    |12 output *ValueInfoProto|13 valueInfo *ValueInfoProto|14 quantizationAnnotation *TensorAnnotation
    |15 sparseInitializer *SparseTensorProto|16 metadataProps *StringStringEntryProto`,
  TensorAnnotation: '1 tensorName string|2 quantParameterTensorNames *StringStringEntryProto',
  NodeProto: `1 input *string|2 output *string|3 name string|4 opType string|5 attribute *AttributeProto
    |6 docString string|7 domain string|8 overload string|9 metadataProps *StringStringEntryProto
    |10 deviceConfigurations *NodeDeviceConfigurationProto`,
  NodeDeviceConfigurationProto: '1 configurationId string|2 shardingSpec *ShardingSpecProto|3 pipelineStage int32',
  ShardingSpecProto: `1 tensorName string|2 device *int64|3 indexToDeviceGroupMap *IntIntListEntryProto
    |4 shardedDim *ShardedDimProto`,
  IntIntListEntryProto: '1 key int64|2 value *int64',
  ShardedDimProto: '1 axis int64|2 simpleSharding *SimpleShardedDimProto',
  SimpleShardedDimProto: '1 dimValue int64|2 dimParam string|3 numShards int64',
  AttributeProto: `1 name string|2 f float|3 i int64|4 s bytes|5 t TensorProto|6 g GraphProto|7 floats *float
    |8 ints *int64|9 strings *bytes|10 tensors *TensorProto|11 graphs *GraphProto|13 docString string|14 tp TypeProto
    |15 typeProtos *TypeProto|20 type int32|21 refAttrName string|22 sparseTensor SparseTensorProto
    |23 sparseTensors *SparseTensorProto`,
  TensorProto: `1 dims *int64|2 dataType int32|3 segment Segment|6 stringData *bytes|8 name string|12 docString string
    |13 externalData *StringStringEntryProto|14 dataLocation int32|16 metadataProps *StringStringEntryProto
    |19000 payloads *uint32`,
  Segment: '1 begin int64|2 end int64',
  SparseTensorProto: '1 values TensorProto|2 indices TensorProto|3 dims *int64',
  ValueInfoProto: '1 name string|2 type TypeProto|3 docString string|4 metadataProps *StringStringEntryProto',
  TypeProto: `1 tensorType TensorTypeProto|4 sequenceType SequenceTypeProto|5 mapType MapTypeProto|6 denotation string
    |7 opaqueType OpaqueTypeProto|8 sparseTensorType TensorTypeProto|9 optionalType SequenceTypeProto`,
  TensorTypeProto: '1 elemType int32|2 shape TensorShapeProto',
  SequenceTypeProto: '1 elemType TypeProto',
  MapTypeProto: '1 keyType int32|2 valueType TypeProto',
  OpaqueTypeProto: '1 domain string|2 name string',
  TensorShapeProto: '1 dim *DimensionProto',
  DimensionProto: '1 dimValue int64|2 dimParam string|3 denotation string',
}
export type MessageName = string

export interface Field {
  readonly id: number
  readonly name: string
  readonly type: string
  readonly repeated: boolean
  /** The fields of this type, when it is a message. */
  readonly message: ReadonlyMap<number, Field> | null
}

/** Stands in a scanned TensorProto for the data that was left where it lies; no file may hold it (protobuf reserves it). */
export const PAYLOAD_FIELD = 19000

/** The bulk fields of TensorProto, by number: they never reach the decoder. */
export const DATA_FIELDS = {
  floatData: 4,
  int32Data: 5,
  int64Data: 7,
  rawData: 9,
  doubleData: 10,
  uint64Data: 11,
} as const

export const schema: ReadonlyMap<MessageName, ReadonlyMap<number, Field>> = parse()

function parse(): Map<MessageName, Map<number, Field>> {
  const messages = new Map(Object.keys(MESSAGES).map((name) => [name, new Map<number, Field>()]))
  for (const [name, text] of Object.entries(MESSAGES)) {
    for (const line of text.split('|')) {
      const [id, field, type] = line.trim().split(' ') as [string, string, string] // the form of the table above
      const bare = type.replace('*', '')
      const entry = {
        id: Number(id),
        name: field,
        type: bare,
        repeated: bare !== type,
        message: messages.get(bare) ?? null,
      }
      messages.get(name)?.set(entry.id, entry)
    }
  }
  return messages
}

let root: protobuf.Root | undefined

/**
 * Decodes one message into plain objects that hold what the bytes hold and nothing else: no defaults, unknown
 * fields as `$unknowns`, and in tensors the payloads in place of their indices.
 *
 * @throws Error of protobufjs on malformed bytes
 */
export function decodeMessage(type: MessageName, bytes: Uint8Array, payloads: readonly object[]): object {
  root ??= protobuf.Root.fromJSON({
    nested: Object.fromEntries([...schema].map(([name, fields]) => [name, descriptor(fields)])),
  })
  const reader = protobuf.Reader.create(bytes)
  reader.discardUnknown = false
  return plain(fieldsByName(type), root.lookupType(type).decode(reader), payloads)
}

function plain(fields: ReadonlyMap<string, Field>, decoded: object, payloads: readonly object[]): object {
  const message: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(decoded)) {
    if (Array.isArray(value) && value.length === 0) continue // protobufjs has every repeated field, filled or not
    const field = fields.get(name)
    if (name === 'payloads')
      message[name] = (value as number[]).map((index) => payloads[index]) // as the scanner wrote them
    else if (field?.type === 'string')
      message[name] = textOf(value as Uint8Array | Uint8Array[]) // see descriptor
    else if (!field?.message) message[name] = value
    else {
      const inner = fieldsByName(field.type)
      message[name] = Array.isArray(value)
        ? value.map((item) => plain(inner, item, payloads))
        : plain(inner, value, payloads)
    }
  }
  const { $unknowns } = decoded as { $unknowns?: readonly Uint8Array[] } // not enumerable in protobufjs
  if ($unknowns) message.$unknowns = $unknowns
  return message
}

function textOf(value: Uint8Array | Uint8Array[]): string | string[] {
  return Array.isArray(value) ? value.map(decodeText) : decodeText(value)
}

const byName = new Map<MessageName, ReadonlyMap<string, Field>>()

function fieldsByName(type: MessageName): ReadonlyMap<string, Field> {
  let fields = byName.get(type)
  if (fields === undefined) {
    fields = new Map([...(schema.get(type)?.values() ?? [])].map((field) => [field.name, field]))
    byName.set(type, fields)
  }
  return fields
}

function descriptor(fields: ReadonlyMap<number, Field>): protobuf.IType {
  const entries = [...fields.values()].map((field): [string, protobuf.IField] => [
    field.name,
    {
      id: field.id,
      type: field.type === 'string' ? 'bytes' : field.type, // protobufjs would lose what is no UTF-8
      ...(field.repeated ? { rule: 'repeated' } : {}),
    },
  ])
  return { edition: 'proto2', fields: Object.fromEntries(entries) } // proto2: a field that is there and empty is not one that is absent
}
