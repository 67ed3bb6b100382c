import { InvalidModelError } from '../errors.js'
import type { FileSource } from '../ir/tensor.js'
import { DATA_FIELDS, type Field, PAYLOAD_FIELD, schema } from './schema.js'

/** The data of one tensor, in the wire form of one of DATA_FIELDS; short ones in memory, long ones where they lie. */
export interface Payload {
  readonly field: number
  readonly length: number
  readonly bytes: Uint8Array | null
  readonly range: { readonly source: FileSource; readonly offset: number } | null
}

export interface Scan {
  /** A ModelProto without the data of tensors; each holds indices into `payloads` instead. */
  readonly message: Uint8Array
  readonly payloads: readonly Payload[]
  /** Whether repeated numbers are packed, as writers of proto3 do it. */
  readonly packed: boolean
}

/** Payloads up to here are read at once: a range costs more than that. */
const INLINE_BYTES = 1024
const WINDOW_BYTES = 1 << 18
/** ONNX Runtime's parser gives up at 100 messages inside one another. */
const MAX_DEPTH = 100
const MAX_FIELD_NUMBER = 2 ** 29 - 1
const DATA_FIELD_NUMBERS: ReadonlySet<number> = new Set(Object.values(DATA_FIELDS))

const Wire = { Varint: 0, Fixed64: 1, Bytes: 2, Fixed32: 5 } as const

/**
 * Walks the wire format of a model file and separates the small part, for the decoder, from the data of
 * tensors, which is not read. Costs a few milliseconds whatever the size of the weights.
 *
 * @throws InvalidModelError for bytes that are no protobuf message of this form
 * @see protobuf.dev, Encoding
 */
export function scan(source: FileSource): Scan {
  const scanner = new Scanner(source)
  const fields = schema.get('ModelProto')
  if (!fields) throw new Error('The schema has no ModelProto.')
  const piece = scanner.message(fields, 'ModelProto', 0, source.size, 0)
  const message = piece === null ? scanner.copy(0, source.size) : Buffer.concat(piece)
  return { message, payloads: scanner.payloads, packed: scanner.packed }
}

class Scanner {
  readonly payloads: MutablePayload[] = []
  packed = false
  readonly #source: FileSource
  #window: Uint8Array = new Uint8Array(0)
  #base = 0

  constructor(source: FileSource) {
    this.#source = source
  }

  /** @returns the message in parts, or null when it can be taken over as it is */
  message(
    fields: ReadonlyMap<number, Field>,
    type: string,
    start: number,
    end: number,
    depth: number,
  ): Uint8Array[] | null {
    if (depth > MAX_DEPTH) throw this.#malformed(start, `messages lie more than ${MAX_DEPTH} deep inside one another`)
    const parts: Uint8Array[] = []
    const taken = type === 'TensorProto' ? new Map<number, MutablePayload>() : null
    let changed = false
    let copied = start
    let at = start
    const replace = (from: number, to: number, replacement: readonly Uint8Array[]) => {
      if (from > copied) parts.push(this.copy(copied, from))
      for (const part of replacement) parts.push(part)
      copied = to
      changed = true
    }
    while (at < end) {
      const tagAt = at
      const tag = this.#varint(at, end)
      const id = Math.floor(tag.value / 8)
      const wire = tag.value % 8
      if (id === 0 || id > MAX_FIELD_NUMBER) throw this.#malformed(tagAt, `a field has number ${id}`)
      const body = this.#field(wire, tag.next, end, tagAt)
      at = body.end
      if (taken !== null && id === PAYLOAD_FIELD) throw this.#malformed(tagAt, 'a tensor has a reserved field')
      if (taken !== null && DATA_FIELD_NUMBERS.has(id)) {
        replace(tagAt, at, this.#take(taken, id, wire, body.start, body.end))
        continue
      }
      const field = fields.get(id)
      if (field && wire !== expectedWire(field)) {
        const packed = field.repeated && wire === Wire.Bytes
        if (!packed) throw this.#malformed(tagAt, `field "${field.name}" of ${type} has wire type ${wire}`)
        this.packed = true
      }
      if (!field?.message) continue
      const inner = this.message(field.message, field.type, body.start, body.end, depth + 1)
      if (inner !== null) {
        const length = inner.reduce((n, part) => n + part.byteLength, 0)
        replace(tagAt, at, [encodeVarint(tag.value), encodeVarint(length), ...inner])
      }
    }
    if (!changed) return null
    if (copied < end) parts.push(this.copy(copied, end))
    return parts
  }

  copy(start: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - start)
    if (bytes.byteLength <= WINDOW_BYTES && bytes.byteLength > 0) {
      this.#load(start, bytes.byteLength)
      bytes.set(this.#window.subarray(start - this.#base, end - this.#base))
    } else {
      this.#source.readSync(bytes, start)
    }
    return bytes
  }

  /** Data may come in several pieces, or an element a field (proto3 writers): the wire form of both is one sequence. */
  #take(taken: Map<number, MutablePayload>, id: number, wire: number, start: number, end: number): Uint8Array[] {
    const expected =
      { [DATA_FIELDS.floatData]: Wire.Fixed32, [DATA_FIELDS.doubleData]: Wire.Fixed64 }[id] ?? Wire.Varint
    if (wire !== Wire.Bytes && (id === DATA_FIELDS.rawData || wire !== expected)) {
      throw this.#malformed(start, `data of a tensor has wire type ${wire}`)
    }
    const known = taken.get(id)
    if (known && id === DATA_FIELDS.rawData) {
      known.replace(start, end - start) // the last one counts, as for every field that is not repeated
      return []
    }
    if (known) {
      known.append(this.copy(start, end))
      return []
    }
    const payload = new MutablePayload(id, this.#source, start, end - start)
    if (end - start <= INLINE_BYTES) payload.set(this.copy(start, end))
    taken.set(id, payload)
    return [encodeVarint(PAYLOAD_FIELD * 8 + Wire.Varint), encodeVarint(this.payloads.push(payload) - 1)]
  }

  #field(wire: number, at: number, end: number, tagAt: number): { start: number; end: number } {
    switch (wire) {
      case Wire.Varint:
        return { start: at, end: this.#varint(at, end).next }
      case Wire.Fixed32:
      case Wire.Fixed64: {
        const next = at + (wire === Wire.Fixed32 ? 4 : 8)
        if (next > end) throw this.#malformed(tagAt, 'it ends in the middle of a number')
        return { start: at, end: next }
      }
      case Wire.Bytes: {
        const length = this.#varint(at, end)
        const next = length.next + length.value
        if (next > end) {
          const missing = `a field of ${length.value} bytes is cut off after ${end - length.next}`
          throw this.#malformed(tagAt, end === this.#source.size ? `the file is truncated: ${missing}` : missing)
        }
        return { start: length.next, end: next }
      }
      default:
        throw this.#malformed(tagAt, `wire type ${wire} does not occur in ONNX`)
    }
  }

  #varint(at: number, end: number): { value: number; next: number } {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++, scale *= 128) {
      if (at + i >= end)
        throw this.#malformed(
          at,
          at + i >= this.#source.size ? 'the file is truncated' : 'a number runs past its message',
        )
      const byte = this.#byte(at + i)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return { value, next: at + i + 1 }
    }
    throw this.#malformed(at, 'a number has more than 10 bytes')
  }

  #byte(at: number): number {
    if (at < this.#base || at >= this.#base + this.#window.byteLength) this.#load(at, 1)
    return this.#window[at - this.#base] as number // loaded just now
  }

  #load(at: number, bytes: number): void {
    if (at >= this.#base && at + bytes <= this.#base + this.#window.byteLength) return
    const size = Math.min(WINDOW_BYTES, this.#source.size - at)
    this.#window = new Uint8Array(size)
    this.#base = at
    this.#source.readSync(this.#window, at)
  }

  #malformed(at: number, what: string): InvalidModelError {
    return new InvalidModelError(`"${this.#source.path}" is no valid ONNX file: ${what} (byte ${at}).`, {
      suggestions: ['Copy or download the file again, completely.'],
    })
  }
}

class MutablePayload implements Payload {
  readonly field: number
  readonly #source: FileSource
  #offset: number
  #length: number
  #bytes: Uint8Array | null = null

  constructor(field: number, source: FileSource, offset: number, length: number) {
    this.field = field
    this.#source = source
    this.#offset = offset
    this.#length = length
  }

  get length(): number {
    return this.#bytes?.byteLength ?? this.#length
  }

  get bytes(): Uint8Array | null {
    return this.#bytes
  }

  get range(): Payload['range'] {
    return this.#bytes === null ? { source: this.#source, offset: this.#offset } : null
  }

  load(): Uint8Array {
    if (this.#bytes === null) {
      this.#bytes = new Uint8Array(this.#length)
      this.#source.readSync(this.#bytes, this.#offset)
    }
    return this.#bytes
  }

  set(bytes: Uint8Array): void {
    this.#bytes = bytes
  }

  append(more: Uint8Array): void {
    const bytes = this.load()
    const spare = bytes.byteOffset + bytes.byteLength + more.byteLength <= bytes.buffer.byteLength
    // Grown by doubling: an element a field means as many calls as elements.
    const buffer = spare ? bytes.buffer : new ArrayBuffer((bytes.byteLength + more.byteLength) * 2)
    const joined = new Uint8Array(buffer, spare ? bytes.byteOffset : 0, bytes.byteLength + more.byteLength)
    if (!spare) joined.set(bytes)
    joined.set(more, bytes.byteLength)
    this.#bytes = joined
  }

  replace(offset: number, length: number): void {
    this.#bytes = null
    this.#offset = offset
    this.#length = length
  }
}

function expectedWire(field: Field): number {
  switch (field.type) {
    case 'int32':
    case 'int64':
    case 'uint32':
      return Wire.Varint
    case 'float':
      return Wire.Fixed32
    default:
      return Wire.Bytes
  }
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}
