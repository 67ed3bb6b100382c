import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Latency } from '../analysis/latency/latency.js'
import { drift } from '../analysis/latency/statistics.js'
import { count, percent, plural } from '../report/format.js'
import type { BenchModelReport, BenchReport } from '../report/report.js'

/** Interquartile range by the median: from here on a figure is one of this moment, and another run gives another. */
const WIDE_SPREAD = 0.1
const MANY_OUTLIERS = 0.01
const MUCH_DRIFT = 0.05
/** Cores' worth of other work. */
const MUCH_LOAD = 0.25

/** What of the machine bears on times. */
export interface Machine {
  readonly cores: number
  /** Linux: how the clock of the first core is set; null where the system does not tell. */
  readonly governor: string | null
}

/** What makes the figures doubtful, and what to do about it, a sentence each. */
export function benchWarnings(
  models: readonly BenchModelReport[],
  { models: measured, othersCores }: Pick<Latency, 'othersCores'> & { readonly models: readonly Measured[] },
  { threads = null, batchSize = null }: Pick<Partial<BenchReport>, 'threads'> & { readonly batchSize?: number | null },
  machine: Machine = thisMachine(),
): string[] {
  const unsteady = [...wideSpread(models), ...manyOutliers(models), ...drifting(models, measured)]
  return [
    ...differentInputs(models),
    ...fixedBatch(models, measured, batchSize),
    ...otherLoad(othersCores, machine),
    ...unsteady,
    ...(unsteady.length > 0 ? clock(machine) : []),
    ...tooManyThreads(threads, machine),
    ...tooFewRounds(models),
  ]
}

interface Measured {
  readonly timesMs: readonly number[]
  readonly openBatch: boolean
}

/** Their ratio compares unlike work. */
function differentInputs([first, ...others]: readonly BenchModelReport[]): string[] {
  if (first === undefined) return []
  const texts = (model: BenchModelReport) => model.inputs.map(({ name, type }) => `${name} ${type}`)
  const other = others.find((model) => texts(model).sort().join() !== texts(first).sort().join())
  if (other === undefined) return []
  return [
    `${name(first)} and ${name(other)} were not fed alike: their ratio means little unless it is the same work. --dim NAME=N settles sizes that are open.`,
  ]
}

function fixedBatch(
  models: readonly BenchModelReport[],
  measured: readonly Measured[],
  batchSize: number | null,
): string[] {
  return models
    .filter(({ batch }, i) => batchSize !== null && batch !== batchSize && measured[i]?.openBatch === false)
    .map(
      (model) => `${name(model)} is built for ${plural(model.batch, 'sample')} per run: --batch-size does not apply.`,
    )
}

function wideSpread(models: readonly BenchModelReport[]): string[] {
  const wide = models.filter(({ spread }) => spread > WIDE_SPREAD)
  const each = wide.map((model) => `${name(model)} ±${percent(model.spread / 2, 0)}`)
  return said(each, (list) => `Times spread widely around their median: ${list}. --min-time 10s steadies it.`)
}

function manyOutliers(models: readonly BenchModelReport[]): string[] {
  const many = models.filter(({ outliers, runs }) => outliers > MANY_OUTLIERS * runs)
  const each = many.map((model) => `${name(model)} ${count(model.outliers)} of ${count(model.runs)}`)
  return said(each, (list) => `Some runs took far longer than the others: ${list}. The median does not mind, p95 does.`)
}

function drifting(models: readonly BenchModelReport[], measured: readonly Measured[]): string[] {
  const each = models.flatMap((model, i) => {
    const change = (drift(measured[i]?.timesMs ?? []) ?? 1) - 1
    if (Math.abs(change) <= MUCH_DRIFT) return []
    return [`${name(model)} ${percent(Math.abs(change), 0)} ${change > 0 ? 'slower' : 'faster'}`]
  })
  return said(each, (list) => `The second half of the runs differed from the first (heat, other work): ${list}.`)
}

function said(each: readonly string[], sentence: (list: string) => string): string[] {
  return each.length === 0 ? [] : [sentence(each.join(', '))]
}

function otherLoad(othersCores: number | null, { cores }: Machine): string[] {
  if (othersCores === null || othersCores < MUCH_LOAD) return []
  return [
    `Other programs kept ${othersCores.toFixed(1)} of ${plural(cores, 'core')} busy: end them, and measure again.`,
  ]
}

function tooManyThreads(threads: number | null, { cores }: Machine): string[] {
  if (threads === null || threads <= cores) return []
  return [`${threads} threads share ${plural(cores, 'core')} and wait for one another: --threads ${cores} is faster.`]
}

function clock({ governor }: Machine): string[] {
  if (governor === null || governor === 'performance') return []
  return [`The system changes the clock of the processor (governor "${governor}"): "performance" gives steadier times.`]
}

function tooFewRounds(models: readonly BenchModelReport[]): string[] {
  if (!models.some(({ ratio }) => ratio !== null && ratio.low === null)) return []
  return ['Fewer than six rounds cannot tell how sure a ratio is: --runs 10.']
}

function name({ path }: BenchModelReport): string {
  return path ?? 'stdin'
}

function thisMachine(): Machine {
  return { cores: availableParallelism(), governor: governorOf() }
}

function governorOf(): string | null {
  try {
    return readFileSync('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'utf8').trim()
  } catch {
    return null // another system, or one that does not say
  }
}
