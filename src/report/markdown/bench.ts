import { benchConditions, benchInputs, benchNames, speedText } from '../content/bench.js'
import { bytes, count, milliseconds, percent } from '../format.js'
import type { BenchReport } from '../report.js'
import { code, escaped, type MarkdownColumn, table } from './syntax.js'

const COLUMNS: readonly MarkdownColumn[] = [
  { title: 'model', align: 'left' },
  { title: 'size', align: 'right' },
  { title: 'runs', align: 'right' },
  { title: 'median', align: 'right' },
  { title: 'spread', align: 'right' },
  { title: 'p95', align: 'right' },
  { title: 'min', align: 'right' },
  { title: 'against the first', align: 'left' },
  { title: 'load', align: 'right' },
  { title: 'memory', align: 'right' },
]

/** Latency and memory: the table, what it holds for, what makes it doubtful. */
export function benchSection(report: BenchReport): readonly string[] {
  const names = benchNames(report)
  const rows = report.models.map((model, i) => [
    code(names[i] ?? ''),
    bytes(model.bytes),
    count(model.runs),
    `**${milliseconds(model.medianMs)}**`,
    `±${percent(model.spread / 2, 1)}`,
    milliseconds(model.p95Ms),
    milliseconds(model.minMs),
    report.models.length > 1 ? escaped(speedText(model.ratio)) : '',
    milliseconds(model.createMs),
    bytes(model.peakBytes),
  ])
  return [
    '### Latency and memory',
    '',
    ...table(COLUMNS, rows),
    '',
    `Fed: ${benchInputs(report).map(escaped).join('; ')}.`,
    `With ${escaped(benchConditions(report))}; ${bytes(report.emptyBytes)} of the memory without any model.`,
    ...(report.warnings.length === 0 ? [] : ['', ...report.warnings.map((text) => `- ⚠ ${escaped(text)}`)]),
  ]
}
