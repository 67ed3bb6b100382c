import { type Group, otherChanges, skippedGroups } from '../../content/groups.js'
import { count, plural } from '../../format.js'
import type { Report } from '../../report.js'
import { html, type Markup, shortened } from '../markup.js'
import { figure, type Section, section } from '../section.js'
import { targetList } from './anatomy.js'

/** Names in a reason may be of any length. */
const LONGEST = 600

/** What was done that the layers do not show, and what was left as it was, with the reason. */
export function changes(report: Report): Section | null {
  const [changed, skipped] = [otherChanges(report), skippedGroups(report)]
  if (changed.length + skipped.length === 0) return null
  const title = changed.length === 0 ? 'Skipped, and why' : skipped.length === 0 ? 'Changed' : 'Changed and skipped'
  const lead = [
    ...(changed.length > 0 ? [`${count(size(changed))} changed`] : []),
    ...(skipped.length > 0 ? [`${count(size(skipped))} left as they were`] : []),
  ]
  const both = changed.length > 0 && skipped.length > 0
  return section(
    { id: 'changes', title, short: skipped.length === 0 ? 'Changed' : 'Skipped' },
    `${lead.join(', ')}.`,
    changed.length === 0 ? null : both ? figure('Changed', groupList(changed)) : groupList(changed),
    skipped.length === 0 ? null : both ? figure('Skipped', groupList(skipped)) : groupList(skipped),
  )
}

/** What was said, and of which. */
export function groupList(all: readonly Group[]): Markup {
  return html`<ul class="groups">${all.map(
    ({ text, targets }) =>
      html`<li><p><strong>${shortened(text, LONGEST)}</strong> <span class="quiet">${plural(targets.length, 'time')}</span></p>${targetList(targets)}</li>
`,
  )}</ul>`
}

function size(all: readonly Group[]): number {
  return all.reduce((sum, group) => sum + group.targets.length, 0)
}
