/**
 * How small a pruned model becomes: `mcompress pack` beside gzip, `sparse_initializer`, int8 and the k-means codebooks
 * of onnxsim, on LeNet-300-100 pruned as far as Han et al. 2015 and Guo et al. 2016 prune it, and on 10 million random
 * weights. Prints Markdown; with `--write` it goes into docs/pack.md.
 *
 *     npm run bench:pack
 *     npm run bench:pack -- --write
 *     npm run bench:pack -- --criterion lamp       prunes otherwise than by global magnitude
 *
 * The limits: with palettes of 16 values the file is at least 32, 100 and 27 times smaller than the dense one.
 * Python 3.11 or newer, and the network the first time; the peers stay in `.cache`.
 *
 * @see Han et al. 2015, arXiv:1506.02626 (8.3 % of the weights); Guo et al. 2016, arXiv:1608.04493 (1.8 %)
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { evaluate } from '../src/analysis/evaluate.js'
import { gzipBytes } from '../src/recipe/gzip.js'
import { bigModels, ensureBigModel } from './support/big-model.js'
import { FASHION, writeIntoDocs } from './support/criteria-table.js'
import { mcompress, pack } from './support/mcompress.js'
import { peer } from './support/peers.js'
import { markdownTable } from './support/table.js'
import { verdict } from './support/verdict.js'

interface Subject {
  readonly name: string
  readonly model: () => string | Promise<string>
  readonly sparsity: number
  /** Times that the file packed with 16 values is smaller than the dense one, at least. */
  readonly limit: number
  readonly data: { readonly data: string; readonly batchSize: number }
  readonly metrics: readonly string[]
}

const lenet = {
  model: () => 'fixtures/lenet-300-100.onnx',
  data: { data: FASHION, batchSize: 250 },
  metrics: ['sqnr', 'top1'],
} as const

const SUBJECTS: readonly Subject[] = [
  { name: 'LeNet-300-100', ...lenet, sparsity: 0.917, limit: 32 },
  { name: 'LeNet-300-100', ...lenet, sparsity: 0.982, limit: 100 },
  {
    name: 'MatMul of 10 M weights',
    model: () => ensureBigModel(bigModels.product),
    sparsity: 0.9,
    limit: 27,
    data: { data: 'random?n=32', batchSize: 32 },
    metrics: ['sqnr'],
  },
]

interface Way {
  readonly name: string
  readonly make: (pruned: string, output: string) => void
}

const LIMITED = 'pack --bits 4'

const WAYS: readonly Way[] = [
  { name: 'pruned', make: copyFileSync },
  { name: '`sparse_initializer`', make: (from, to) => peer('pack_sparse.py', [from, to]) },
  { name: 'int8 by channel', make: (from, to) => peer('pack_int8.py', [from, to]) },
  { name: 'onnxsim k-means', make: (from, to) => peer('pack_onnxsim.py', [from, to]) },
  { name: 'pack --lossless', make: (from, to) => pack(from, to, '--lossless') },
  { name: 'pack --bits 8', make: (from, to) => pack(from, to, '--bits', '8') },
  { name: LIMITED, make: (from, to) => pack(from, to, '--bits', '4') },
]

interface Row {
  readonly name: string
  readonly bytes: number
  readonly gzipBytes: number
  /** A fraction; NaN without labels. */
  readonly top1: number
  /** Of the outputs, by those of the pruned model: root mean square. NaN for the dense one. */
  readonly error: number
}

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, criterion: { type: 'string', default: 'magnitude' } },
})
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
const [sections, verdicts]: [string[], string[]] = [[], []]
try {
  for (const subject of SUBJECTS) {
    const rows = await packed(subject)
    sections.push(render(subject, rows))
    const [dense, smallest] = [rows[0]?.bytes ?? Number.NaN, rows.find(({ name }) => name === LIMITED)?.bytes ?? 0]
    const [times, { name, sparsity, limit }] = [dense / smallest, subject]
    const what = `${name} at ${percent(sparsity)} is ${times.toFixed(1)} times smaller, at least ${limit}`
    verdicts.push(verdict(times >= limit, what))
  }
} finally {
  rmSync(folder, { recursive: true })
}
const text = sections.join('\n\n')
console.log(`${text}\n\n${verdicts.join('\n')}`)
if (flags.write) writeIntoDocs('sizes', text, 'docs/pack.md')

async function packed(subject: Subject): Promise<Row[]> {
  const dense = await subject.model()
  const pruned = join(folder, 'input.onnx')
  mcompress('prune', dense, '--sparsity', `${subject.sparsity}`, '--criterion', flags.criterion, '-o', pruned)
  const files = WAYS.map(({ name, make }, i) => {
    const path = join(folder, `${i}.onnx`)
    make(pruned, path)
    console.error(`${subject.name} at ${percent(subject.sparsity)}: ${name}`)
    return { name, path }
  })
  const all = [{ name: 'dense', path: dense }, ...files]
  const models = all.map(({ path }) => ({ path }))
  const reference = { path: pruned }
  const { metrics } = await evaluate({ models, reference, metrics: subject.metrics, ...subject.data })
  const values = (name: string) => metrics.find((metric) => metric.name === name)?.values ?? []
  const [sqnr, top1] = [values('sqnr'), values('top1')]
  const rows: Row[] = []
  for (const [i, { name, path }] of all.entries()) {
    rows.push({
      name,
      bytes: statSync(path).size,
      gzipBytes: await gzipBytes([path]),
      top1: top1[i] ?? Number.NaN,
      error: i === 0 ? Number.NaN : 10 ** (-(sqnr[i] ?? Number.NaN) / 20),
    })
  }
  return rows
}

function render({ name, sparsity }: Subject, rows: readonly Row[]): string {
  const dense = rows[0]?.bytes ?? Number.NaN
  const shown = (value: number, text: string) => (Number.isNaN(value) ? '' : text)
  const cells = rows.map((row) => [
    row.name,
    `${row.bytes}`,
    (dense / row.bytes).toFixed(1),
    `${row.gzipBytes}`,
    (dense / row.gzipBytes).toFixed(1),
    shown(row.top1, `${(100 * row.top1).toFixed(2)} %`),
    shown(row.error, row.error === 0 ? '0' : `${(100 * row.error).toPrecision(2)} %`),
  ])
  return [
    `${name}, ${percent(sparsity)} of the weights pruned, not trained again:`,
    '',
    markdownTable(['', 'bytes', 'times smaller', 'gzip', 'times smaller', 'top-1', 'error of the outputs'], cells),
  ].join('\n')
}

function percent(fraction: number): string {
  return `${+(100 * fraction).toFixed(1)} %`
}
