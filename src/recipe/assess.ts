import type { PackingReport, Report } from '../report/report.js'
import { benchModels } from './bench.js'
import { compareModels } from './compare.js'
import { type ConsumerTarget, loadInConsumers } from './consumers.js'
import { type Engine, type Evaluation, measure, type NamedModel } from './measure.js'
import type { RunHooks } from './run.js'

/** What to find out about a result beside its original. */
export interface Questions extends Engine {
  /** null when there is no data to judge on. */
  readonly evaluation: Evaluation | null
  /** Whether the values inside the two are compared, layer by layer. */
  readonly compare: boolean
  /** Whether their latency is measured. */
  readonly bench: boolean
  /** How the weights of the result are packed; null when they are not. */
  readonly packing: PackingReport | null
  /** Where a packed result is loaded. */
  readonly targets: readonly ConsumerTarget[]
}

export type Assessment = Pick<Report, 'data' | 'metrics' | 'comparison' | 'bench' | 'packing'>

/**
 * Runs a model beside the one that it was made from. Without data, outputs are compared and timed on made-up inputs.
 *
 * @throws as `measure`, `compareModels` and `benchModels` do
 */
export async function assess(
  original: NamedModel,
  result: NamedModel,
  questions: Questions,
  hooks: RunHooks,
): Promise<Assessment> {
  const { evaluation, compare, bench, packing, targets, dims, seed, provider, threads } = questions
  const engine = { dims, seed, provider, threads } // and nothing else: it goes to other processes
  const measured = await measure(evaluation, [original, result], original, engine, hooks)
  return {
    ...measured,
    comparison: compare
      ? await compareModels({ a: original, b: result, evaluation, layers: true, engine }, hooks)
      : null,
    bench: bench ? await benchModels({ models: [original, result], ...engine, ...fed(evaluation) }, hooks) : null,
    packing: packing && {
      ...packing,
      consumers: await loadInConsumers(targets, original, result, { dims, seed, threads, ...fed(evaluation) }, hooks),
    },
  }
}

/** The same data as the rest, where there is some. */
function fed(evaluation: Evaluation | null) {
  if (evaluation === null) return {}
  const { data, binds, batchSize = null } = evaluation
  return { data, batchSize, ...(binds && { binds }) }
}
