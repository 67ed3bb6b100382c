import { count, decibels, numeric, percent, plural } from '../report/format.js'
import type { ComparisonReport, LayerDifferenceReport, LayerReport, OutputDifferenceReport } from '../report/report.js'

/** From here on two models are the same: what differs is the rounding of float32 in another order of additions. */
export const ROUNDING_DB = 100

export interface HeadlineContext {
  /** The weights of A: what an --exclude can name. */
  readonly weights: readonly Pick<LayerReport, 'weight' | 'node' | 'parameters'>[]
  /** The nodes that the culprit may be any of. */
  readonly span: readonly string[]
  /** The data, when the user gave none, and the numbers taken for open dimensions; else null. */
  readonly madeUp: { readonly data: string; readonly dims: Readonly<Record<string, number>> } | null
}

/** What came out, a sentence each, the most important first; and what the user may want to do about it. */
export function comparisonHeadlines(comparison: ComparisonReport, context: HeadlineContext): string[] {
  return [
    ...verdict(comparison),
    ...remedies(comparison, context),
    ...leftOut(comparison),
    ...(context.madeUp === null ? [] : [madeUpLine(context.madeUp)]),
  ]
}

/** How far the outputs are from one another, and where that comes from. */
export function verdict(comparison: ComparisonReport): string[] {
  const { outputs, culprit, samples } = comparison
  const broken = nonFiniteLine(comparison)
  if (broken !== null) return [broken]
  const worst = worstOutput(outputs)
  if (worst === undefined) return []
  const on = `on ${plural(samples, 'sample')}`
  if (outputs.every(({ maxError }) => maxError === 0)) return [`The outputs are equal ${on}.`]
  const sqnr = `SQNR ${decibels(numeric(worst.sqnrDb) ?? Number.NaN)}`
  const which = outputs.length > 1 ? ` at "${worst.name}"` : ''
  if ((numeric(worst.sqnrDb) ?? 0) >= ROUNDING_DB)
    return [`The outputs are equal up to rounding: ${sqnr}${which} ${on}.`]
  const outputLine = `The outputs differ: ${sqnr}${which}${agreementText(worst)} ${on}.`
  const layer = culprit === null ? null : culpritLine(comparison, culprit)
  return layer === null ? [outputLine] : [layer, outputLine]
}

/** `"conv2" causes 93 % of the error: SQNR falls from 62.0 to 14.0 dB there.` */
function culpritLine({ layers }: ComparisonReport, culprit: string): string | null {
  const own = (layers ?? []).filter(({ node }) => node === culprit)
  const [main] = [...own].sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
  if (main === undefined) return null
  const share = own.reduce((sum, layer) => sum + (layer.share ?? 0), 0)
  const alone = share >= 0.5
  const what = alone
    ? `"${culprit}" causes ${percent(share, 1)} of the error`
    : `The error is spread over the layers: "${culprit}" causes the most of it, ${percent(share, 1)}`
  return `${what}: ${courseText(main)}.`
}

function courseText({ inputSqnrDb, sqnrDb }: LayerDifferenceReport): string {
  const [from, to] = [numeric(inputSqnrDb) ?? Infinity, numeric(sqnrDb) ?? Number.NaN]
  if (from === Infinity) return `what it reads is equal, what it makes has an SQNR of ${decibels(to)}`
  if (to < from) return `SQNR falls from ${decibels(from)} to ${decibels(to)} there`
  return `SQNR is ${decibels(to)} there`
}

function nonFiniteLine(comparison: ComparisonReport): string | null {
  const inside = comparison.layers?.find(({ nonFinite }) => nonFinite !== null && nonFinite.model !== 'both')
  const output = comparison.outputs.find(({ nonFinite }) => nonFinite !== null)
  const found = inside ?? output
  if (!found?.nonFinite) return null
  const { model, value, sample, element } = found.nonFinite
  const names = { a: comparison.a ?? 'stdin', b: comparison.b ?? 'stdin', both: 'both models' }
  const who = model === 'both' ? 'Both models give' : `${names[model]} gives`
  const where = inside === undefined ? `at output "${found.name}"` : `from "${inside.node}" on`
  return `${who} ${value} ${where} (sample ${sample}, element ${count(element)}); the figures leave such elements out.`
}

function agreementText({ agreement }: OutputDifferenceReport): string {
  if (agreement === null) return ''
  const { share, low, high } = agreement
  return `, top-1 agreement ${percent(share)} (95 % interval ${percent(low, 1)} to ${percent(high, 1)})`
}

function remedies({ layers, culprit, outputs }: ComparisonReport, { weights, span }: HeadlineContext): string[] {
  const equal = outputs.every(({ sqnrDb }) => (numeric(sqnrDb) ?? 0) >= ROUNDING_DB)
  if (layers === null) return equal ? [] : ['Which layer it comes from: --layers']
  if (culprit === null) return []
  const within = [culprit, ...span]
  const candidates = weights.filter(({ node }) => within.includes(node))
  const [largest] = [...candidates].sort((x, y) => y.parameters - x.parameters)
  if (largest === undefined) return []
  const name = largest.node.includes(' ') ? largest.weight : largest.node
  return [`To leave it as it is when the model is compressed: --exclude "${name}"`]
}

function leftOut({ skipped, unmatched, layers }: ComparisonReport): string[] {
  const lines: string[] = []
  if (skipped.length > 0) lines.push(`Not compared: ${plural(skipped.length, 'value')}, listed with the reasons.`)
  if (layers !== null && unmatched !== null && unmatched.a + unmatched.b > skipped.length * 2) {
    lines.push(
      `${plural(layers.length, 'value was', 'values were')} compared; ${count(unmatched.a)} of the first model and ${count(unmatched.b)} of the second have no counterpart, and belong to the next one that has.`,
    )
  }
  return lines
}

function madeUpLine({
  data,
  dims,
}: {
  readonly data: string
  readonly dims: Readonly<Record<string, number>>
}): string {
  const sizes = Object.entries(dims).map(([name, n]) => `${name} = ${n}`)
  const taken = sizes.length === 0 ? '' : `, with ${sizes.join(', ')} (--dim)`
  return `The inputs are made up: ${data}${taken}. Real ones tell more: --data SPEC`
}

function worstOutput(outputs: readonly OutputDifferenceReport[]): OutputDifferenceReport | undefined {
  const db = (output: OutputDifferenceReport) => numeric(output.sqnrDb) ?? Infinity
  return [...outputs].sort((x, y) => db(x) - db(y))[0]
}
