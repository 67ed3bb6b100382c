import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contactSheet } from '../../bench/support/contact-sheet.js'
import { ensureLineSet, type LineSet, lineSets, linesOf } from '../../bench/support/line-sets.js'
import { normalized, turned } from '../../bench/support/text-lines.js'
import { openDataset } from '../../src/data/open.js'

const small: LineSet = { ...lineSets.test, name: 'small', count: 10 }
const context = { inputs: [], dims: {}, seed: 0 }

describe('bench/support/line-sets', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'mcompress-line-sets-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('writes an archive of the inputs and labels of its lines, as many turned as upright', async () => {
    const data = await openDataset(await ensureLineSet(small, root), context)

    assert.equal(data.length, 10)
    const [batch, ...more] = await collected(data.batches({ size: 10, last: 'keep' }))
    assert.equal(more.length, 0)
    const { x, label } = batch?.fields ?? {}
    assert.deepEqual([x?.dtype, x?.shape], ['float32', [10, 3, 48, 192]])
    assert.deepEqual(Array.from(label?.data ?? [], Number), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    const lines = await collected(linesOf(small))
    const inputs = lines.flatMap(({ line }) => [...normalized(line, small.size)])
    assert.deepEqual(x?.data, Float32Array.from(inputs))
  })

  it('turns the same lines that it would draw upright', async () => {
    const [set, upright] = [small, { ...small, turning: false }]
    const [lines, others] = [await collected(linesOf(set)), await collected(linesOf(upright))]

    lines.forEach(({ line, label }, i) => {
      const drawn = others[i]?.line
      assert.ok(drawn)
      assert.deepEqual(line, label === 1 ? turned(drawn) : drawn)
    })
  })

  it('has no labels where nothing is turned', async () => {
    const data = await openDataset(await ensureLineSet({ ...lineSets.recognition, count: 2 }, root), context)

    assert.deepEqual(data.fields, { x: { dtype: 'float32', shape: [3, 48, 320] } })
  })

  it('keeps a set that is there, and makes it anew when its parameters change', async () => {
    const path = await ensureLineSet(small, root)
    const [bytes, { mtimeMs }] = [readFileSync(path), statSync(path)]

    assert.equal(await ensureLineSet(small, root), path)
    assert.equal(statSync(path).mtimeMs, mtimeMs)
    await ensureLineSet({ ...small, seed: 5 }, root)
    assert.ok(!readFileSync(path).equals(bytes))
    await ensureLineSet(small, root)
    assert.ok(readFileSync(path).equals(bytes), 'the same set has the same bytes')
  })

  it('makes a set anew when the code has changed', async () => {
    const path = await ensureLineSet(small, root)
    writeFileSync(path, 'of an earlier version')
    writeFileSync(path.replace(/npz$/, 'key'), 'another key')

    await ensureLineSet(small, root)

    assert.ok(statSync(path).size > 4 * 10 * 3 * 48 * 192)
  })

  it('judges and calibrates on different lines', async () => {
    const [test, calibration] = await Promise.all(
      [lineSets.test, lineSets.calibration].map((set) => collected(linesOf({ ...set, count: 8 }))),
    )

    const texts = new Set(test?.map(({ line }) => line.text))
    assert.ok(calibration?.every(({ line }) => !texts.has(line.text)))
  })

  it('shows its lines side by side in a PNG', async () => {
    const { default: sharp } = await import('sharp')

    const { format, width, height } = await sharp(await contactSheet(small)).metadata()

    assert.deepEqual([format, width, height], ['png', 8 + 4 * 200, 8 + 3 * 56])
  })
})

async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
