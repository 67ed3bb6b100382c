import { bytes, metricTexts, numeric, percent, SIZE_WORDS, sizeChange } from '../report/format.js'
import type { MetricReport, ModelReport, Report } from '../report/report.js'
import { verdict } from './comparison-headlines.js'
import { consumerLines, isExact, packedLine } from './packing-headlines.js'
import type { Step } from './recipe.js'
import { slimLine, structuredLines } from './structured-headlines.js'

/**
 * What came out, a sentence each, the most important first; and what the user may want to do about it.
 *
 * @param notes  what the passes themselves have to say
 */
export function headlines(
  described: Pick<Report, 'before' | 'metrics'> &
    Partial<Pick<Report, 'comparison' | 'packing' | 'structured'>> & { readonly after: ModelReport },
  steps: readonly Step[],
  notes: readonly string[],
): string[] {
  const { before, after, metrics, comparison = null, packing = null, structured = null } = described
  const compared = comparison === null ? [] : verdict(comparison)
  if (steps.every(({ pass }) => pass.traits.outputs === 'equal')) {
    return [...notes, sizeLine(before, after), ...compared]
  }
  const accuracy = compared.length > 0 && metrics.length === 0 ? [] : accuracyLines(metrics, steps)
  if (packing !== null) {
    const others = steps.filter(({ pass }) => pass.name !== 'pack')
    return [
      packedLine(before, after, metrics),
      ...(structured === null ? [] : [slimLine(before, after, [])]),
      ...(structured === null && others.some(({ pass }) => pass.traits.outputs === 'changed')
        ? [sparsityLine(before, after, [])]
        : []),
      ...notes,
      ...(structured === null ? [] : structuredLines(structured)),
      ...compared,
      ...(others.length === 0 && isExact(packing) ? [] : accuracy),
      ...consumerLines(packing, structured !== null),
    ]
  }
  if (structured !== null) {
    return [slimLine(before, after, metrics), ...notes, ...structuredLines(structured), ...compared, ...accuracy]
  }
  return [
    sparsityLine(before, after, metrics),
    sizeLine(before, after, whyUnchanged(after, steps)),
    ...notes,
    ...compared,
    ...accuracy,
  ]
}

function sparsityLine(before: ModelReport, after: ModelReport, metrics: readonly MetricReport[]): string {
  const share = zeroShare(after)
  const zeros = `${percent(share)} of the weights are zero (${percent(zeroShare(before))} before)`
  const [first] = metrics
  if (first === undefined || first.before === null) return `${zeros}.`
  const texts = metricTexts(first)
  return `${zeros}; ${first.name} ${texts.before} → ${texts.after}.`
}

/** Over the weights of layers; biases and norms do not count. */
function zeroShare(model: ModelReport): number {
  const total = model.layers.reduce((n, layer) => n + layer.parameters, 0)
  const nonZero = model.layers.reduce((n, layer) => n + layer.nonZero, 0)
  return total === 0 ? 0 : 1 - nonZero / total
}

/** Zeros take no room only where they are packed. */
function whyUnchanged(after: ModelReport, steps: readonly Step[]): string {
  const isPacked = after.layers.some(({ encoding }) => encoding !== null)
  if (isPacked || !steps.some(({ pass }) => pass.packable)) return ''
  return ': zeros are stored like other values. Smaller: add --pack. Faster: prune structured'
}

/** @param why  what to add where the size stays */
function sizeLine(before: ModelReport, after: ModelReport, why = ''): string {
  const zipped = gzipSentence(before.gzipBytes, after.gzipBytes)
  if (after.bytes === before.bytes) return `File size unchanged${why}.${zipped}`
  const change = sizeChange(before.bytes, after.bytes, SIZE_WORDS)
  if (Math.abs(after.bytes / before.bytes - 1) < 0.005) return `File size nearly unchanged (${change})${why}.${zipped}`
  return `File size ${bytes(before.bytes)} → ${bytes(after.bytes)}, ${change}.${zipped}`
}

/** Empty where gzip gains less than a percent more than it did. */
function gzipSentence(before: number | null, after: number | null): string {
  if (before === null || after === null || after > before * 0.99) return ''
  const change = sizeChange(before, after, SIZE_WORDS)
  const share = change.startsWith('-') ? `${change.slice(1)} smaller` : change
  return ` Gzipped, as servers send it, it is ${share} (${bytes(after)}).`
}

function accuracyLines(metrics: readonly MetricReport[], steps: readonly Step[]): string[] {
  if (metrics.length === 0) return ['What this costs in accuracy was not measured: add --eval-data.']
  if (!metrics.some(fell)) return []
  return steps.flatMap(({ pass, values }) => pass.whenAccuracyFell?.(values) ?? [])
}

/** By more than a percentage point. */
function fell({ unit, better, before, after }: MetricReport): boolean {
  if (unit !== 'fraction' || better !== 'higher') return false
  const [from, to] = [numeric(before), numeric(after)]
  return from !== null && to !== null && from - to > 0.01
}
