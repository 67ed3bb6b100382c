// Run by fuzz.test.ts in a process of its own, which a crash inside ONNX Runtime would end: FROM TO, seeds.
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../../src/errors.js'
import { inspect } from '../../src/recipe/inspect.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { runRecipe } from '../../src/recipe/run.js'
import { passOf } from './models.js'
import { mutant } from './mutants.js'

const FIXTURES = 'fixtures/generated'
const OPTIONS = [{}, { pattern: '2:4', embeddings: true }, { criterion: 'lamp' }, { scope: 'row', sparsity: 0.9 }]

const [from = 0, to = 0] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'mcompress-fuzz-'))
const input = join(folder, 'm.onnx')
const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.onnx'))
copyFileSync(join(FIXTURES, 'external.onnx.data'), join(folder, 'external.onnx.data'))
for (let seed = from; seed < to; seed++) {
  const name = names[seed % names.length] ?? ''
  writeFileSync(input, mutant(new Uint8Array(readFileSync(join(FIXTURES, name))), seed))
  const steps = [makeStep(passOf('prune'), OPTIONS[seed % OPTIONS.length])]
  process.stdout.write(`${seed} ${name} `)
  const looked = await outcomeOf(async () => {
    const { before, why } = await inspect({ input, gzip: false, why: true })
    for (const { by, root } of why?.trees ?? []) {
      if (root.bytes !== before.bytes) throw new Error(`By ${by}: ${root.bytes} of ${before.bytes} bytes.`)
    }
  })
  const pruned = await outcomeOf(() => runRecipe({ input, steps, gzip: false, output: join(folder, 'out.onnx') }))
  process.stdout.write(`${looked} ${pruned}\n`)
  const left = readdirSync(folder).filter((file) => file.endsWith('.tmp'))
  if (left.length > 0) throw new Error(`Left behind: ${left.join(', ')}`)
}
rmSync(folder, { recursive: true })

/** The kind of an error that the user can mend; anything else is a bug, with its stack. */
async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'ok'
  } catch (error) {
    if (error instanceof UserError) return error.name
    throw error
  }
}
