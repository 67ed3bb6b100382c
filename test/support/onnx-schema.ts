import protobuf from 'protobufjs'

/**
 * All messages of onnx.proto (IR 14) for protobufjs's own encoder and decoder: a second view on what the product
 * reads and writes, independent of `src/onnx/schema.ts`. Enums are their numbers.
 *
 * @param options.form     `proto3` encodes repeated numbers packed, `unpacked` also the data of tensors a field each
 * @param options.unknown  gives every message fields that no version of ONNX has
 */
export function onnxSchema({ form = 'proto2', unknown = false }: SchemaOptions = {}): protobuf.Root {
  const packed = form === 'proto3' ? '[packed = true]' : ''
  const text = MESSAGES.replaceAll('NUMBERS', packed)
    .replaceAll('BULK', form === 'unpacked' ? '' : '[packed = true]')
    .replaceAll('UNKNOWN', unknown ? UNKNOWN : '')
  return protobuf.parse(`syntax = "proto2"; package onnx; ${text}`).root
}

export interface SchemaOptions {
  readonly form?: 'proto2' | 'proto3' | 'unpacked'
  readonly unknown?: boolean
}

export function encodeWith(root: protobuf.Root, message: object): Uint8Array {
  const type = root.lookupType('onnx.ModelProto')
  const problem = type.verify(message)
  if (problem !== null) throw new Error(problem)
  return type.encode(type.fromObject(message)).finish()
}

export function decodeWith(root: protobuf.Root, bytes: Uint8Array): { readonly [key: string]: unknown } {
  const type = root.lookupType('onnx.ModelProto')
  return type.toObject(type.decode(bytes), { longs: String, bytes: Array })
}

const UNKNOWN =
  'optional int64 future_number = 1001; repeated string future_text = 1002; optional fixed32 future_bits = 20000;'

const MESSAGES = `
message StringStringEntryProto { optional string key = 1; optional string value = 2; UNKNOWN }
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; UNKNOWN }
message DeviceConfigurationProto { optional string name = 1; optional int32 num_devices = 2; repeated string device = 3; UNKNOWN }
message ModelProto {
  optional int64 ir_version = 1; optional string producer_name = 2; optional string producer_version = 3;
  optional string domain = 4; optional int64 model_version = 5; optional string doc_string = 6;
  optional GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14; repeated TrainingInfoProto training_info = 20;
  repeated FunctionProto functions = 25; repeated DeviceConfigurationProto configuration = 26; UNKNOWN
}
message TrainingInfoProto {
  optional GraphProto initialization = 1; optional GraphProto algorithm = 2;
  repeated StringStringEntryProto initialization_binding = 3; repeated StringStringEntryProto update_binding = 4; UNKNOWN
}
message FunctionProto {
  optional string name = 1; repeated string input = 4; repeated string output = 5; repeated string attribute = 6;
  repeated NodeProto node = 7; optional string doc_string = 8; repeated OperatorSetIdProto opset_import = 9;
  optional string domain = 10; repeated AttributeProto attribute_proto = 11; repeated ValueInfoProto value_info = 12;
  optional string overload = 13; repeated StringStringEntryProto metadata_props = 14; UNKNOWN
}
message GraphProto {
  repeated NodeProto node = 1; optional string name = 2; repeated TensorProto initializer = 5;
  optional string doc_string = 10; repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  repeated ValueInfoProto value_info = 13; repeated TensorAnnotation quantization_annotation = 14;
  repeated SparseTensorProto sparse_initializer = 15; repeated StringStringEntryProto metadata_props = 16; UNKNOWN
}
message TensorAnnotation {
  optional string tensor_name = 1; repeated StringStringEntryProto quant_parameter_tensor_names = 2; UNKNOWN
}
message NodeProto {
  repeated string input = 1; repeated string output = 2; optional string name = 3; optional string op_type = 4;
  repeated AttributeProto attribute = 5; optional string doc_string = 6; optional string domain = 7;
  optional string overload = 8; repeated StringStringEntryProto metadata_props = 9;
  repeated NodeDeviceConfigurationProto device_configurations = 10; UNKNOWN
}
message NodeDeviceConfigurationProto {
  optional string configuration_id = 1; repeated ShardingSpecProto sharding_spec = 2;
  optional int32 pipeline_stage = 3; UNKNOWN
}
message ShardingSpecProto {
  optional string tensor_name = 1; repeated int64 device = 2 NUMBERS;
  repeated IntIntListEntryProto index_to_device_group_map = 3; repeated ShardedDimProto sharded_dim = 4; UNKNOWN
}
message IntIntListEntryProto { optional int64 key = 1; repeated int64 value = 2 NUMBERS; UNKNOWN }
message ShardedDimProto { optional int64 axis = 1; repeated SimpleShardedDimProto simple_sharding = 2; UNKNOWN }
message SimpleShardedDimProto {
  oneof dim { int64 dim_value = 1; string dim_param = 2; } optional int64 num_shards = 3; UNKNOWN
}
message AttributeProto {
  optional string name = 1; optional float f = 2; optional int64 i = 3; optional bytes s = 4;
  optional TensorProto t = 5; optional GraphProto g = 6; repeated float floats = 7 NUMBERS;
  repeated int64 ints = 8 NUMBERS; repeated bytes strings = 9; repeated TensorProto tensors = 10;
  repeated GraphProto graphs = 11; optional string doc_string = 13; optional TypeProto tp = 14;
  repeated TypeProto type_protos = 15; optional int32 type = 20; optional string ref_attr_name = 21;
  optional SparseTensorProto sparse_tensor = 22; repeated SparseTensorProto sparse_tensors = 23; UNKNOWN
}
message TensorProto {
  message Segment { optional int64 begin = 1; optional int64 end = 2; UNKNOWN }
  repeated int64 dims = 1 NUMBERS; optional int32 data_type = 2; optional Segment segment = 3;
  repeated float float_data = 4 BULK; repeated int32 int32_data = 5 BULK; repeated bytes string_data = 6;
  repeated int64 int64_data = 7 BULK; optional string name = 8; optional bytes raw_data = 9;
  repeated double double_data = 10 BULK; repeated uint64 uint64_data = 11 BULK; optional string doc_string = 12;
  repeated StringStringEntryProto external_data = 13; optional int32 data_location = 14;
  repeated StringStringEntryProto metadata_props = 16; UNKNOWN
}
message SparseTensorProto {
  optional TensorProto values = 1; optional TensorProto indices = 2; repeated int64 dims = 3 NUMBERS; UNKNOWN
}
message ValueInfoProto {
  optional string name = 1; optional TypeProto type = 2; optional string doc_string = 3;
  repeated StringStringEntryProto metadata_props = 4; UNKNOWN
}
message TypeProto {
  message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; UNKNOWN }
  message Sequence { optional TypeProto elem_type = 1; UNKNOWN }
  message Map { optional int32 key_type = 1; optional TypeProto value_type = 2; UNKNOWN }
  message Opaque { optional string domain = 1; optional string name = 2; UNKNOWN }
  oneof value {
    Tensor tensor_type = 1; Sequence sequence_type = 4; Map map_type = 5;
    Opaque opaque_type = 7; Tensor sparse_tensor_type = 8; Sequence optional_type = 9;
  }
  optional string denotation = 6; UNKNOWN
}
message TensorShapeProto {
  message Dimension {
    oneof value { int64 dim_value = 1; string dim_param = 2; } optional string denotation = 3; UNKNOWN
  }
  repeated Dimension dim = 1; UNKNOWN
}
`
