import { divide } from '../analysis/anatomy.js'
import { DIVISIONS } from '../analysis/division.js'
import { findingsOf } from '../analysis/findings/index.js'
import { countMacs } from '../analysis/macs.js'
import { inventoryOf } from '../analysis/pieces.js'
import { inferShapes } from '../analysis/shapes.js'
import { unpacked } from '../analysis/unpacked.js'
import type { ModelFile } from '../onnx/read.js'
import { bytes, count, percent, plural } from '../report/format.js'
import type { PartReport, WhyReport } from '../report/report.js'

/** Where bytes, parameters and MACs of a model are, and what could go. */
export async function whyReport(
  { model: asStored, source, external }: ModelFile,
  dims: Readonly<Record<string, number>>,
): Promise<WhyReport> {
  const { model } = await unpacked(asStored)
  const macs = countMacs(model, await inferShapes(model, { dims }))
  const inventory = inventoryOf(model, macs, [source, ...external])
  return {
    trees: DIVISIONS.map((by) => ({ by, root: divide(inventory, by) })),
    findings: findingsOf(model, inventory),
  }
}

/**
 * What comes first to mind, and what could be done about it.
 *
 * @param macs  of one run; null when they are not known
 */
export function whyHeadlines({ trees, findings }: WhyReport, macs: number | null): string[] {
  const root = trees.find((tree) => tree.by === 'op')?.root
  const saved = findings.reduce((sum, finding) => sum + finding.bytes, 0)
  const found =
    findings.length === 0
      ? 'nothing that could go was found'
      : saved === 0
        ? `${plural(findings.length, 'finding')} below`
        : `${plural(findings.length, 'finding')} below could save ${bytes(saved)}`
  const [largest] = root?.children ?? []
  if (root === undefined || largest === undefined || root.bytes === 0) return [`${capital(found)}.`]
  const share = percent(largest.bytes / root.bytes)
  return [`${share} of ${bytes(root.bytes)} ${holder(largest)}; ${found}.`, ...branchLine(root, macs)]
}

/** The tree has every branch of an If, a run takes one. */
function branchLine(root: PartReport, macs: number | null): string[] {
  if (macs === null || root.macs <= macs) return []
  return [
    `One run computes at most ${count(macs, 7)} of the ${count(root.macs, 7)} MACs listed: one branch of each If.`,
  ]
}

/** An op is named, the graph is what the bytes are. */
function holder({ name }: PartReport): string {
  return /^[\w.]+$/.test(name) ? `are weights of ${name}` : `are ${name}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
