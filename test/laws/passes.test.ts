import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { Args, Flags, Parser } from '@oclif/core'
import { fixtures } from '../../fixtures/graphs/index.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import { kebab, outputFlags, passFlags, reportFlags } from '../../src/commands/flags.js'
import { packingFlags } from '../../src/commands/packing.js'
import { label } from '../../src/encodings/index.js'
import { packedIn } from '../../src/encodings/packed.js'
import { DataError, NothingToDoError, UnsupportedModelError, UsageError } from '../../src/errors.js'
import type { Model } from '../../src/ir/graph.js'
import { typeToString } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { passes } from '../../src/passes/index.js'
import type { LearningData, Pass } from '../../src/passes/pass.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { upgradeOpset } from '../../src/rewrites/upgrade-opset.js'
import { samples } from '../encodings/samples.js'
import { outputsOf, type Raw, rewritten, runPass, temporaryFolder } from '../passes/models.js'
import { packedLayers, withPackedWeights } from '../passes/packed-models.js'
import { assertClose } from '../support/ort.js'

/** Options under which a pass is held to its laws; its defaults alone unless told. */
const OPTIONS: Readonly<Record<string, readonly Raw[]>> = {
  prune: [
    {},
    { sparsity: 0.95 },
    { sparsity: 0.8, criterion: 'lamp' },
    { criterion: 'random', scope: 'layer' },
    { sparsity: 0.7, scope: 'row', embeddings: true },
    { pattern: '2:4' },
    { pattern: '1x2' },
    { criterion: 'wanda', pattern: '2:4' },
    { criterion: 'sparsegpt', sparsity: 0.6 },
  ],
  'prune-structured': [
    {},
    { ratio: 0.3, importance: 'l1', scope: 'global', verify: true },
    { targetMacs: 0.7 },
    { ratio: 0.4, importance: 'wanda' },
    { importance: 'random', scope: 'isomorphic', minChannels: 2 },
  ],
  pack: [{}, { lossless: true }, { bits: 4 }, { bits: 2, weigh: 'hessian' }, { bits: 3, rounding: 'gptq' }],
  unpack: [{}],
  simplify: [{}],
  upgrade: [{}],
}

/** Most fixtures are smaller than the nodes that would decode them. */
const LEAST_CHANGED: Readonly<Record<string, number>> = { pack: 3 }

/** What a pass is given where the fixtures themselves have nothing for it; null where that cannot be made of one. */
const PREPARED: Readonly<Record<string, (fixture: Model) => Model | null>> = { unpack: withPackedWeights }

/** A constant that is looked up in a packed one is computed at load, too: next time the two are packed as one. */
const GOES_ON: Readonly<Record<string, string>> = { pack: 'embedding' }

const optionsOf = (pass: Pass): readonly Raw[] => OPTIONS[pass.name] ?? [{}]
const pathOf = (fixture: string) => `fixtures/generated/${fixture}.onnx`
const names = fixtures.filter((f) => f.loads !== false).map((f) => f.name)

interface Case {
  /** Where `before` lies. */
  readonly path: string
  readonly before: Model
  readonly after: Model
  readonly raw: Raw
  readonly fixture: string
}

/** What the pass makes of each fixture with each of its options, where there is something for it to do. */
async function* cases(pass: Pass): AsyncIterable<Case> {
  const known = made.get(pass)
  if (known !== undefined) yield* known
  else {
    const found: Case[] = []
    for (const fixture of names) {
      const given = await prepared(pass, fixture)
      if (given === null) continue
      for (const raw of optionsOf(pass)) {
        const { model: after } = given.before.clone()
        if (await changes(pass, after, raw)) found.push({ ...given, after, raw, fixture })
      }
    }
    made.set(pass, found)
    yield* found
  }
}

const made = new Map<Pass, readonly Case[]>()

async function prepared(
  pass: Pass,
  fixture: string,
): Promise<{ readonly path: string; readonly before: Model } | null> {
  const known = { path: pathOf(fixture), before: readModel(pathOf(fixture)).model }
  const prepare = PREPARED[pass.name]
  if (prepare === undefined) return known
  const made = prepare(known.before)
  const path = folderFor(`${pass.name}-${fixture}.onnx`)
  return made && { path, before: await rewritten(made, path) }
}

async function changes(pass: Pass, model: Model, raw: Raw): Promise<boolean> {
  try {
    await runWithData(pass, model, raw)
    return true
  } catch (error) {
    if (error instanceof NothingToDoError || error instanceof UnsupportedModelError) return false
    // Not every model can be fed with samples side by side, or with numbers.
    if (learns(pass, raw) && (error instanceof DataError || error instanceof UsageError)) return false
    throw error
  }
}

const learns = (pass: Pass, raw: Raw) => (pass.learns?.(makeStep(pass, raw).values) ?? null) !== null

async function runWithData(pass: Pass, model: Model, raw: Raw): Promise<void> {
  const bytesBefore = encodeToBytes(model).byteLength
  const { minOpset = 0 } = pass.traits
  if (model.opset < minOpset) await upgradeOpset(model, minOpset) // as the runner does
  await runPass(pass, model, raw, {
    bytesBefore,
    ...(learns(pass, raw) ? { data: await madeUpData(model) } : {}),
  })
}

const folderFor = temporaryFolder()
let folders = 0

async function madeUpData(model: Model): Promise<LearningData> {
  const { assumed: dims } = await inferShapes(model)
  const folder = folderFor(`learning-${folders++}`)
  await mkdir(folder)
  const unsaid = { limit: null, batchSize: null, label: null, provider: null, threads: null }
  return { data: 'random?n=3', part: 'all', binds: {}, dims, folder, ...unsaid }
}

const describeCase = ({ fixture, raw }: Case) => `${fixture} ${JSON.stringify(raw)}`

function interfaceOf({ main }: Model) {
  return {
    inputs: main.inputs.map((v) => `${v.name}: ${typeToString(v.declared)}`),
    outputs: main.outputs.map((slot) => `${slot.name}: ${typeToString(slot.declared)}`),
  }
}

/** Words as a shell splits them: double quotes keep spaces and stars. */
function wordsOf(commandLine: string): string[] {
  return Array.from(commandLine.matchAll(/"([^"]*)"|(\S+)/g), ([, quoted, plain]) => quoted ?? plain ?? '')
}

for (const pass of passes) {
  describe(`The pass ${pass.name}`, () => {
    const pathIn = temporaryFolder()

    it('changes fixtures with each of the options that it is tested with', async () => {
      const changed = new Map<Raw, number>()
      for await (const { raw } of cases(pass)) changed.set(raw, (changed.get(raw) ?? 0) + 1)
      const least = LEAST_CHANGED[pass.name] ?? 10
      for (const raw of optionsOf(pass)) assert.ok((changed.get(raw) ?? 0) >= least, JSON.stringify(raw))
    }).timeout(180_000) // makes what the others look at

    it('leaves a model whose invariants hold', async () => {
      for await (const { after } of cases(pass)) verify(after, pass.name)
    })

    it('leaves inputs and outputs, their names, order and types', async () => {
      for await (const c of cases(pass)) {
        assert.deepEqual(interfaceOf(c.after), interfaceOf(c.before), describeCase(c))
      }
    })

    it('makes the same bytes in every run', async () => {
      for await (const c of cases(pass)) {
        const { model } = c.before.clone()
        await runWithData(pass, model, c.raw)
        assert.ok(Buffer.from(encodeToBytes(model)).equals(encodeToBytes(c.after)), describeCase(c))
      }
    })

    it('makes a model that ONNX Runtime loads and runs', async () => {
      for await (const c of cases(pass)) {
        const path = pathIn(`${c.fixture}.onnx`)
        await rewritten(c.after, path)
        const is = await outputsOf(path, `${c.fixture}.onnx`)
        const was = await outputsOf(c.path, `${c.fixture}.onnx`)
        const types = (outputs: typeof is) =>
          Object.entries(outputs).map(([name, { dtype, shape }]) => [name, dtype, shape])
        assert.deepEqual(types(is), types(was), describeCase(c))
        if (pass.traits.outputs === 'equal') assertClose(is, was, 1e-5, describeCase(c))
      }
    })

    if (pass.traits.idempotent) {
      it('changes nothing in a second run', async () => {
        for await (const c of cases(pass)) {
          if (GOES_ON[pass.name] === c.fixture) continue
          const { model } = c.after.clone()
          if (await changes(pass, model, c.raw)) {
            assert.ok(Buffer.from(encodeToBytes(model)).equals(encodeToBytes(c.after)), describeCase(c))
          }
        }
      })
    }

    if (pass.traits.packed === 'keeps') {
      it('leaves packed weights packed, however they are', async () => {
        const all = samples([64, 64])
        for (const [i, encoded] of all.entries()) {
          const other = all[(i + 1) % all.length] ?? encoded
          for (const opset of [11, 13]) {
            const model = packedLayers([encoded, other], opset)
            const was = packedIn(model)
            const { byteLength } = encodeToBytes(model)

            await runPass(pass, model)

            verify(model, pass.name)
            const is = packedIn(model)
            const what = (weights: typeof is) =>
              weights.map(({ value, label, tensor }) => [value.name, label, Buffer.from(tensor.read())])
            assert.deepEqual(what(is), what(was), `${label(encoded)} at opset ${opset}`)
            assert.equal(is.length, 2)
            const { byteLength: after } = encodeToBytes(model)
            assert.ok(after <= byteLength + 8, `${label(encoded)}: ${byteLength} -> ${after}`)
          }
        }
      })
    }

    if (pass.traits.bytes === 'never-more') {
      it('makes no model larger', async () => {
        for await (const c of cases(pass)) {
          const [before, after] = [encodeToBytes(c.before).byteLength, encodeToBytes(c.after).byteLength]
          assert.ok(after <= before, `${describeCase(c)}: ${before} -> ${after}`)
        }
      })
    }

    it('says what it is, where it comes from, and what each option means', () => {
      for (const text of [pass.summary, pass.description, pass.source, pass.suffix]) assert.match(text, /\S/)
      assert.doesNotMatch(pass.summary, /\.$/)
      for (const [name, option] of Object.entries(pass.options)) {
        assert.match(name, /^[a-z][a-zA-Z]*$/)
        assert.match(option.summary, /^[A-Z].*\.$/, name)
        assert.equal(option.value === '', option.kind === 'flag', name)
      }
    })

    it('has examples that are understood', async () => {
      assert.ok(pass.examples.length > 0)
      for (const example of pass.examples) {
        const words = wordsOf(example)
        const command = pass.command.split(' ')
        assert.deepEqual(words.slice(0, command.length), command)
        const { flags, args } = await Parser.parse(words.slice(command.length), {
          args: { model: Args.string({ required: true, ignoreStdin: true }) },
          flags: { ...passFlags(pass), ...packingFlags(pass), ...outputFlags, ...reportFlags, data: Flags.string() },
        })
        assert.equal(args.model, 'model.onnx')
        const given = flags as Raw // by the names of flags, which are those of the options in kebab case
        const raw = Object.fromEntries(Object.keys(pass.options).map((name) => [name, given[kebab(name)]]))
        assert.equal(makeStep(pass, raw, (name) => `--${kebab(name)}`).pass, pass)
      }
    })
  })
}
