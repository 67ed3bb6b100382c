import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import type protobuf from 'protobufjs'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { PAYLOAD_FIELD, schema } from '../../src/onnx/schema.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { decodeWith, encodeWith, onnxSchema, type SchemaOptions } from '../support/onnx-schema.js'

const FLOAT = 1
const INT64 = 7
const STRING = 8

const text = (s: string) => Buffer.from(s)
const props = (of: string) => [
  { key: `${of}.key`, value: 'a value' },
  { key: '', value: '' },
]
const floats = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: FLOAT,
  floatData: values,
})
const ints = (name: string, values: readonly number[]) => ({
  name,
  dims: [values.length],
  dataType: INT64,
  int64Data: values,
})
const dims = [
  { dimValue: 2, denotation: 'DATA_BATCH' },
  { dimParam: 'N' },
  { denotation: 'only this' },
  {},
  { dimValue: 0 },
]
const tensorType = { tensorType: { elemType: FLOAT, shape: { dim: dims } }, denotation: 'IMAGE' }
const sparse = (name: string) => ({
  values: { ...floats(name, [1, 2]), metadataProps: props('values'), docString: 'values' },
  indices: { ...ints('', [0, 5]), docString: 'indices' },
  dims: [2, 3],
})
const info = (name: string, type: object) => ({ name, type, docString: `about ${name}`, metadataProps: props(name) })

const TYPES: Readonly<Record<string, object>> = {
  tensor: tensorType,
  'tensor of unknown rank': { tensorType: { elemType: INT64 } },
  'tensor of unknown type': { tensorType: { shape: { dim: [] } } },
  'sparse tensor': { sparseTensorType: { elemType: FLOAT, shape: { dim: dims } }, denotation: 'TENSOR' },
  sequence: { sequenceType: { elemType: tensorType }, denotation: 'sequence' },
  'sequence of anything': { sequenceType: {} },
  optional: { optionalType: { elemType: { sequenceType: { elemType: tensorType } } } },
  map: { mapType: { keyType: STRING, valueType: { mapType: { keyType: INT64, valueType: tensorType } } } },
  'empty map': { mapType: {} },
  opaque: { opaqueType: { domain: 'example', name: 'thing' }, denotation: 'opaque' },
  'empty opaque': { opaqueType: {} },
  nothing: {},
  'denotation alone': { denotation: 'of nothing' },
  'unknown dtype': { tensorType: { elemType: 99, shape: { dim: [] } } },
}

const sharding = [
  {
    configurationId: 'two devices',
    shardingSpec: [
      {
        tensorName: 'x',
        device: [0, -1],
        indexToDeviceGroupMap: [{ key: -1, value: [0, 1] }, {}],
        shardedDim: [
          { axis: 0, simpleSharding: [{ dimValue: 2, numShards: 2 }, { dimParam: 'N', numShards: 1 }, {}] },
          { axis: -1 },
        ],
      },
    ],
    pipelineStage: -1,
  },
  {},
]

/** Each kind of attribute, with and without its type, as a default, empty, and as a reference. */
const attributes = (prefix: string): object[] => [
  { name: 'f', f: 0.1, type: 1, docString: 'a float' },
  { name: 'f.zero', f: 0, type: 1 },
  { name: 'f.left-out', type: 1 },
  { name: 'f.nan', f: Number.NaN, type: 1 },
  { name: 'f.infinite', f: -Infinity, type: 1 },
  { name: 'i', i: -(2 ** 53), type: 2 },
  { name: 'i.left-out', type: 2 },
  { name: 's', s: Buffer.of(0, 255, 128), type: 3 },
  { name: 's.empty', s: Buffer.of(), type: 3 },
  { name: 't', t: { ...floats('of an attribute', [1, 2]), docString: 'a tensor' }, type: 4 },
  { name: 'g', g: body(`${prefix}.g`), type: 5 },
  { name: 'floats', floats: [1, -0, 1e-45], type: 6 },
  { name: 'ints', ints: [0, -1, 300], type: 7 },
  { name: 'ints.empty', type: 7 },
  { name: 'strings', strings: [text('a'), text('')], type: 8 },
  { name: 'tensors', tensors: [floats('one', [1]), ints('two', [])], type: 9 },
  { name: 'graphs', graphs: [body(`${prefix}.g1`), body(`${prefix}.g2`)], type: 10 },
  { name: 'sparse_tensor', sparseTensor: sparse('sparse'), type: 11 },
  { name: 'sparse_tensors', sparseTensors: [sparse('a'), sparse('b')], type: 12 },
  { name: 'tp', tp: TYPES.map, type: 13 },
  { name: 'type_protos', typeProtos: Object.values(TYPES), type: 14 },
  { name: 'type_protos of known types', typeProtos: [TYPES.optional, TYPES.opaque], type: 14 },
  { name: 'untyped', ints: [1, 2] },
  { name: 'nothing at all' },
  { name: 'a type to come', type: 99, i: 3 },
  { name: 'a graph that is not there', type: 5 },
  { name: 'two values', type: 2, i: 3, f: 1.5, floats: [1] },
]

const body = (name: string) => ({
  name,
  node: [{ input: ['x', ''], output: [`${name}.y`], opType: 'Relu' }],
  output: [{ name: `${name}.y` }],
  valueInfo: [info(`${name}.y`, tensorType)],
  docString: 'a body',
  metadataProps: props(name),
  quantizationAnnotation: [{ tensorName: `${name}.y`, quantParameterTensorNames: props('annotation') }],
})

const node = (name: string, more: object = {}) => ({
  input: ['x', '', 'w', ''],
  output: ['', name, ''],
  name,
  opType: 'Everything',
  docString: 'a node',
  domain: 'example',
  overload: 'of two',
  metadataProps: props('node'),
  deviceConfigurations: sharding,
  ...more,
})

const FUNCTION = {
  name: 'Everything',
  domain: 'example',
  overload: 'of two',
  input: ['x', 'w'],
  output: ['y'],
  attribute: ['required'],
  attributeProto: [
    ...attributes('default').filter((a) => !('g' in a || 'graphs' in a)),
    { name: 'body', type: 5, g: body('default') },
  ],
  node: [
    {
      input: ['x', 'w'],
      output: ['y'],
      opType: 'Add',
      attribute: [{ name: 'alpha', refAttrName: 'required', type: 1, docString: 'from the call' }],
    },
  ],
  docString: 'a function',
  opsetImport: [
    { domain: '', version: 21 },
    { domain: 'example', version: 1 },
  ],
  valueInfo: [info('y', tensorType), info('x', tensorType), info('not there', tensorType)],
  metadataProps: props('function'),
}

const MODEL = {
  irVersion: 14,
  producerName: 'a test',
  producerVersion: '',
  domain: 'example',
  modelVersion: 2 ** 40,
  docString: 'everything\nthere is',
  graph: {
    name: 'main',
    node: [
      { input: ['x'], output: ['y'], opType: 'Relu', domain: 'ai.onnx', name: '' },
      node('z', { attribute: attributes('z') }),
      { ...node('last'), input: [], domain: '', overload: '' },
    ],
    initializer: [
      { ...floats('w', [1, 2]), docString: 'weights', metadataProps: props('w') },
      { name: 'raw', dims: [], dataType: FLOAT, rawData: Buffer.of(0, 0, 128, 63), dataLocation: 0 },
      { name: 'texts', dims: [2], dataType: STRING, stringData: [text('a'), Buffer.of(255)] },
      { name: 'empty', dims: [0, 3], dataType: INT64 },
      { name: 'empty raw', dims: [0], dataType: INT64, rawData: Buffer.of(), docString: '' },
    ],
    docString: 'a graph',
    input: [
      info('x', tensorType),
      { name: 'w' },
      ...Object.entries(TYPES).map(([kind, type]) => info(`in: ${kind}`, type)),
    ],
    output: [
      info('y', tensorType),
      info('z', {}),
      { name: 'w' },
      { name: 'last', type: TYPES.sequence },
      info('y', tensorType),
    ],
    valueInfo: [
      info('z', tensorType),
      info('z', TYPES.map ?? {}),
      info('x', tensorType),
      info('w', tensorType),
      info('raw', {}),
      info('nowhere', {}),
    ],
    quantizationAnnotation: [{ tensorName: 'w', quantParameterTensorNames: props('w') }, {}],
    sparseInitializer: [sparse('sparse')],
    metadataProps: props('graph'),
  },
  opsetImport: [{ domain: '', version: 26 }, { domain: 'example', version: 1 }, {}, { domain: 'ai.onnx', version: 26 }],
  metadataProps: props('model'),
  trainingInfo: [
    {
      initialization: {
        name: 'start',
        initializer: [
          floats(
            'w',
            Array.from({ length: 600 }, (_, i) => i),
          ),
        ],
      },
      algorithm: { ...body('step'), initializer: [ints('step', [0])], sparseInitializer: [sparse('s')] },
      initializationBinding: props('initialization'),
      updateBinding: props('update'),
    },
    {},
  ],
  functions: [FUNCTION, { name: 'bare' }, { ...FUNCTION, overload: 'of three', docString: '' }],
  configuration: [{ name: 'two devices', numDevices: 2, device: ['cpu', ''] }, { numDevices: -1 }],
}

/** The same with a future field in every message, the deepest too. */
function withUnknown(type: protobuf.Type, message: unknown): unknown {
  if (Array.isArray(message)) return message.map((item) => withUnknown(type, item))
  if (typeof message !== 'object' || message === null || message instanceof Uint8Array) return message
  const fields = Object.entries(message).map(([name, value]) => {
    const { resolvedType } = type.fields[name]?.resolve() ?? {}
    return [name, resolvedType ? withUnknown(resolvedType as protobuf.Type, value) : value] // the schema has no enums
  })
  return { ...Object.fromEntries(fields), futureNumber: -1, futureText: ['', 'later'], futureBits: 7 }
}

describe('A model with every field of IR 14', () => {
  const inFolder = temporaryFolder()

  const cases: readonly [string, SchemaOptions][] = [
    ['as proto2 writes it', {}],
    ['as proto3 packs its numbers', { form: 'proto3' }],
    ['with fields that no specification knows, at every level', { unknown: true }],
  ]
  for (const [title, options] of cases) {
    it(`comes back byte-identical ${title}`, () => {
      const root = onnxSchema(options)
      const message = options.unknown ? withUnknown(root.lookupType('onnx.ModelProto'), MODEL) : MODEL
      const original = encodeWith(root, message as object) // of an object it makes an object
      writeFileSync(inFolder('model.onnx'), original)

      const { model } = readModel(inFolder('model.onnx'))
      const written = encodeToBytes(model.clone().model)

      verify(model, 'reading')
      assert.deepEqual(decodeWith(root, written), decodeWith(root, original))
      assert.ok(Buffer.from(written).equals(original))
    })
  }

  it('comes back with the same content when an element of bulk data has a field of its own', () => {
    const [root, unpacked] = [onnxSchema(), onnxSchema({ form: 'unpacked' })]
    const original = encodeWith(unpacked, MODEL)
    writeFileSync(inFolder('unpacked.onnx'), original)

    const written = encodeToBytes(readModel(inFolder('unpacked.onnx')).model)

    assert.ok(written.length < original.length)
    assert.deepEqual(decodeWith(root, written), decodeWith(root, original))
  })

  it('packs the numbers of what a pass adds as the rest of the file, and nothing where there are none', () => {
    const root = onnxSchema({ form: 'proto3' })
    const w = { name: 'w', dims: [2], dataType: 2, rawData: Buffer.of(1, 2) }
    writeFileSync(inFolder('packed.onnx'), encodeWith(root, { irVersion: 8, graph: { initializer: [w] } }))
    const { model } = readModel(inFolder('packed.onnx'))
    const [value] = model.main.initializers
    assert.ok(value)
    const expected = (dims: number[], rawData: Buffer) =>
      Buffer.from(encodeWith(root, { irVersion: 8, graph: { initializer: [{ ...w, dims, rawData }] } }))

    model.setConstant(value, new MemoryTensor('uint8', [1, 3], Uint8Array.of(1, 2, 3)))
    assert.deepEqual(Buffer.from(encodeToBytes(model)), expected([1, 3], Buffer.of(1, 2, 3)))
    model.setConstant(value, new MemoryTensor('uint8', [], Uint8Array.of(7)))
    assert.deepEqual(Buffer.from(encodeToBytes(model)), expected([], Buffer.of(7)))
  })

  it('keeps text that is no UTF-8, in names too', () => {
    const root = onnxSchema()
    const name = 'Gew\u00e4hlt \u{1f480}'
    const original = encodeWith(root, {
      irVersion: 8,
      graph: { ...body('b'), name, input: [{ name: 'x' }], docString: name },
    })
    // Two bytes of a letter become one in Latin-1 and a blank; a pair becomes half of it, as some encoders write it.
    const [latin1, half] = [Buffer.from(original), Buffer.from(original)]
    latin1.set([0xe4, 0x20], latin1.indexOf('\u00e4'))
    half.set([0xed, 0xa0, 0x80, 0x20], half.indexOf('\u{1f480}'))

    for (const bytes of [latin1, half]) {
      writeFileSync(inFolder('text.onnx'), bytes)
      assert.ok(Buffer.from(encodeToBytes(readModel(inFolder('text.onnx')).model)).equals(bytes))
    }
  })
})

describe('The schema', () => {
  it('has every field of the specification but the data of tensors, and no other', () => {
    const data = new Set(['floatData', 'int32Data', 'int64Data', 'rawData', 'doubleData', 'uint64Data'])
    const describe = (f: { id: number; name: string; repeated: boolean }, type: string) =>
      `${f.id} ${f.name} ${f.repeated ? '*' : ''}${type}`
    const expected = new Map<string, Set<string>>()
    const visit = (type: protobuf.Type) => {
      const fields = expected.get(type.name) ?? new Set()
      for (const f of type.fieldsArray) if (!data.has(f.name)) fields.add(describe(f, f.type))
      expected.set(type.name, fields)
      for (const inner of type.nestedArray) visit(inner as protobuf.Type) // messages hold messages only
    }
    for (const type of (onnxSchema().get('onnx') as protobuf.Namespace).nestedArray) visit(type as protobuf.Type)
    // Names of nested messages in the specification, and those of the schema, which has no nesting.
    const renamed: Readonly<Record<string, string>> = {
      TensorTypeProto: 'Tensor',
      SequenceTypeProto: 'Sequence',
      MapTypeProto: 'Map',
      OpaqueTypeProto: 'Opaque',
      DimensionProto: 'Dimension',
    }

    const actual = new Map(
      [...schema].map(([name, fields]) => [
        renamed[name] ?? name,
        new Set(
          [...fields.values()].filter((f) => f.id !== PAYLOAD_FIELD).map((f) => describe(f, renamed[f.type] ?? f.type)),
        ),
      ]),
    )

    assert.deepEqual(actual, expected)
  })
})
