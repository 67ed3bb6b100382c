import type { RenderOptions } from '../form.js'
import { bytes, count } from '../format.js'
import type { FindingReport } from '../report.js'
import { type Line, line } from './line.js'
import { INDENT, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

const MOST_FINDINGS = 12
const MOST_TARGETS = 3

const COLUMNS: readonly Column[] = [
  { title: '', align: 'right' },
  { title: '', align: 'left', yields: 'wrap' },
]

/** What could go: how much that saves, what it is, and what to do about it. */
export function findingList(findings: readonly FindingReport[], { width, full }: RenderOptions): readonly Line[] {
  if (findings.length === 0) return []
  const shown = full ? findings : findings.slice(0, MOST_FINDINGS)
  const rows = shown.flatMap((finding) => [
    [line(finding.bytes === 0 ? '' : bytes(finding.bytes), 'strong'), line(finding.what)],
    ...(finding.targets.length > 0 ? [[[], line(listed(finding.targets, full), 'dim')]] : []),
    [[], line(`→ ${finding.remedy}`, 'accent')],
  ])
  const hidden = findings.length - shown.length
  return [
    line(`Findings ${count(findings.length)}`, 'strong'),
    ...layoutTable(COLUMNS, rows, { width: Math.min(width, 100), indent: INDENT, titles: false }),
    ...(hidden > 0 ? paragraph(`... and ${count(hidden)} more: --verbose shows all`, width, 'dim') : []),
  ]
}

function listed(names: readonly string[], full: boolean): string {
  const shown = full ? names : names.slice(0, MOST_TARGETS)
  const more = names.length - shown.length
  return `${shown.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`
}
