import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluate } from '../src/analysis/evaluate.js'
import { readModel } from '../src/onnx/read.js'
import { encodeModel, writeFile } from '../src/onnx/write.js'
import { findPass } from '../src/passes/index.js'
import { makeStep } from '../src/recipe/recipe.js'

/**
 * One-shot accuracy of the LeNet fixtures at 50 to 95 % for each criterion and scope, on the whole held-out test
 * set. Prints Markdown; with `--write` it goes into docs/prune.md.
 */
const MODELS = { 'LeNet-300-100': 'fixtures/lenet-300-100.onnx', 'LeNet-5': 'fixtures/lenet5.onnx' }
const DATA = 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz,fixtures/fashion-mnist/t10k-labels-idx1-ubyte.gz'
const SPARSITIES = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
const VARIANTS = [
  { criterion: 'magnitude', scope: 'global' },
  { criterion: 'magnitude', scope: 'layer' },
  { criterion: 'magnitude', scope: 'row' },
  { criterion: 'lamp', scope: 'global' },
  { criterion: 'random', scope: 'global' },
  { criterion: 'random', scope: 'layer' },
  { criterion: 'random', scope: 'row' },
]
const PATTERNS = ['2:4', '4:8', '1:4', '4x1', '16x16']

const folder = mkdtempSync(join(tmpdir(), 'criteria-'))
try {
  const text = (await Promise.all(Object.entries(MODELS).map(([name, path]) => section(name, path)))).join('\n\n')
  process.stdout.write(`${text}\n`)
  if (process.argv.includes('--write')) {
    const page = readFileSync('docs/prune.md', 'utf8')
    const marks = /(<!-- criteria: [^>]*-->\n)[\s\S]*?(<!-- end criteria -->)/
    writeFileSync(
      'docs/prune.md',
      page.replace(marks, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`),
    )
  }
} finally {
  rmSync(folder, { recursive: true })
}

async function section(name: string, path: string): Promise<string> {
  const rows = VARIANTS.map((v) => ({
    label: [v.criterion, v.scope],
    options: SPARSITIES.map((sparsity) => ({ ...v, sparsity })),
  }))
  const patterns = PATTERNS.map((pattern) => ({ pattern, ...(pattern.includes(':') ? {} : { sparsity: 0.5 }) }))
  const all = [...rows.flatMap((row) => row.options), ...patterns]
  const files = []
  for (const [i, options] of all.entries()) files.push({ path: await pruned(path, options, `${name}-${i}`) })
  const { metrics } = await evaluate({ models: [{ path }, ...files], data: DATA, metrics: ['top1'], batchSize: 250 })
  const [dense, ...values] = (metrics[0]?.values ?? []).map((v) => (v === null ? '-' : (v * 100).toFixed(2)))
  const head = ['criterion', 'scope', ...SPARSITIES.map((s) => `${s * 100} %`)]
  const body = rows.map(({ label }, r) => [
    ...label,
    ...values.slice(r * SPARSITIES.length, (r + 1) * SPARSITIES.length),
  ])
  const rest = patterns.map(({ pattern }, i) => `${pattern} ${values[rows.length * SPARSITIES.length + i]}`)
  return [
    `${name}, top-1 in %, dense ${dense}, pruned in one shot, no recovery:`,
    '',
    ...[head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `Patterns, by magnitude (blocks at 50 %): ${rest.join('; ')}.`,
  ].join('\n')
}

async function pruned(path: string, options: Readonly<Record<string, unknown>>, name: string): Promise<string> {
  const pass = findPass('prune')
  if (pass === undefined) throw new Error('There is no pass prune.')
  const { model } = readModel(path).model.clone()
  const { run } = await pass.load()
  await run(model, makeStep(pass, options, (option) => option).values, { seed: 0 })
  const target = join(folder, `${name}.onnx`)
  await writeFile(target, encodeModel(model))
  return target
}
