import { asOne, type Runs, type RunsRow, resultOf, runsHeadline, runsRows, runsWarning } from '../content/runs.js'
import { type Setting, settings } from '../content/settings.js'
import type { Verdict } from '../content/verdict.js'
import type { RenderOptions } from '../form.js'
import type { Report } from '../report.js'
import { layerTable } from './layer-table.js'
import { type Line, line, type Tone } from './line.js'
import { INDENT, labelled, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { wrap } from './width.js'

const TONES: Readonly<Record<Verdict, Tone | null>> = { better: 'better', worse: 'worse', same: 'dim', neutral: null }

/** Two runs side by side: what came out, what differs in how they were made. */
export function runsLines(runs: Runs, options: RenderOptions): readonly Line[] {
  const { width } = options
  const warning = runsWarning(runs)
  const parts = [
    wrap(runsHeadline(runs), Math.min(width, 100)).map((text) => line(text, 'strong')),
    labelled([runFact('Old', runs.old), runFact('New', runs.new)], width),
    warning === null ? [] : paragraph(`! ${warning}`, width, 'caution'),
    figureTable(runsRows(runs), width),
    layerTable(asOne(runs), options),
    settingTable(settings(runs), options),
  ]
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [[], ...part]))
}

function runFact(label: string, report: Report): readonly [string, Line] {
  const { command, times } = report
  return [
    label,
    line(`${command} ${resultOf(report).path ?? '(no file)'}, ${times.startedAt.slice(0, 16).replace('T', ' ')} UTC`),
  ]
}

/** A column that has nothing in it stays away; so does what only says more. */
function figureTable(rows: readonly RunsRow[], width: number): readonly Line[] {
  const origins = rows.some((row) => row.original !== null)
  const columns: readonly Column[] = [
    { title: '', align: 'left', yields: 'shorten' },
    ...(origins ? [{ title: 'before', align: 'right' } as const] : []),
    { title: 'old', align: 'right' },
    { title: 'new', align: 'right' },
    { title: 'change', align: 'left' },
    { title: '', align: 'left', yields: { drop: 1 } },
  ]
  const cells = rows.map((row) => [
    line(row.label),
    ...(origins ? [line(row.original ?? '', 'dim')] : []),
    line(row.before ?? row.after, 'dim'),
    line(row.after, row.before === null ? null : 'strong'),
    line(row.change ?? '', TONES[row.verdict]),
    line(row.note ?? '', 'dim'),
  ])
  return layoutTable(columns, cells, { width, indent: INDENT, titles: true })
}

/** Only what differs, unless all is asked for; the whole command only where nothing smaller tells the difference. */
function settingTable(all: readonly Setting[], { width, full }: RenderOptions): readonly Line[] {
  const differing = all.filter(({ differs }) => differs)
  const telling = differing.filter(({ label }) => label !== 'command')
  const shown = full ? all : telling.length > 0 ? telling : differing
  if (shown.length === 0) return []
  const columns: readonly Column[] = [
    { title: full ? 'setting' : 'what differs', align: 'left', yields: 'shorten' },
    { title: 'old', align: 'left', yields: 'wrap' },
    { title: 'new', align: 'left', yields: 'wrap' },
  ]
  const rows = shown.map((setting) => [
    line(setting.label),
    line(setting.old, 'dim'),
    line(setting.new, setting.differs ? 'accent' : 'dim'),
  ])
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}
