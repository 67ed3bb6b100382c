import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { isModuleSpec, metricFromModule } from './from-module.js'
import * as table from './index.js'
import type { Metric, MetricChoice } from './metric.js'

export const metrics: readonly Metric[] = Object.values(table)

/**
 * A metric of the table, or of the user's own module: `top5`, `top5:logits`, `./mine.mjs:logits`.
 *
 * @throws UsageError for an unknown name, IoError and DataError as {@link metricFromModule}
 */
export async function chooseMetric(spec: string): Promise<MetricChoice> {
  return isModuleSpec(spec) ? await metricFromModule(spec) : findMetric(spec)
}

/**
 * A metric of the table. What follows the first colon is the output, which may hold colons itself.
 *
 * @param spec  `NAME[:output]`
 * @throws UsageError that names the nearest metric and all others
 */
export function findMetric(spec: string): MetricChoice {
  const colon = spec.indexOf(':')
  const name = colon < 0 ? spec : spec.slice(0, colon)
  const output = colon < 0 ? null : spec.slice(colon + 1)
  if (output === '') {
    throw new UsageError(`"${spec}" names no output after the colon.`, { suggestions: [`Write ${name}:OUTPUT.`] })
  }
  for (const metric of metrics) {
    const parameter = parameterIn(name, metric)
    if (parameter !== undefined) return { metric, parameter, name, output }
  }
  throw new UsageError(`Unknown metric "${name}".`, {
    suggestions: [
      ...didYouMean(
        name,
        metrics.map(({ name }) => name.replace(/<\w+>/, '1')),
        'metrics',
      ),
      'A metric of your own is the path of a module: ./metric.mjs',
    ],
  })
}

/** @returns the number that stands for `<k>`, null for a metric without one, undefined when it is another metric */
function parameterIn(name: string, metric: Metric): number | null | undefined {
  const [before = '', after] = metric.name.split(/<\w+>/)
  if (after === undefined) return name === metric.name ? null : undefined
  if (!name.startsWith(before) || !name.endsWith(after)) return undefined
  const digits = name.slice(before.length, name.length - after.length)
  return /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : undefined
}
