import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import onnxProto from 'onnx-proto'
import protobuf from 'protobufjs'
import { InvalidModelError, UnsupportedModelError } from '../../src/errors.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { type DType, dtypeBits, dtypeCode, dtypeFromCode } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import { temporaryFolder } from '../support/data-files.js'
import { onnxSchema } from '../support/onnx-schema.js'

type DataField = 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data'

/** By TensorProto.DataType; bits of an element, and the field that holds the type when not in raw_data. */
const TYPES: readonly [code: number, dtype: DType, bits: number, field: DataField][] = [
  [1, 'float32', 32, 'floatData'],
  [2, 'uint8', 8, 'int32Data'],
  [3, 'int8', 8, 'int32Data'],
  [4, 'uint16', 16, 'int32Data'],
  [5, 'int16', 16, 'int32Data'],
  [6, 'int32', 32, 'int32Data'],
  [7, 'int64', 64, 'int64Data'],
  [9, 'bool', 8, 'int32Data'],
  [10, 'float16', 16, 'int32Data'],
  [11, 'float64', 64, 'doubleData'],
  [12, 'uint32', 32, 'uint64Data'],
  [13, 'uint64', 64, 'uint64Data'],
  [14, 'complex64', 64, 'floatData'],
  [15, 'complex128', 128, 'doubleData'],
  [16, 'bfloat16', 16, 'int32Data'],
  [17, 'float8e4m3fn', 8, 'int32Data'],
  [18, 'float8e4m3fnuz', 8, 'int32Data'],
  [19, 'float8e5m2', 8, 'int32Data'],
  [20, 'float8e5m2fnuz', 8, 'int32Data'],
  [21, 'uint4', 4, 'int32Data'],
  [22, 'int4', 4, 'int32Data'],
  [23, 'float4e2m1', 4, 'int32Data'],
  [24, 'float8e8m0', 8, 'int32Data'],
  [25, 'uint2', 2, 'int32Data'],
  [26, 'int2', 2, 'int32Data'],
  [27, 'float6e2m3', 6, 'int32Data'],
  [28, 'float6e3m2', 6, 'int32Data'],
]
const SIGNED: ReadonlySet<DType> = new Set<DType>(['int8', 'int16', 'int32'])

/** Elements by their bits, one after the other, the first in the lowest bits of the first byte. */
function dense(elements: readonly bigint[], bits: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil((elements.length * bits) / 8))
  for (const [i, element] of elements.entries()) {
    const digits = element.toString(2).padStart(bits, '0')
    for (let bit = 0; bit < bits; bit++) {
      const at = i * bits + bit
      if (digits[bits - 1 - bit] === '1') bytes.writeUInt8(bytes.readUInt8(at >> 3) | (1 << (at & 7)), at >> 3)
    }
  }
  return bytes
}

const long = (value: bigint) => ({
  low: Number(BigInt.asIntN(32, value)),
  high: Number(BigInt.asIntN(32, value >> 32n)),
  unsigned: false,
})

/** What stands in the typed field. */
function numbersOf(dtype: DType, bits: number, field: DataField, elements: readonly bigint[]): unknown[] {
  const bytes = dense(elements, bits)
  switch (field) {
    case 'floatData':
      return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
    case 'doubleData':
      return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(i * 8))
    case 'int32Data':
      if (bits === 4 || bits === 2) return [...bytes]
      return elements.map((e) => Number(SIGNED.has(dtype) ? BigInt.asIntN(bits, e) : e))
    default:
      return elements.map(long)
  }
}

/** No signalling NaN: a JavaScript number cannot hold one. */
function arbitraryElement(dtype: DType, bits: number, field: DataField): fc.Arbitrary<bigint> {
  if (dtype === 'bool') return fc.bigInt({ min: 0n, max: 1n })
  if (field !== 'floatData' && field !== 'doubleData') return fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n })
  const wide = field === 'doubleData' ? 64 : 32
  const part = (wide === 64 ? fc.double({ noNaN: true }) : fc.float({ noNaN: true })).map((x) => {
    const view = new DataView(new ArrayBuffer(8))
    if (wide === 64) view.setFloat64(0, x, true)
    else view.setFloat32(0, x, true)
    return view.getBigUint64(0, true)
  })
  const parts = fc.array(part, { minLength: bits / wide, maxLength: bits / wide })
  return parts.map((all) => all.reduce((sum, p, i) => sum | (p << BigInt(i * wide)), 0n))
}

const tensorTypes = {
  packed: onnxSchema().lookupType('onnx.TensorProto'),
  unpacked: onnxSchema({ form: 'unpacked' }).lookupType('onnx.TensorProto'),
}

/** A model of tensors that are given as bytes: several pieces are one message, as protobuf has it. */
function modelOf(...pieces: readonly Uint8Array[]): Uint8Array {
  const graph = protobuf.Writer.create().uint32(42).bytes(Buffer.concat(pieces)).finish()
  return protobuf.Writer.create().uint32(8).int32(8).uint32(58).bytes(graph).finish()
}

function encodeTensor(message: object, form: 'packed' | 'unpacked' = 'packed'): Uint8Array {
  const type = tensorTypes[form]
  return type.encode(type.fromObject(message)).finish()
}

describe('The element types', () => {
  it('have the numbers and the widths of the specification', () => {
    assert.deepEqual(
      TYPES.map(([code]) => [code, dtypeFromCode(code)]),
      TYPES.map(([code, dtype]) => [code, dtype]),
    )
    for (const [code, dtype, bits] of TYPES) assert.deepEqual([dtypeCode(dtype), dtypeBits(dtype)], [code, bits])
    assert.deepEqual([dtypeFromCode(0), dtypeFromCode(8), dtypeFromCode(29)], [undefined, 'string', undefined])
  })
})

describe('The data of a tensor', () => {
  const inFolder = temporaryFolder()

  /** The one tensor of a model, with its bytes: in its file it cannot be read any more. */
  function read(bytes: Uint8Array): { readonly tensor: Tensor; readonly bytes: Buffer } {
    const path = inFolder('model.onnx')
    writeFileSync(path, bytes)
    const { model, close } = readModel(path)
    const [value] = model.main.initializers
    assert.ok(value?.constant)
    const { constant } = value
    const all = constant.read()
    const chunks = Array.from(constant.chunks(272), (chunk) => Buffer.from(chunk)) // each is valid until the next
    assert.ok(Buffer.concat(chunks).equals(all), 'chunks differ')
    if (constant.dtype !== 'string') {
      const half = Math.floor(all.byteLength / 32) * 16
      assert.ok(Buffer.from(constant.readAt(half, all.byteLength - half)).equals(all.subarray(half)), 'readAt differs')
    }
    close()
    return { tensor: constant, bytes: Buffer.from(all) }
  }

  for (const [code, dtype, bits, field] of TYPES) {
    it(`of type ${dtype} is the same from raw_data and ${field}, packed, unpacked and in pieces`, () => {
      const element = arbitraryElement(dtype, bits, field)
      // More than 1 KiB stays in the file.
      const times = fc.constantFrom(1, Math.ceil(9000 / bits))
      fc.assert(
        fc.property(fc.array(element, { maxLength: 9 }), times, (few, count) => {
          const elements = Array.from({ length: count }, () => few).flat()
          const head = { name: 'w', dims: [elements.length], dataType: code }
          const expected = dense(elements, bits)
          const numbers = numbersOf(dtype, bits, field, elements)
          const cut = Math.floor(numbers.length / 3)
          const forms = [
            modelOf(encodeTensor({ ...head, rawData: expected })),
            modelOf(encodeTensor({ ...head, rawData: Buffer.from('earlier') }), encodeTensor({ rawData: expected })),
            modelOf(encodeTensor({ ...head, [field]: numbers })),
            modelOf(encodeTensor({ ...head, [field]: numbers }, 'unpacked')),
            modelOf(
              encodeTensor({ [field]: numbers.slice(0, cut) }),
              encodeTensor({ ...head, [field]: numbers.slice(cut, 2 * cut) }, 'unpacked'),
              encodeTensor({ [field]: numbers.slice(2 * cut) }),
            ),
          ]

          const tensors = forms.map(read)

          for (const [i, { tensor, bytes }] of tensors.entries()) {
            assert.deepEqual([tensor.dtype, tensor.shape], [dtype, [elements.length]])
            assert.ok(bytes.equals(expected), `form ${i}`)
          }
        }),
        { numRuns: 10 },
      )
    })
  }

  it('is what onnx-proto decodes, for the types and fields that it knows', () => {
    const arrays: Readonly<Record<string, (m: protobuf.Message & Record<string, never[]>) => NodeJS.TypedArray>> = {
      float32: (m) => Float32Array.from(m.floatData ?? []),
      complex64: (m) => Float32Array.from(m.floatData ?? []),
      float64: (m) => Float64Array.from(m.doubleData ?? []),
      complex128: (m) => Float64Array.from(m.doubleData ?? []),
      uint8: (m) => Uint8Array.from(m.int32Data ?? []),
      bool: (m) => Uint8Array.from(m.int32Data ?? []),
      int8: (m) => Int8Array.from(m.int32Data ?? []),
      uint16: (m) => Uint16Array.from(m.int32Data ?? []),
      float16: (m) => Uint16Array.from(m.int32Data ?? []),
      bfloat16: (m) => Uint16Array.from(m.int32Data ?? []),
      int16: (m) => Int16Array.from(m.int32Data ?? []),
      int32: (m) => Int32Array.from(m.int32Data ?? []),
      int64: (m) => BigInt64Array.from((m.int64Data ?? []).map(String), BigInt),
      uint32: (m) => Uint32Array.from((m.uint64Data ?? []).map(Number)),
      uint64: (m) => BigUint64Array.from((m.uint64Data ?? []).map(String), BigInt),
    }
    const known = TYPES.filter(([, dtype]) => dtype in arrays)
    assert.equal(known.length, Object.keys(arrays).length)
    for (const [code, dtype, bits, field] of known) {
      fc.assert(
        fc.property(fc.array(arbitraryElement(dtype, bits, field), { maxLength: 20 }), (elements) => {
          const numbers = numbersOf(dtype, bits, field, elements)
          const bytes = encodeTensor({ name: 'w', dims: [elements.length], dataType: code, [field]: numbers })
          const message = onnxProto.onnx.TensorProto.decode(bytes)
          const theirs = arrays[dtype]?.(message as never) // its declarations do not index by name
          assert.ok(theirs)
          assert.ok(Buffer.from(theirs.buffer).equals(read(modelOf(bytes)).bytes), `${dtype} ${elements}`)
        }),
        { numRuns: 8 },
      )
    }
  })

  it('of narrow types may be written as signed bytes', () => {
    const int4 = { name: 'w', dims: [3], dataType: 22, int32Data: [-31, 3] }
    const float8 = { name: 'w', dims: [2], dataType: 17, int32Data: [-1, -128] }
    assert.deepEqual([...read(modelOf(encodeTensor(int4))).bytes], [0xe1, 0x03])
    assert.deepEqual([...read(modelOf(encodeTensor(float8))).bytes], [0xff, 0x80])
  })

  it('of strings is text in any encoding, and empty strings count', () => {
    const strings = [Buffer.from('a'), Buffer.of(), Buffer.of(0xff, 0x00)]
    const { tensor, bytes } = read(modelOf(encodeTensor({ name: 'w', dims: [3, 1], dataType: 8, stringData: strings })))
    assert.deepEqual([...bytes], [0x61, 0xff, 0])
    assert.deepEqual([tensor.dtype, tensor.shape, tensor.byteLength], ['string', [3, 1], 3])
  })

  it('of a scalar and of no elements is there', () => {
    assert.deepEqual([...read(modelOf(encodeTensor({ name: 'w', dataType: 2, rawData: Buffer.of(7) }))).bytes], [7])
    for (const dims of [[0], [3, 0, 2], [2 ** 40, 0]]) {
      const { tensor, bytes } = read(modelOf(encodeTensor({ name: 'w', dims, dataType: 1 })))
      assert.deepEqual([tensor.shape, tensor.byteLength, bytes.length], [dims, 0, 0])
    }
  })

  const refused: readonly [title: string, message: object, text: RegExp, kind?: typeof UnsupportedModelError][] = [
    [
      'fewer bytes than its shape',
      { dims: [3], dataType: 1, rawData: Buffer.alloc(8) },
      /8 bytes, but float32\[3\] needs 12/,
    ],
    [
      'more bytes than its shape',
      { dims: [3], dataType: 1, rawData: Buffer.alloc(16) },
      /16 bytes, but float32\[3\] needs 12/,
    ],
    ['none at all', { dims: [2], dataType: 1 }, /no data, but float32\[2\] needs 8 bytes/],
    ['fewer numbers', { dims: [3], dataType: 7, int64Data: [1, 2] }, /at most 2 numbers, but int64\[3\] needs 3/],
    [
      'fewer numbers of several bytes',
      { dims: [3], dataType: 7, int64Data: [300, 1] },
      /2 numbers, but int64\[3\] needs 3/,
    ],
    ['more numbers', { dims: [1], dataType: 7, int64Data: [1, 2] }, /2 numbers, but int64\[1\] needs 1/],
    [
      'fewer bytes of narrow elements',
      { dims: [5], dataType: 22, int32Data: [1, 2] },
      /2 numbers, but int4\[5\] needs 3/,
    ],
    ['fewer floats', { dims: [3], dataType: 1, floatData: [1, 2] }, /8 bytes, but float32\[3\] needs 12/],
    ['fewer strings', { dims: [2], dataType: 8, stringData: [Buffer.of()] }, /1 strings, but string\[2\] needs 2/],
    [
      'the field of another type',
      { dims: [1], dataType: 6, floatData: [1] },
      /int32 has its data in a field for another type/,
    ],
    ['two fields', { dims: [1], dataType: 1, floatData: [1], rawData: Buffer.alloc(4) }, /in more than one field/],
    ['a negative dimension', { dims: [-1], dataType: 1 }, /the impossible shape \[-1\]/],
    [
      'two negative dimensions',
      { dims: [-1, -2], dataType: 1, rawData: Buffer.alloc(8) },
      /the impossible shape \[-1,-2\]/,
    ],
    ['more elements than there can be', { dims: [2 ** 40, 2 ** 40], dataType: 1 }, /the impossible shape/],
    [
      'more bytes than any memory holds',
      { dims: [2 ** 45], dataType: 7, int64Data: [1] },
      /at most 1 numbers, but int64\[/,
    ],
    [
      'an unknown type',
      { dims: [1], dataType: 99 },
      /data type 99, which ONNX \(IR 14\) does not know/,
      UnsupportedModelError,
    ],
    ['no type', { dims: [1], rawData: Buffer.alloc(4) }, /data type 0/, UnsupportedModelError],
    [
      'segments',
      { dims: [1], dataType: 1, segment: { begin: 0, end: 1 }, floatData: [1] },
      /segments/,
      UnsupportedModelError,
    ],
    [
      'external data of strings',
      { dims: [1], dataType: 8, dataLocation: 1 },
      /String tensor .* cannot lie in external data/,
    ],
  ]
  for (const [title, message, text, kind = InvalidModelError] of refused) {
    it(`is refused with ${title}, naming the tensor and the file`, () => {
      assert.throws(
        () => read(modelOf(encodeTensor({ name: 'fc.weight', ...message }))),
        (error) =>
          error instanceof kind &&
          text.test(error.message) &&
          error.message.includes('"fc.weight" in "') &&
          error.message.includes('model.onnx"') &&
          error.suggestions.length > 0,
      )
    })
  }

  it('is refused when a number is cut off, or has too many bytes', () => {
    const head = encodeTensor({ name: 'w', dims: [1], dataType: 7 })
    const packed = (...bytes: number[]) => Uint8Array.of((7 << 3) | 2, bytes.length, ...bytes)
    assert.throws(() => read(modelOf(head, packed(0x80))), /ends inside a number/)
    assert.throws(() => read(modelOf(head, packed(...Array(10).fill(0x80), 1))), /ends inside a number/)
  })
})
