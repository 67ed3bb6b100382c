import { asOne, type Runs, resultOf, runsHeadline, runsRows, runsWarning } from '../content/runs.js'
import { settings } from '../content/settings.js'
import type { Report } from '../report.js'
import { layers } from './layers.js'
import { code, escaped, type MarkdownColumn, table } from './syntax.js'

type Lines = readonly string[]

/** Two runs side by side: what came out, what differs in how they were made. */
export function runsMarkdown(runs: Runs): string {
  const warning = runsWarning(runs)
  const parts: readonly Lines[] = [
    [`## ${runText(runs.old)} and ${runText(runs.new)}`, '', `**${escaped(runsHeadline(runs))}**`],
    warning === null ? [] : [`⚠ ${escaped(warning)}`],
    figures(runs),
    layers(asOne(runs)),
    settingLines(runs),
  ]
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')}\n`
}

function runText(report: Report): string {
  const { path } = resultOf(report)
  return `${escaped(report.command)} ${path === null ? '(no file)' : code(path)}`
}

function figures(runs: Runs): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: '', align: 'left' },
    { title: 'before', align: 'right' },
    { title: 'old', align: 'right' },
    { title: 'new', align: 'right' },
    { title: 'change', align: 'left' },
    { title: '', align: 'left' },
  ]
  const rows = runsRows(runs).map((row) =>
    [row.label, row.original ?? '', row.before ?? row.after, row.after, row.change ?? '', row.note ?? ''].map(escaped),
  )
  return table(columns, rows)
}

function settingLines(runs: Runs): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: 'setting', align: 'left' },
    { title: 'old', align: 'left' },
    { title: 'new', align: 'left' },
  ]
  const rows = settings(runs).map(({ label, old, new: later, differs }) => {
    const name = differs ? `**${escaped(label)}**` : escaped(label)
    return [name, code(old), code(later)]
  })
  return ['### How they were made', '', ...table(columns, rows)]
}
