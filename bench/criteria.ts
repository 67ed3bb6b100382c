/**
 * One-shot accuracy by criterion, scope and sparsity, without recovery: the LeNets on Fashion-MNIST, and PP-OCR's
 * direction classifier on lines of text. Prints Markdown; with `--write` it goes into docs/prune.md.
 *
 *     npm run bench:criteria
 *     npm run bench:criteria -- --write
 *     npm run bench:criteria -- --model LeNet-5        one of them, to look at
 */
import { parseArgs } from 'node:util'
import {
  CLASSIFIER,
  criteriaTable,
  FASHION,
  type Subject,
  subjectsNamed,
  type Variant,
  writeIntoDocs,
} from './support/criteria-table.js'
import { ensureLineSet, lineSets } from './support/line-sets.js'

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

const LENET_SPARSITIES = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95]
const fashion = async () => ({ evaluation: { data: FASHION, batchSize: 250 } })

const SUBJECTS: readonly (Subject & { readonly sparsities: readonly number[] })[] = [
  { name: 'LeNet-300-100', model: 'fixtures/lenet-300-100.onnx', data: fashion, sparsities: LENET_SPARSITIES },
  { name: 'LeNet-5', model: 'fixtures/lenet5.onnx', data: fashion, sparsities: LENET_SPARSITIES },
  {
    name: 'PP-OCR direction classifier',
    model: CLASSIFIER,
    data: async () => ({ evaluation: { data: await ensureLineSet(lineSets.test), batchSize: 50 } }),
    sparsities: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9],
  },
]

const { values: flags } = parseArgs({
  options: { write: { type: 'boolean', default: false }, model: { type: 'string' } },
})
if (flags.write && flags.model !== undefined) throw new RangeError('--write takes the tables of all models.')
const patterns = PATTERNS.map((pattern) => ({
  options: { pattern, ...(pattern.includes(':') ? {} : { sparsity: 0.5 }) },
}))
const sections = []
for (const subject of subjectsNamed(SUBJECTS, flags.model)) {
  const { text, more } = await criteriaTable(subject, VARIANTS, subject.sparsities, { more: patterns })
  const byPattern = PATTERNS.map((pattern, i) => `${pattern} ${more[i]}`)
  sections.push(`${text}\n\nPatterns, by magnitude (blocks at 50 %): ${byPattern.join('; ')}.`)
}
const text = sections.join('\n\n')
console.log(text)
if (flags.write) writeIntoDocs('criteria', text)
