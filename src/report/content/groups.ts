import type { Report, SkipReport } from '../report.js'
import { layerRows } from './layers.js'

/** Targets of which the same was said. */
export interface Group {
  readonly text: string
  readonly targets: readonly string[]
}

/** What the passes left as it was, by reason; the reason that hit most comes first. */
export function skippedGroups(report: Report): readonly Group[] {
  return grouped(report.steps.flatMap((step) => step.skipped))
}

/** What cuts whole groups tells of the groups: that their weights, biases and norms are smaller follows. */
const TOLD_BY_GROUPS = 'prune-structured'

/** What the passes did to anything that the tables of layers, packed weights and groups do not show. */
export function otherChanges(report: Report): readonly Group[] {
  const shown = new Set([
    ...layerRows(report).flatMap(({ before, after }) => [before?.weight, after?.weight]),
    ...(report.packing?.weights.map(({ weight }) => weight) ?? []),
  ])
  const steps = report.steps.filter(({ pass }) => report.structured === null || pass !== TOLD_BY_GROUPS)
  const changes = steps.flatMap((step) => step.changed.filter((c) => !shown.has(c.target)))
  return grouped(changes.map((c) => ({ target: c.target, why: c.what })))
}

function grouped(entries: readonly SkipReport[]): readonly Group[] {
  const groups = new Map<string, Set<string>>() // a set, as several steps may say the same of one target
  for (const { target, why: text } of entries) {
    const targets = groups.get(text) ?? new Set()
    groups.set(text, targets.add(target))
  }
  return [...groups]
    .map(([text, targets]) => ({ text, targets: [...targets] }))
    .sort((a, b) => b.targets.length - a.targets.length)
}
