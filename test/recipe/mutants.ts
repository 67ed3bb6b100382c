import { Rng } from '../../src/data/rng.js'
import { decodeWith, encodeWith, onnxSchema } from '../support/onnx-schema.js'

const schema = onnxSchema()

/**
 * A damaged copy of a model, the same for the same seed: every second in its bytes, the others in what the bytes mean,
 * so that much of it still makes sense.
 */
export function mutant(bytes: Uint8Array, seed: number): Uint8Array {
  const rng = new Rng(seed)
  if (rng.below(2) === 0) return chosen(BYTE_MUTATIONS, rng)(bytes, rng)
  const message = decodeWith(schema, bytes)
  for (let n = 1 + rng.below(2); n > 0; n--) {
    const places = [...placesIn(message)]
    if (places.length > 0) mutate(chosen(places, rng), chosen(places, rng), rng)
  }
  try {
    return encodeWith(schema, message)
  } catch {
    return BYTE_MUTATIONS[0](bytes, rng) // what ProtoBuf cannot say is no damage that a file can have
  }
}

const BYTE_MUTATIONS = [flipBits, setBytes, truncate, remove, repeat] as const

function chosen<T>(list: readonly T[], rng: Rng): T {
  const item = list[rng.below(list.length)]
  if (item === undefined) throw new RangeError('Nothing to choose from.')
  return item
}

/** A field of a message, or an item of a list. */
interface Place {
  readonly holder: Record<string | number, unknown>
  readonly key: string | number
}

function* placesIn(value: unknown): Iterable<Place> {
  if (typeof value !== 'object' || value === null) return
  // Data of tensors are long lists of numbers, which would drown all the rest.
  if (Array.isArray(value) && typeof value[0] === 'number' && value.length > 8) return
  const holder = value as Place['holder'] // a list as well: its keys are numbers
  for (const [key, inner] of Object.entries(holder)) {
    yield { holder, key }
    yield* placesIn(inner)
  }
}

const NUMBERS = [0, 1, -1, 2, 3, 7, 16, 255, 2 ** 31 - 1, -(2 ** 31)]
const LONGS = ['0', '1', '-1', '4', '1000000', '2147483648', '9223372036854775807', '-9223372036854775808']
const TEXTS = ['', 'x', 'If', 'Loop', 'Gemm', 'Conv', 'Constant', 'nobody', 'ai.onnx', '/etc/passwd', '../up', '\u0000']

/** Takes it out, repeats it, or gives it another value: of its kind, or that of another place. */
function mutate({ holder, key }: Place, other: Place, rng: Rng): void {
  const value = holder[key]
  const list = Array.isArray(holder) ? (holder as unknown[]) : null
  switch (rng.below(4)) {
    case 0:
      if (list) list.splice(Number(key), 1)
      else delete holder[key]
      return
    case 1:
      if (list) list.push(structuredClone(value))
      else if (Array.isArray(value)) value.reverse()
      return
    case 2:
      if (typeof value === typeof other.holder[other.key]) holder[key] = structuredClone(other.holder[other.key])
      return
    default:
      if (typeof value === 'number') holder[key] = chosen(NUMBERS, rng)
      else if (typeof value === 'string') holder[key] = chosen(/^-?\d+$/.test(value) ? LONGS : TEXTS, rng)
  }
}

function flipBits(bytes: Uint8Array, rng: Rng): Uint8Array {
  const copy = bytes.slice()
  const at = rng.below(copy.length)
  copy[at] = (copy[at] ?? 0) ^ (1 << rng.below(8))
  return copy
}

/** Values at the borders of what a varint, a length or a character can be. */
function setBytes(bytes: Uint8Array, rng: Rng): Uint8Array {
  const copy = bytes.slice()
  copy[rng.below(copy.length)] = chosen([0, 1, 0x7f, 0x80, 0xff, 0x2f, 0x22], rng)
  return copy
}

function truncate(bytes: Uint8Array, rng: Rng): Uint8Array {
  return bytes.slice(0, rng.below(bytes.length))
}

function remove(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = rng.below(bytes.length)
  return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + rng.below(8)))
}

function repeat(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = rng.below(bytes.length)
  const part = bytes.subarray(at, at + 1 + rng.below(64))
  return joined(bytes.subarray(0, at), part, part, bytes.subarray(at + part.length))
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
