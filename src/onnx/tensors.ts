import { type InvalidModelError, UnsupportedModelError } from '../errors.js'
import { FileTensor, MemoryTensor, StringTensor, type Tensor } from '../ir/tensor.js'
import { type DType, denseBytes, dtypeBits, dtypeFromCode, elementCount } from '../ir/type.js'
import type { ExternalData } from './external-data.js'
import { invalid } from './invalid.js'
import { type SparseTensorMessage, type TensorMessage, toNumber } from './messages.js'
import type { Payload } from './scan.js'
import { DATA_FIELDS } from './schema.js'
import { SparseTensor } from './sparse-tensor.js'

const EXTERNAL = 1

/** How each tensor that came from a file was stored there: it is written back in the same form. */
const stored = new WeakMap<Tensor, TensorMessage | SparseTensorMessage>()

export function storedForm(tensor: Tensor): TensorMessage | SparseTensorMessage | undefined {
  return stored.get(tensor)
}

/** What stays with a tensor when a pass gives it other data. */
export function besidesData(message: TensorMessage): Partial<TensorMessage> {
  const { name, docString, metadataProps, $unknowns } = message
  return {
    ...(name === undefined ? {} : { name }),
    ...(docString === undefined ? {} : { docString }),
    ...(metadataProps ? { metadataProps } : {}),
    ...($unknowns ? { $unknowns } : {}),
  }
}

/**
 * Makes tensors of messages. Data stays in the file wherever its stored form equals the dense form: raw_data,
 * float_data, double_data, external data. The other typed fields are varints and are decoded here.
 */
export class TensorReader {
  readonly #external: ExternalData
  readonly #path: string

  /** @param path  the file, for messages */
  constructor(external: ExternalData, path: string) {
    this.#external = external
    this.#path = path
  }

  /** @throws InvalidModelError, UnsupportedModelError that name the tensor and the file */
  tensor(message: TensorMessage, label: string): Tensor {
    const where = `"${label}" in "${this.#path}"`
    const dtype = dtypeFromCode(message.dataType ?? 0)
    if (dtype === undefined) {
      throw new UnsupportedModelError(
        `Tensor ${where} has data type ${message.dataType ?? 0}, which ONNX (IR 14) does not know.`,
        {
          suggestions: ['Update mcompress if the file is newer; otherwise it is damaged: export or download it again.'],
        },
      )
    }
    if (message.segment !== undefined) {
      throw new UnsupportedModelError(`Tensor ${where} is split into segments, which ONNX Runtime does not read.`, {
        suggestions: ['Store the tensor in one piece.'],
      })
    }
    const shape = readShape(message.dims ?? [], where)
    const tensor = this.#build(dtype, shape, message, where)
    stored.set(tensor, message)
    return tensor
  }

  /** @see onnx.proto, SparseTensorProto: values [NNZ], indices [NNZ] or [NNZ, rank] */
  sparse(message: SparseTensorMessage, label: string): Tensor {
    const where = `"${label}" in "${this.#path}"`
    if (!message.values || !message.indices) throw invalid(`Sparse tensor ${where} lacks its values or indices.`)
    const values = this.tensor(message.values, label)
    const indices = this.tensor(message.indices, `${label} (indices)`)
    const tensor = new SparseTensor(readShape(message.dims ?? [], where), values, indices, where)
    stored.set(tensor, message)
    return tensor
  }

  #build(dtype: DType, shape: readonly number[], message: TensorMessage, where: string): Tensor {
    const elements = elementCount(shape)
    const bytes = denseBytes(dtype, elements)
    if (message.dataLocation === EXTERNAL) {
      if (dtype === 'string') throw invalid(`String tensor ${where} cannot lie in external data.`)
      return new FileTensor(dtype, shape, this.#external.range(where, message.externalData ?? [], bytes))
    }
    if (dtype === 'string') {
      const strings = message.stringData ?? []
      if (strings.length !== elements) throw mismatch(where, dtype, shape, `${strings.length} strings`, `${elements}`)
      return new StringTensor(shape, strings)
    }
    const filled = (message.payloads ?? []).filter((p) => p.length > 0)
    const [payload] = filled
    if (filled.length > 1) throw invalid(`Tensor ${where} has its data in more than one field.`)
    if (!payload) {
      if (bytes > 0) throw mismatch(where, dtype, shape, 'no data', `${bytes} bytes`)
      return new MemoryTensor(dtype, shape, new Uint8Array(0))
    }
    if (payload.field === DATA_FIELDS.rawData || payload.field === DENSE_FIELD[dtype]) {
      if (payload.length !== bytes) throw mismatch(where, dtype, shape, `${payload.length} bytes`, `${bytes}`)
      if (payload.bytes !== null) return new MemoryTensor(dtype, shape, payload.bytes)
      if (payload.range === null) throw new Error('A payload lies neither in memory nor in a file.')
      return new FileTensor(dtype, shape, { ...payload.range, length: payload.length })
    }
    if (payload.field !== VARINT_FIELD[dtype]) {
      throw invalid(`Tensor ${where} of type ${dtype} has its data in a field for another type.`)
    }
    return new MemoryTensor(dtype, shape, decodeVarints(dtype, shape, payloadBytes(payload), where))
  }
}

export function payloadBytes(payload: Payload): Uint8Array {
  if (payload.bytes !== null) return payload.bytes
  const bytes = new Uint8Array(payload.length)
  payload.range?.source.readSync(bytes, payload.range.offset)
  return bytes
}

/** The typed field whose wire form is the dense form. */
const DENSE_FIELD: Partial<Record<DType, number>> = {
  float32: DATA_FIELDS.floatData,
  complex64: DATA_FIELDS.floatData,
  float64: DATA_FIELDS.doubleData,
  complex128: DATA_FIELDS.doubleData,
}

const VARINT_FIELD: Partial<Record<DType, number>> = {
  int64: DATA_FIELDS.int64Data,
  uint32: DATA_FIELDS.uint64Data,
  uint64: DATA_FIELDS.uint64Data,
  ...Object.fromEntries(
    (
      [
        ...['int32', 'int16', 'int8', 'uint16', 'uint8', 'bool', 'float16', 'bfloat16'],
        ...['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0'],
        ...['uint4', 'int4', 'float4e2m1', 'uint2', 'int2', 'float6e2m3', 'float6e3m2'],
      ] as const
    ).map((dtype) => [dtype, DATA_FIELDS.int32Data]),
  ),
}

/** A number of int32_data is one element, or one byte of elements narrower than that; 6-bit ones are packed here. */
function decodeVarints(dtype: DType, shape: readonly number[], wire: Uint8Array, where: string): Uint8Array {
  const elements = elementCount(shape)
  const bits = dtypeBits(dtype)
  const width = Math.max(1, Math.floor(bits / 8)) // bytes that one number fills
  const count = bits === 6 ? elements : denseBytes(dtype, elements) / width
  // A number has at least one byte: a shape that lies must not make us allocate what no data fills.
  if (count > wire.byteLength) throw mismatch(where, dtype, shape, `at most ${wire.byteLength} numbers`, `${count}`)
  const dense = new Uint8Array(count * width)
  let at = 0
  let n = 0
  for (; at < wire.byteLength; n++) {
    const base = n * width
    for (let shift = 0; ; shift += 7) {
      const byte = wire[at++]
      if (byte === undefined || shift > 63) throw invalid(`Data of tensor ${where} ends inside a number.`)
      // The seven bits land in up to two bytes of the element; what is above its width is sign extension.
      const low = shift >> 3
      const spread = (byte & 0x7f) << (shift & 7)
      if (n < count && low < width) dense[base + low] = (dense[base + low] ?? 0) | (spread & 0xff)
      if (n < count && low + 1 < width) dense[base + low + 1] = (dense[base + low + 1] ?? 0) | (spread >> 8)
      if (byte < 0x80) break
    }
  }
  if (n !== count) throw mismatch(where, dtype, shape, `${n} numbers`, `${count}`)
  return bits === 6 ? packSixBits(dense) : dense
}

/** @see onnx.proto: four 6-bit elements in three bytes, least significant bits first */
function packSixBits(elements: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil((elements.length * 6) / 8))
  for (const [i, element] of elements.entries()) {
    const at = (i * 6) >> 3
    const spread = (element & 0x3f) << ((i * 6) & 7)
    packed[at] = (packed[at] ?? 0) | (spread & 0xff)
    if (spread >> 8 !== 0) packed[at + 1] = (packed[at + 1] ?? 0) | (spread >> 8)
  }
  return packed
}

function readShape(dims: NonNullable<TensorMessage['dims']>, where: string): number[] {
  const shape = dims.map(toNumber)
  const elements = elementCount(shape)
  if (shape.some((d) => d < 0) || !Number.isSafeInteger(elements * 16)) {
    throw invalid(`Tensor ${where} has the impossible shape [${shape.join(',')}].`)
  }
  return shape
}

function mismatch(
  where: string,
  dtype: DType,
  shape: readonly number[],
  found: string,
  needed: string,
): InvalidModelError {
  return invalid(`Tensor ${where} holds ${found}, but ${dtype}[${shape.join(',')}] needs ${needed}.`)
}
