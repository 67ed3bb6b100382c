import type { DataReport, MetricReport } from '../report/report.js'
import type { RunHooks } from './run.js'

/** What to judge a model on, and how. */
export interface Evaluation {
  readonly data: string
  readonly metrics: readonly string[]
  readonly batchSize: number | null
  readonly limit: number | null
  readonly binds: Readonly<Record<string, string>>
  readonly label: string | null
}

/** How sessions are opened. */
export interface Engine {
  readonly dims: Readonly<Record<string, number>>
  readonly seed: number
  readonly provider: string | null
  readonly threads: number | null
}

export interface Measured {
  readonly data: readonly DataReport[]
  readonly metrics: readonly MetricReport[]
}

export async function measure(
  evaluation: Evaluation | null,
  paths: readonly string[],
  options: Engine & RunHooks & { readonly reference: string | null },
): Promise<Measured> {
  if (evaluation === null) return { data: [], metrics: [] }
  throw new Error(`${paths.length} ${options.seed}`)
}
