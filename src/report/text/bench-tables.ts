import { benchConditions, benchInputs, benchNames, histograms, speedText, speedVerdict } from '../content/bench.js'
import type { Verdict } from '../content/verdict.js'
import { bytes, count, milliseconds, percent } from '../format.js'
import type { BenchReport } from '../report.js'
import { histogramLine } from './histogram.js'
import { type Line, line, span, type Tone } from './line.js'
import { INDENT, labelled } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { wrap } from './width.js'

const BINS = 20

const TONES: Readonly<Record<Verdict, Tone | null>> = { better: 'better', worse: 'worse', same: 'dim', neutral: null }

/** Times with their error; sizes, memory and how the times are distributed; what the figures hold for. */
export function benchTables(report: BenchReport, width: number): readonly Line[] {
  return [
    ...timeTable(report, width),
    [],
    ...sizeTable(report, width),
    [],
    ...labelled(
      [
        ...benchInputs(report).map((text, i) => [i === 0 ? 'Fed' : '', line(text)] as const),
        ['With', line(benchConditions(report))],
        ['Memory', line(`${bytes(report.emptyBytes)} of it without any model`)],
      ],
      width,
    ),
    ...warnings(report, width),
  ]
}

function timeTable(report: BenchReport, width: number): readonly Line[] {
  const { models } = report
  const names = benchNames(report)
  const columns: readonly Column[] = [
    { title: 'model', align: 'left', yields: 'shorten' },
    { title: 'runs', align: 'right', yields: { drop: 2 } },
    { title: 'median', align: 'right' },
    { title: 'spread', align: 'right' },
    { title: 'p95', align: 'right' },
    { title: 'min', align: 'right', yields: { drop: 1 } },
    ...(models.length > 1 ? [{ title: 'against the first', align: 'left', yields: 'wrap' } as const] : []),
  ]
  const rows = models.map((model, i) => [
    line(names[i] ?? ''),
    line(count(model.runs)),
    line(milliseconds(model.medianMs), 'strong'),
    line(`±${percent(model.spread / 2, 1)}`, 'dim'),
    line(milliseconds(model.p95Ms)),
    line(milliseconds(model.minMs)),
    ...(models.length > 1 ? [line(speedText(model.ratio), TONES[speedVerdict(model.ratio)])] : []),
  ])
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}

function sizeTable(report: BenchReport, width: number): readonly Line[] {
  const names = benchNames(report)
  const strips = histograms(report, BINS)
  const axis = strips === null ? '' : `${milliseconds(strips.fromMs)} to ${milliseconds(strips.toMs)}`
  const columns: readonly Column[] = [
    { title: 'model', align: 'left', yields: 'shorten' },
    { title: 'size', align: 'right' },
    { title: 'load', align: 'right' },
    { title: 'memory', align: 'right' },
    ...(strips === null ? [] : [{ title: axis, align: 'left', yields: { drop: 1 } } as const]),
  ]
  const rows = report.models.map((model, i) => [
    line(names[i] ?? ''),
    line(bytes(model.bytes)),
    line(milliseconds(model.createMs)),
    line(bytes(model.peakBytes)),
    ...(strips === null ? [] : [histogramLine(strips.bins[i] ?? [])]),
  ])
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}

function warnings({ warnings }: BenchReport, width: number): readonly Line[] {
  if (warnings.length === 0) return []
  const mark = `${' '.repeat(INDENT)}! `
  const lines = warnings.flatMap((text) =>
    wrap(span(text).text, Math.min(width, 100) - mark.length).map((part, i) =>
      line(`${i === 0 ? mark : ' '.repeat(mark.length)}${part}`, 'caution'),
    ),
  )
  return [[], ...lines]
}
