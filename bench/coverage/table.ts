import { markdownTable } from '../support/table.js'
import { verdict } from '../support/verdict.js'
import { type Architecture, type Family, isInRecord } from './architectures.js'
import type { Export } from './export.js'
import type { Pair, Result } from './prune.js'

/** A model of the list: how its export went, and what pruning made of it; null for what has not been done yet. */
export interface Row {
  readonly architecture: Architecture
  readonly exported: Export | null
  readonly result: Result | null
}

/** Of the timm models that export; the public record is 119 of 294. */
const LEAST_OF_TIMM = 0.85

/** One table in Markdown, a line a model. */
export function coverageTable(rows: readonly Row[]): string {
  const header = [
    'model',
    'pruned',
    'MACs',
    'left',
    'parameters',
    'left',
    'units cut',
    'difference',
    'in the way',
    'time',
    'memory',
  ]
  return markdownTable(header, rows.map(cells))
}

function cells({ architecture: { family, name }, exported, result }: Row): string[] {
  const title = `${family}/${name}`
  if (result === null) {
    const why = exported === null || exported.status === 'ok' ? 'not yet' : notRun(exported)
    return [title, why, ...Array<string>(9).fill('')]
  }
  const { verdict, exit, reason, macs, parameters, units, difference, blocker, seconds, peakBytes } = result
  return [
    title,
    verdict === 'covered' ? 'yes' : `**${verdict}** (${exit}) ${cell(reason, 300)}`,
    macs === null ? '' : count(macs.before),
    share(macs),
    parameters === null ? '' : count(parameters.before),
    share(parameters),
    units === null ? '' : `${units.removed} of ${units.all}`,
    difference === null ? '' : difference.toExponential(1),
    cell(blocker, 120),
    `${seconds.toFixed(1)} s`,
    `${(peakBytes / 1e9).toFixed(1)} GB`,
  ]
}

function notRun(exported: Exclude<Export, { status: 'ok' }>): string {
  if (exported.status === 'memory') return 'not run: its export takes too much memory'
  return `not exported: ${cell(exported.reason, 160)}`
}

/** Text that neither ends a cell nor makes the table unreadable. */
function cell(text: string | null, length: number): string {
  const line = (text ?? '').replaceAll('|', '\\|')
  return line.length > length ? `${line.slice(0, length)}...` : line
}

/** How many, and whether that is what is promised; the limits only where a family is whole. */
export function summary(rows: readonly Row[], areAll: (family: Family) => boolean): string[] {
  const isWhole = (family: Family) =>
    areAll(family) && rows.every((row) => row.architecture.family !== family || !isToDo(row))
  const record = rows.filter(({ architecture }) => isInRecord(architecture))
  const torchvision = rows.filter(({ architecture }) => architecture.family === 'torchvision')
  const timm = rows.filter(({ architecture }) => architecture.family === 'timm')
  const exportedOfTimm = timm.filter(({ exported }) => exported?.status === 'ok')
  const said: string[] = []
  if (torchvision.length > 0) {
    const what = `${covered(record)} of the ${record.length} models of torchvision in the public record`
    said.push(isWhole('torchvision') ? verdict(covered(record) === record.length, what) : what)
    said.push(`${covered(torchvision)} of ${torchvision.length} models of torchvision${aside(torchvision)}`)
  }
  if (timm.length > 0) {
    const isEnough = covered(timm) >= LEAST_OF_TIMM * exportedOfTimm.length
    const share = `${((100 * covered(timm)) / Math.max(1, exportedOfTimm.length)).toFixed(0)} %`
    const what = `${covered(timm)} of ${exportedOfTimm.length} models of timm that export, ${share}`
    said.push(isWhole('timm') ? verdict(isEnough, `${what}, at least ${100 * LEAST_OF_TIMM} %`) : what)
    said.push(`${timm.length} models of timm${aside(timm)}`)
  }
  return said
}

function covered(rows: readonly Row[]): number {
  return rows.filter(({ result }) => result?.verdict === 'covered').length
}

function isToDo({ exported, result }: Row): boolean {
  return result === null && (exported?.status ?? 'ok') === 'ok'
}

/** What the numbers above leave out. */
function aside(rows: readonly Row[]): string {
  const parts = [
    [rows.filter(({ exported }) => exported?.status === 'failed').length, 'do not export'],
    [rows.filter(({ exported }) => exported?.status === 'memory').length, 'not run: too much memory'],
    [rows.filter(isToDo).length, 'not yet'],
  ] as const
  const text = parts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`)
  return text.length === 0 ? '' : ` (${text.join(', ')})`
}

function share(pair: Pair | null): string {
  return pair === null || pair.before === 0 ? '' : `${((100 * pair.after) / pair.before).toFixed(0)} %`
}

function count(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(2)} G` : `${(n / 1e6).toFixed(n >= 1e7 ? 0 : 1)} M`
}
