import { NONE, numeric, plural } from '../format.js'
import type { Report } from '../report.js'
import { type ComparisonRow, modelRows } from './comparison.js'
import { sqnrText } from './differences.js'
import { latencyRow } from './latency.js'
import { metricRows } from './metric-rows.js'

/** The figures that a report is opened for, the most important first: sizes, the first metric, speed, work. */
export function headlineRows(report: Report): readonly ComparisonRow[] {
  const { before, after } = report
  const rows = after === null ? modelRows(before, before).map(single) : modelRows(before, after)
  const isSize = ({ label }: ComparisonRow) => label === 'Size on disk' || label === 'Gzipped'
  const latency = report.bench === null ? null : latencyRow(report.bench)
  return [
    ...rows.filter(isSize),
    ...metricRows(report)
      .slice(0, 1)
      .map((row) => (after === null ? single(row) : row)),
    ...(latency === null ? [] : [latency]),
    ...fidelityRows(report),
    ...rows.filter((row) => !isSize(row)),
  ]
}

/** Of one model there is no change to speak of. */
function single(row: ComparisonRow): ComparisonRow {
  const after = row.after === NONE && row.before !== null ? row.before : row.after
  return { ...row, before: null, after, change: null, verdict: 'neutral' }
}

/** How near the outputs of two models are to one another: of the worst of them. */
function fidelityRows({ comparison }: Report): readonly ComparisonRow[] {
  if (comparison === null || comparison.outputs.length === 0) return []
  const outputs = comparison.outputs.map(({ name, sqnrDb }) => ({ name, sqnrDb, sqnr: numeric(sqnrDb) ?? Number.NaN }))
  const worst = outputs.reduce<(typeof outputs)[number] | null>(
    (w, o) => (w === null || Number.isNaN(o.sqnr) || o.sqnr < w.sqnr ? o : w),
    null,
  )
  if (worst === null) return []
  return [
    {
      label: outputs.length > 1 ? 'SQNR of the worst output' : 'SQNR of the output',
      before: null,
      after: sqnrText(worst.sqnrDb),
      change: null,
      verdict: 'neutral',
      note: `${worst.name}, ${plural(comparison.samples, 'sample')}`,
    },
  ]
}
