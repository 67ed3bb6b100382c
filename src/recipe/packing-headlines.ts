import { bytes, milliseconds, SIZE_WORDS, sizeChange } from '../report/format.js'
import type { ConsumerReport, MetricReport, ModelReport, PackingReport } from '../report/report.js'
import { judgedBy } from './judged.js'

/** What packing is for: `File size 1.07 MB → 33.5 kB, 31.9x smaller; top1 98.2 % → 98.1 %.` */
export function packedLine(before: ModelReport, after: ModelReport, metrics: readonly MetricReport[]): string {
  const change = sizeChange(before.bytes, after.bytes, SIZE_WORDS)
  return `File size ${bytes(before.bytes)} → ${bytes(after.bytes)}, ${change}${judgedBy(metrics)}.`
}

/**
 * What somebody who loads the result there must know: first where that goes wrong, or costs something in every run.
 *
 * @param slimmer  whether the model computes less than before: then a run is shorter for that
 */
export function consumerLines({ consumers }: PackingReport, slimmer = false): string[] {
  const folding = consumers.filter(({ folds }) => folds === true)
  return [
    ...consumers.flatMap((consumer) => (consumer.createMs === null ? refusal(consumer) : [])),
    ...consumers.flatMap((consumer) => (consumer.folds === false ? [everyRun(consumer)] : [])),
    ...(folding.length === 0 ? [] : [once(folding, slimmer)]),
  ]
}

/** Also where it was not tried: somebody asked for it. */
function refusal({ name, level, problem }: ConsumerReport): string[] {
  return problem === null ? [] : [`${named(name, level)}: ${problem}`]
}

function everyRun({ name, level, runMs }: ConsumerReport): string {
  const cost = runMs === null ? '' : `: ${milliseconds(runMs.after)} instead of ${milliseconds(runMs.before)}`
  return `${named(name, level)} decodes the weights in every run${cost}.`
}

function once(consumers: readonly ConsumerReport[], slimmer: boolean): string {
  const names = [...new Set(consumers.map(({ name }) => name))].join(' and ')
  return `In ${names} the weights are decoded once, at load: a run takes as long as ${slimmer ? 'with dense ones' : 'before'}.`
}

function named(name: string, level: string): string {
  return level === 'all' ? name : `${name} at level ${level}`
}

/** Whether every weight comes back bit for bit. */
export function isExact({ weights }: PackingReport): boolean {
  return weights.every(({ error }) => error === 0)
}
