import { FileTensor, type Tensor } from '../ir/tensor.js'
import type { Payload } from './scan.js'
import { type Field, schema } from './schema.js'
import { encodeText } from './text.js'

/** A piece of a file to be: bytes, or the data of a tensor, which is only produced when it is written. */
export type Part = Uint8Array | Tensor

export interface Encoded {
  readonly parts: readonly Part[]
  readonly length: number
}

/** Data of a tensor that has no stored form to copy. */
export interface TensorPayload {
  readonly field: number
  readonly length: number
  readonly tensor: Tensor
}

type Message = Readonly<Record<string, unknown>> & {
  readonly payloads?: readonly (Payload | TensorPayload)[]
  readonly $unknowns?: readonly Uint8Array[]
}

/**
 * Encodes a message in the order of its field numbers, unknown fields last, as protobuf's own writers do.
 * The data of tensors stays a part of its own, so that no file is ever whole in memory.
 *
 * @param packed  whether repeated numbers share one field, as in proto3; their data in tensors always do
 */
export function encode(type: string, message: object, packed = false): Encoded {
  const fields = schema.get(type)
  if (!fields) throw new Error(`The schema has no ${type}.`)
  const sink = new PartSink()
  encodeMessage(sink, fields, message as Message, packed) // messages are plain objects keyed by field name
  return sink.finish()
}

function encodeMessage(sink: PartSink, fields: ReadonlyMap<number, Field>, message: Message, packed: boolean): void {
  for (const [id, value] of fieldsInOrder(fields, message)) {
    const field = fields.get(id)
    if (field === undefined)
      encodePayload(sink, value as Payload | TensorPayload) // see fieldsInOrder
    else if (!field.repeated) encodeField(sink, field, value, packed)
    else if (packed && NUMBERS.has(field.type))
      encodePacked(sink, field, value as readonly Numeric[]) // by the schema
    else for (const item of value as Iterable<unknown>) encodeField(sink, field, item, packed)
  }
  for (const bytes of message.$unknowns ?? []) sink.bytes(bytes)
}

/** The payloads of a tensor stand at the numbers of the data fields, which the schema leaves out. */
function fieldsInOrder(fields: ReadonlyMap<number, Field>, message: Message): [number, unknown][] {
  const present: [number, unknown][] = []
  for (const field of fields.values()) {
    const value = message[field.name]
    if (value !== undefined && value !== null && field.name !== 'payloads') present.push([field.id, value])
  }
  if (message.payloads === undefined) return present
  for (const payload of message.payloads) present.push([payload.field, payload])
  return present.sort(([a], [b]) => a - b)
}

function encodePayload(sink: PartSink, payload: Payload | TensorPayload): void {
  sink.varint(payload.field * 8 + 2)
  sink.varint(payload.length)
  if ('tensor' in payload) sink.part(payload.tensor)
  else if (payload.bytes !== null) sink.bytes(payload.bytes)
  else if (payload.range !== null) {
    const { length } = payload
    sink.part(new FileTensor('uint8', [length], { ...payload.range, length }))
  }
}

type Numeric = number | bigint | { readonly low: number; readonly high: number }

/** Types of fields that can be packed, with their wire types. */
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['int32', 0],
  ['int64', 0],
  ['float', 5],
])

function encodeNumber(sink: PartSink, field: Field, value: Numeric): void {
  if (field.type === 'float') sink.float(Number(value))
  else sink.int64(value)
}

function encodePacked(sink: PartSink, field: Field, values: readonly Numeric[]): void {
  if (values.length === 0) return
  const inner = new PartSink()
  for (const value of values) encodeNumber(inner, field, value)
  sink.message(field.id, inner.finish())
}

function encodeField(sink: PartSink, field: Field, value: unknown, packed: boolean): void {
  const wire = NUMBERS.get(field.type)
  if (wire !== undefined) {
    sink.varint(field.id * 8 + wire)
    encodeNumber(sink, field, value as Numeric) // by the schema
    return
  }
  switch (field.type) {
    case 'string':
      sink.delimited(field.id, encodeText(value as string)) // by the schema
      break
    case 'bytes':
      sink.delimited(field.id, value as Uint8Array) // by the schema
      break
    default: {
      if (field.message === null) throw new Error(`Field ${field.name} has the unknown type ${field.type}.`)
      const inner = new PartSink()
      encodeMessage(inner, field.message, value as Message, packed) // by the schema
      sink.message(field.id, inner.finish())
    }
  }
}

const NONE = new Uint8Array(0)

/** Gathers small pieces in blocks; big ones stay parts of their own. */
class PartSink {
  readonly #parts: Part[] = []
  #length = 0
  #block = NONE
  #used = 0

  finish(): Encoded {
    this.#flush()
    return { parts: this.#parts, length: this.#length }
  }

  varint(value: number): void {
    let rest = value
    this.#reserve(10)
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#block[this.#used++] = (rest % 128) | 0x80
    this.#block[this.#used++] = rest
  }

  /** Negative numbers take ten bytes, as two's complement of 64 bits. */
  int64(value: Numeric): void {
    if (typeof value === 'number' && value >= 0) {
      this.varint(value)
      return
    }
    let rest = BigInt.asUintN(
      64,
      typeof value === 'object' ? (BigInt(value.high) << 32n) | BigInt(value.low >>> 0) : BigInt(value),
    )
    this.#reserve(10)
    for (; rest >= 0x80n; rest >>= 7n) this.#block[this.#used++] = Number(rest & 0x7fn) | 0x80
    this.#block[this.#used++] = Number(rest)
  }

  float(value: number): void {
    this.#reserve(4)
    new DataView(this.#block.buffer).setFloat32(this.#used, value, true)
    this.#used += 4
  }

  delimited(id: number, bytes: Uint8Array): void {
    this.varint(id * 8 + 2)
    this.varint(bytes.byteLength)
    this.bytes(bytes)
  }

  message(id: number, { parts, length }: Encoded): void {
    this.varint(id * 8 + 2)
    this.varint(length)
    for (const part of parts) this.part(part)
  }

  part(part: Part): void {
    if (part instanceof Uint8Array) this.bytes(part)
    else if (part.byteLength > 0) this.#whole(part)
  }

  bytes(bytes: Uint8Array): void {
    if (bytes.byteLength > 1 << 16) {
      this.#whole(bytes)
    } else {
      this.#reserve(bytes.byteLength)
      this.#block.set(bytes, this.#used)
      this.#used += bytes.byteLength
    }
  }

  #whole(part: Part): void {
    this.#flush()
    this.#parts.push(part)
    this.#length += part.byteLength
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#block.byteLength) return
    const grown = new Uint8Array(Math.max(64, this.#block.byteLength * 2, this.#used + bytes))
    grown.set(this.#block.subarray(0, this.#used))
    this.#block = grown
  }

  #flush(): void {
    if (this.#used === 0) return
    this.#parts.push(this.#block.subarray(0, this.#used))
    this.#length += this.#used
    this.#block = NONE
    this.#used = 0
  }
}
