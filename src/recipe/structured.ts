import type { Structured } from '../passes/pass.js'
import { metricValue, type StructuredReport } from '../report/report.js'

/** What a pass removed; what keeps most weights comes first of what it could not. */
export function structuredReport({ goal, groups, frozen, blocks, recovered, oracle }: Structured): StructuredReport {
  return {
    goal,
    groups,
    frozen: [...frozen].sort((a, b) => b.bytes - a.bytes),
    blocks: blocks.map((block) => ({ ...block, score: metricValue(block.score) })),
    recovered: recovered.map((layer) => ({
      ...layer,
      errorBefore: metricValue(layer.errorBefore),
      errorAfter: metricValue(layer.errorAfter),
    })),
    oracle,
  }
}
