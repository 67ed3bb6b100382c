import assert from 'node:assert/strict'
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Rng } from '../../src/data/rng.js'
import { UserError } from '../../src/errors.js'
import { printModel } from '../../src/ir/print.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { encodeToBytes, tensorsOf } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { onnxSchema } from '../support/onnx-schema.js'

const FOLDER = 'fixtures/generated'
const SEEDS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.onnx'))
  .map((name) => ({ name, bytes: readFileSync(join(FOLDER, name)) }))

/** One seed gives one sequence of mutants: what a failure prints can be run again. */
const SEED = 20
const MUTANTS = 4000
/** Enough on a machine that is busy with other things; an idle one is through long before. */
const SECONDS_EACH = 10
/** No mutant may cost more: they have a few kilobytes. */
const SECONDS_A_MUTANT = 2
const MEGABYTES = 300

const below = (rng: Rng, n: number) => Math.min(n - 1, Math.floor(rng.uniform() * n))
const pick = <T>(rng: Rng, all: readonly T[]): T => all[below(rng, all.length)] as T // never asked of an empty list

/** Numbers that lengths, dimensions, types and tags do not expect. */
const EXTREMES = [
  0n,
  1n,
  2n,
  3n,
  127n,
  128n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  -1n,
  -2n,
  -(2n ** 31n),
  -(2n ** 63n),
]

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

const BYTE_EDITS: readonly ((bytes: number[], at: number, rng: Rng, other: Uint8Array) => void)[] = [
  (bytes, at, rng) => bytes.splice(at, 1, (bytes[at] ?? 0) ^ (1 << below(rng, 8))),
  (bytes, at, rng) => bytes.splice(at, 1, pick(rng, [0, 1, 0x7f, 0x80, 0xff, below(rng, 256)])),
  (bytes, at, rng) => bytes.splice(at, 1, ...varint(pick(rng, EXTREMES))),
  (bytes, at, rng) => bytes.splice(at, 0, ...varint(pick(rng, EXTREMES))),
  (bytes, at, rng) => bytes.splice(at, 1 + below(rng, 16)),
  (bytes, at, rng) => bytes.splice(at, 0, ...bytes.slice(at, at + 1 + below(rng, 64))),
  (bytes, at, rng, other) =>
    bytes.splice(at, below(rng, 32), ...other.subarray(below(rng, other.length)).subarray(0, 64)),
  (bytes, at) => bytes.splice(at),
]

function mutateBytes(seed: Uint8Array, rng: Rng): Uint8Array {
  const bytes = [...seed]
  const edits = 1 + below(rng, 3)
  for (let i = 0; i < edits && bytes.length > 0; i++) {
    pick(rng, BYTE_EDITS)(bytes, below(rng, bytes.length), rng, pick(rng, SEEDS).bytes)
  }
  return Uint8Array.from(bytes)
}

type Json = { [key: string]: unknown }
interface Place {
  readonly holder: Json | unknown[]
  readonly key: string | number
}

/** Every field and every element of a list, at any depth. */
function placesIn(value: unknown, places: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return places
  const holder = value as Json | unknown[] // a decoded message or a list
  for (const key of Array.isArray(holder) ? holder.keys() : Object.keys(holder)) {
    places.push({ holder, key })
    placesIn((holder as Json)[key], places)
  }
  return places
}

const valueAt = ({ holder, key }: Place): unknown => (holder as Json)[key]

/** A well-formed file of a senseless model: it passes the scanner and meets everything behind it. */
function mutateMessage(seed: Uint8Array, rng: Rng): Uint8Array {
  const type = MODEL
  const message = type.toObject(type.decode(seed), { longs: String })
  const all = placesIn(message)
  const strings = all.map(valueAt).filter((v): v is string => typeof v === 'string')
  const edits = 1 + below(rng, 3)
  for (let i = 0; i < edits; i++) {
    const place = pick(rng, placesIn(message))
    const { holder, key } = place
    const value = valueAt(place)
    const numeric = typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))
    if (rng.uniform() < 0.15 && !Array.isArray(holder)) delete holder[key]
    else if (numeric)
      (holder as Json)[key] =
        typeof value === 'number' ? Number(BigInt.asIntN(32, pick(rng, EXTREMES))) : String(pick(rng, EXTREMES))
    else if (typeof value === 'string') (holder as Json)[key] = pick(rng, ['', '../x', ...strings])
    else if (value instanceof Uint8Array) (holder as Json)[key] = value.subarray(0, below(rng, value.length + 1))
    else if (Array.isArray(value)) pick(rng, LIST_EDITS)(value, rng)
    else {
      // A message takes the place of another one, at times of another type: what does not fit is left out.
      const other = pick(
        rng,
        all.filter((p) => typeof valueAt(p) === 'object'),
      )
      ;(holder as Json)[key] = structuredClone(valueAt(other))
    }
  }
  try {
    return type.encode(type.fromObject(message)).finish()
  } catch {
    return seed // a message of another type that protobufjs cannot even write
  }
}

const MODEL = onnxSchema().lookupType('onnx.ModelProto')
const LIST_EDITS: readonly ((list: unknown[], rng: Rng) => void)[] = [
  (list) => list.reverse(),
  (list, rng) => list.splice(below(rng, Math.max(1, list.length)), 1),
  (list, rng) => list.push(structuredClone(list[below(rng, Math.max(1, list.length))] ?? [])),
]

describe('Damaged files', () => {
  const inFolder = temporaryFolder()

  before(() => copyFileSync(join(FOLDER, 'external.onnx.data'), inFolder('external.onnx.data')))

  /** @returns whether it was a model all the same: then it can be written, and read again as the same model */
  function survives(bytes: Uint8Array): boolean {
    const path = inFolder('mutant.onnx')
    writeFileSync(path, bytes)
    let file: ReturnType<typeof readModel>
    try {
      file = readModel(path)
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      assert.ok(error.message.includes('mutant.onnx') || error.message.includes(inFolder()), error.message)
      assert.ok(error.suggestions.length > 0, `no remedy: ${error.message}`)
      return false
    }
    const { model, close } = file
    verify(model, 'reading')
    for (const tensor of tensorsOf(model)) for (const chunk of tensor.chunks()) assert.ok(chunk.byteLength > 0)
    const written = encodeToBytes(model)
    skeleton(model.clone().model)
    const text = printModel(model)
    close()

    writeFileSync(path, written)
    const again = readModel(path)
    assert.equal(printModel(again.model), text)
    assert.ok(Buffer.from(encodeToBytes(again.model)).equals(written), 'written twice it differs')
    again.close()
    return true
  }

  const kinds: readonly [title: string, mutate: (seed: Uint8Array, rng: Rng) => Uint8Array, least: number][] = [
    ['in their bytes', mutateBytes, 0.05],
    ['in their meaning', mutateMessage, 0.2],
  ]
  for (const [title, mutate, least] of kinds) {
    it(`${title} are a model or refused, in bounded time and memory`, function () {
      this.timeout(SECONDS_EACH * 1000 + 20_000)
      const start = performance.now()
      const memory = process.memoryUsage().rss
      let [models, refused] = [0, 0]
      for (let i = 0; i < MUTANTS && performance.now() - start < SECONDS_EACH * 1000; i++) {
        const rng = new Rng(SEED * MUTANTS + i)
        const seed = pick(rng, SEEDS)
        const bytes = mutate(seed.bytes, rng)
        const before = performance.now()
        try {
          if (survives(bytes)) models++
          else refused++
        } catch (error) {
          const hex = Buffer.from(bytes).toString('hex')
          throw new Error(`Mutant ${i} of ${seed.name} (${hex.slice(0, 4000)})`, { cause: error })
        }
        assert.ok(performance.now() - before < SECONDS_A_MUTANT * 1000, `mutant ${i} of ${seed.name} took too long`)
      }
      const total = models + refused
      assert.ok(total >= 500, `only ${total} mutants in ${SECONDS_EACH} s`)
      assert.ok(
        models > total * least && refused > total * 0.2,
        `${models} models, ${refused} refused: the test has lost its teeth`,
      )
      const grown = (process.memoryUsage().rss - memory) / 2 ** 20
      assert.ok(grown < MEGABYTES, `${grown.toFixed()} MB more than before`)
    })
  }
})
