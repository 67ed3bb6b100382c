/**
 * What seeing data is worth: one-shot accuracy of the criteria that calibrate beside those that look at weights alone,
 * without recovery. No sample that is learned from is judged on. Prints Markdown; with `--write` it goes into
 * docs/prune.md.
 *
 *     npm run bench:calibrated
 *     npm run bench:calibrated -- --write
 *     npm run bench:calibrated -- --model LeNet-5 --samples 128     one of them, to look at
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
    model: CLASSIFIER,
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
if (flags.write && flags.model !== undefined) throw new RangeError('--write takes the tables of all models.')
const options = flags.samples === undefined ? {} : { samples: flags.samples }
const sections = []
for (const subject of subjectsNamed(SUBJECTS, flags.model)) {
  sections.push((await criteriaTable(subject, VARIANTS, SPARSITIES, { options })).text)
}
const text = sections.join('\n\n')
console.log(text)
if (flags.write) writeIntoDocs('calibrated', text)
