import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { printModel } from '../../../src/ir/print.js'
import { verify } from '../../../src/ir/verify.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import { topologies } from './generator/index.js'
import { alone, type Case, composition } from './generator/models.js'
import { feedsOf, outputsOf } from './run.js'

const SEEDS = [1, 2, 3, 4]
const COMPOSITIONS = Number(process.env.GENERATED_CASES ?? 100)

describe('Random models', () => {
  it('have topologies of different names, each in the table', async () => {
    const names = topologies.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    assert.ok(names.length > 100, `${names.length}`)
  })

  it('come from every file of the folder', async () => {
    const rest = new Set(['index', 'topology', 'draw', 'layers', 'models'])
    const files = (await readdir('test/laws/structured/generator')).map((file) => file.replace('.ts', ''))
    const index = await readFile('test/laws/structured/generator/index.ts', 'utf8')
    for (const file of files) assert.ok(rest.has(file) || index.includes(`'./${file}.js'`), file)
  })

  it('are the same for the same seed, and others for others', () => {
    const bytes = (seed: number) => Buffer.from(encodeToBytes(composition(seed).model))
    assert.ok(bytes(5).equals(bytes(5)))
    assert.ok(!bytes(5).equals(bytes(6)))
  })

  for (const topology of topologies) {
    it(`with "${topology.name}" run in ONNX Runtime, and their outputs tell their inputs apart`, async () => {
      for (const seed of SEEDS) await assertAlive(alone(topology, seed))
    })
  }

  it('of several topologies run as well', async () => {
    for (let seed = 0; seed < COMPOSITIONS; seed++) await assertAlive(composition(seed))
  }).timeout(60_000 + 100 * COMPOSITIONS)
})

async function assertAlive({ label, model }: Case): Promise<void> {
  try {
    verify(model, label)
    const [one, other] = [await outputsOf(model, feedsOf(model, 1)), await outputsOf(model, feedsOf(model, 2))]
    for (const [name, { data }] of Object.entries(one)) {
      const numbers = Array.from(data, Number)
      assert.ok(numbers.length > 0 && numbers.every(Number.isFinite), `output "${name}" is not finite`)
      const scale = Math.max(...numbers.map(Math.abs))
      assert.ok(scale > 1e-3 && scale < 1e4, `output "${name}" is at most ${scale}`)
      const others = Array.from(other[name]?.data ?? [], Number)
      const apart = Math.max(...numbers.map((x, i) => Math.abs(x - (others[i] ?? 0))))
      assert.ok(apart > 3e-5 * scale, `output "${name}" hardly depends on the inputs: ${apart} of ${scale}`)
    }
  } catch (error) {
    throw new Error(`${label}: ${String(error)}\n${printModel(model)}`, { cause: error })
  }
}
