import { isOfBench } from '../content/bench.js'
import { modelText } from '../content/facts.js'
import { otherChanges, skippedGroups } from '../content/groups.js'
import { optionTexts, usesSeed } from '../content/options.js'
import { oracleText } from '../content/structured.js'
import type { RenderOptions } from '../form.js'
import { count, duration, plural } from '../format.js'
import type { DataReport, Report } from '../report.js'
import { anatomy } from './anatomy.js'
import { benchTables } from './bench-tables.js'
import { comparisonTable, metricTable } from './comparison-table.js'
import { differenceTables } from './difference-tables.js'
import { findingList } from './finding-list.js'
import { groupList } from './group-list.js'
import { layerTable } from './layer-table.js'
import { type Line, line, lineWidth, span, type Tone } from './line.js'
import { modelSummary } from './model-summary.js'
import { packingTables } from './packing.js'
import { INDENT, labelled } from './paragraph.js'
import { groupTables, structuredTables } from './structured.js'
import { type Column, layoutTable } from './table.js'
import { shorten, wrap } from './width.js'

/** The report as lines, the most important first; a blank line stands between its parts. */
export function reportLines(report: Report, options: RenderOptions): readonly Line[] {
  const { width } = options
  const parts = [
    heading(report, width),
    ...(report.command === 'compare' ? [] : [subject(report, width)]),
    ...(report.comparison === null ? [] : differenceTables(report.comparison, options)),
    ...(report.command === 'compare' ? [subject(report, width)] : []),
    ...anatomy(report, options),
    structuredTables(report, options),
    groupTables(report, options),
    packingTables(report, options),
    isOfBench(report) || isToldOtherwise(report, options) ? [] : layerTable(report, options),
    report.bench === null ? [] : benchTables(report.bench, width),
    stepTable(report, width),
    findingList(report.why?.findings ?? [], options),
    groupList('Changed', otherChanges(report), options),
    groupList('Skipped', skippedGroups(report), options),
    footer(report, width),
    hints(report, width),
  ]
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [[], ...part]))
}

/** The layers are among the packed weights, or in the groups that were cut, unless somebody wants to see them all. */
function isToldOtherwise({ packing, structured, groups }: Report, { layers }: RenderOptions): boolean {
  return (packing !== null || structured !== null || groups !== null) && layers === null
}

function heading(report: Report, width: number): readonly Line[] {
  const [headline] = report.headlines
  return [...(headline === undefined ? [] : hanging('', headline, width, 'strong')), files(report, width)]
}

/** `prune  in.onnx → out.onnx`; of two long paths each keeps half of the room. */
function files(report: Report, width: number): Line {
  const paths = report.after === null ? [report.before.path] : [report.before.path, report.after.path]
  const names = paths.map((path, i) => path ?? (i === 0 ? '(stream)' : '(no file)'))
  const command = span(`${report.command}  `, 'dim')
  const between = isOfBench(report) ? ' vs ' : ' → '
  const room = width - lineWidth([command]) - between.length * (names.length - 1)
  const shortest = Math.min(...names.map((name) => lineWidth(line(name))))
  const limit = Math.max(Math.floor(room / names.length), room - shortest)
  const shown = names.map((name) => span(shorten(span(name).text, names.length === 1 ? room : limit)))
  return [command, ...shown.flatMap((name, i) => (i === 0 ? [name] : [span(between, 'dim'), name]))]
}

/** What the command was about: two models, the quality of one, or one. */
function subject(report: Report, width: number): readonly Line[] {
  if (isOfBench(report)) return []
  if (report.after !== null) return comparisonTable(report, report.after, width)
  return report.metrics.length > 0 ? metricTable(report, width) : modelSummary(report.before, width)
}

/** The passes of a recipe with more than one step. */
function stepTable(report: Report, width: number): readonly Line[] {
  if (report.steps.length < 2) return []
  const columns: readonly Column[] = [
    { title: 'step', align: 'right' },
    { title: 'pass', align: 'left' },
    { title: 'changed', align: 'right' },
    { title: 'skipped', align: 'right' },
    { title: 'options', align: 'left', yields: 'wrap' },
  ]
  const rows = report.steps.map((step, i) => [
    line(String(i + 1)),
    line(step.pass),
    line(count(step.changed.length)),
    line(count(step.skipped.length)),
    line(optionTexts(step).join(', '), 'dim'),
  ])
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}

/** What stands behind the numbers. */
function footer(report: Report, width: number): readonly Line[] {
  const [step] = report.steps
  const options = report.steps.length === 1 && step !== undefined ? optionTexts(step) : []
  const evaluated = report.after === null && report.metrics.length > 0
  return labelled(
    [
      ...verification(report),
      ...(evaluated ? [['Model', line(modelText(report.before))] as const] : []),
      ...report.data.map((data) => ['Data', line(dataText(data))] as const),
      ...(options.length > 0 ? [['Options', line(options.join(', '))] as const] : []),
      ['Run', line(runText(report), 'dim')] as const,
    ],
    width,
  )
}

function runText(report: Report): string {
  const { tool, times } = report
  return [
    duration(times.seconds),
    ...(usesSeed(report) ? [`seed ${report.seed}`] : []),
    `${tool.name} ${tool.version}`,
    `ONNX Runtime ${tool.onnxruntime}`,
  ].join(', ')
}

function verification({ verification: v, structured }: Report): readonly (readonly [string, Line])[] {
  const loaded =
    v === null ? [] : [v.level === 'run' ? line(`✓ ${v.detail}`, 'better') : line(`! ${v.detail}`, 'caution')]
  const oracle = structured?.oracle ?? null
  const equal = oracle === null ? [] : [line(`✓ ${oracleText(oracle)}`, 'better')]
  return [...loaded, ...equal].map((text, i) => [i === 0 ? 'Verified' : '', text])
}

function dataText({ role, spec, samples }: DataReport): string {
  return `${spec}, ${plural(samples, 'sample')} for ${role}`
}

/** What else there is to know or to do. */
function hints(report: Report, width: number): readonly Line[] {
  return report.headlines.slice(1).flatMap((text) => hanging('• ', text, width, 'accent'))
}

function hanging(mark: string, text: string, width: number, tone: Tone): readonly Line[] {
  const parts = wrap(span(text).text, Math.min(width, 100) - mark.length)
  return parts.map((part, i) => line(`${i === 0 ? mark : ' '.repeat(mark.length)}${part}`, tone))
}
