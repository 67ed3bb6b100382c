import type { Report } from '../report.js'
import { html, shortened } from './markup.js'
import { page } from './page.js'
import type { Section } from './section.js'
import { anatomy } from './sections/anatomy.js'
import { changes } from './sections/changes.js'
import { fidelity } from './sections/fidelity.js'
import { day, head } from './sections/head.js'
import { latency } from './sections/latency.js'
import { layerTable } from './sections/layer-table.js'
import { layers } from './sections/layers.js'
import { metrics } from './sections/metrics.js'
import { modelFactsSection } from './sections/model.js'
import { next } from './sections/next.js'
import { packing } from './sections/packing.js'
import { reproduction } from './sections/reproduction.js'
import { groups, structured } from './sections/structured.js'

/** What a report may have, in the order in which one reads: what came of it, what it is made of, how it was made. Each is null where the report has nothing of it. */
const SECTIONS: readonly ((report: Report) => Section | null)[] = [
  metrics,
  structured,
  groups,
  packing,
  fidelity,
  latency,
  anatomy,
  layers,
  layerTable,
  changes,
  modelFactsSection,
  reproduction,
]

export function reportPage(report: Report): string {
  const { command, before, tool, times } = report
  return page({
    title: `${command}: ${shortened(before.path ?? '(stream)', 80)} – mcompress`,
    head: [head(report), next(report)],
    sections: SECTIONS.map((make) => make(report)).filter((made) => made !== null),
    footer: html`${tool.name} ${tool.version}, ${day(times.startedAt)}`,
  })
}
