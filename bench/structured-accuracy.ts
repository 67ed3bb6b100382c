/**
 * What recovery is worth: accuracy of structured pruning on LeNet-5 and PP-OCR's direction classifier without and with
 * it, by ratio and importance. No sample that is learned from is judged on.
 *
 *     npm run bench:structured-accuracy
 *     npm run bench:structured-accuracy -- --model LeNet-5 --ratio 0.3      one of them, to look at
 */
import { parseArgs } from 'node:util'
import { accuracies } from './support/accuracy.js'
import { CLASSIFIER, FASHION, type Subject, subjectsNamed } from './support/criteria-table.js'
import { ensureLineSet, lineSets } from './support/line-sets.js'
import { markdownTable } from './support/table.js'
import { verdict } from './support/verdict.js'

const RATIOS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
const IMPORTANCES = ['l2', 'wanda']
const WAYS = ['none', 'absorb', 'refit', 'auto']
/** At this ratio recovery has to leave at most a third of what is lost without it. */
const LIMIT = { ratio: 0.3, share: 1 / 3 }

const SUBJECTS: readonly Subject[] = [
  {
    name: 'LeNet-5',
    model: 'fixtures/lenet5.onnx',
    data: async () => ({
      learning: { data: FASHION, part: 'held-out' },
      evaluation: { data: FASHION, part: 'learned', batchSize: 250 },
    }),
  },
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
  options: { model: { type: 'string' }, ratio: { type: 'string', multiple: true } },
})
const ratios = flags.ratio?.map(Number) ?? RATIOS
const percent = (fraction: number) => (100 * fraction).toFixed(2)
for (const { name, model, data } of subjectsNamed(SUBJECTS, flags.model)) {
  const { evaluation, learning } = await data()
  const rows = IMPORTANCES.flatMap((importance) => WAYS.map((recover) => ({ importance, recover })))
  const prunings = rows.flatMap((row) =>
    ratios.map((ratio) => ({
      pass: 'prune-structured',
      options: { ...row, ratio },
      ...(learning && { request: { learning } }),
    })),
  )
  const { dense, pruned } = await accuracies(model, prunings, { ...evaluation, metrics: ['top1'] })
  const of = (row: number, ratio: number) => pruned[row * ratios.length + ratio] ?? Number.NaN
  console.log(`${name}, top-1 in %, dense ${percent(dense)}, by ratio:\n`)
  const cells = rows.map(({ importance, recover }, row) => [
    importance,
    recover,
    ...ratios.map((_, i) => percent(of(row, i))),
  ])
  console.log(markdownTable(['importance', 'recover', ...ratios.map(String)], cells))
  const at = ratios.indexOf(LIMIT.ratio)
  if (at < 0) continue
  for (const [i, importance] of IMPORTANCES.entries()) {
    const lost = (way: string) => dense - of(i * WAYS.length + WAYS.indexOf(way), at)
    const share = lost('auto') / lost('none')
    const what = `${name}, ${importance} at ${LIMIT.ratio}: auto loses ${share.toFixed(2)} of what none loses`
    console.log(`\n${verdict(share <= LIMIT.share, `${what}, at most ${LIMIT.share.toFixed(2)}`)}\n`)
  }
}
