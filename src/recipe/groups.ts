import { dependenciesOf, type Group } from '../analysis/dependencies/dependencies.js'
import { countMacs, type MacCount } from '../analysis/macs.js'
import { inferShapes, shareShapes } from '../analysis/shapes.js'
import { unpacked } from '../analysis/unpacked.js'
import type { Model, Node, Value } from '../ir/graph.js'
import { frozenWeights, prunedGroups } from '../passes/prune-structured/described.js'
import { prepare } from '../passes/prune-structured/prepare.js'
import type { GroupsReport } from '../report/report.js'

/** What structured pruning could remove of a model, and what has to stay: seen as the pass sees it. */
export async function groupsReport(
  asStored: Model,
  dims: Readonly<Record<string, number>>,
  signal: AbortSignal | undefined,
): Promise<GroupsReport> {
  const { model: original } = await unpacked(asStored)
  const { model } = original.clone()
  shareShapes(original, model)
  await prepare(model, signal)
  const shapes = await inferShapes(model, { dims })
  const dependencies = dependenciesOf(model, shapes, await inferShapes(model, { open: true }))
  const macs = countMacs(model, shapes)
  const described = prunedGroups(dependencies, new Uint8Array(dependencies.unitCount))
  return {
    groups: dependencies.groups.map((group, i) => {
      const { channels = 0, producers = [], consumers = [] } = described[i] ?? {}
      return {
        name: group.name,
        kind: group.kind,
        units: group.units.length,
        channels,
        ...weightOf(group, macs),
        producers,
        consumers,
      }
    }),
    frozen: [...frozenWeights(dependencies)].sort((a, b) => b.bytes - a.bytes),
    blocked: dependencies.trace.blocked.map(({ node, why }) => ({ node: node.label, why })),
  }
}

/** Of the layers that make the units, or sum over them; each counts once. */
function weightOf({ producers, consumers }: Group, macs: MacCount): { macs: number | null; bytes: number } {
  const nodes = new Set<Node>()
  const weights = new Map<Value, number>()
  for (const { node, stored } of [...producers, ...consumers]) {
    nodes.add(node)
    if (stored !== null) weights.set(stored.source.value, stored.source.tensor.byteLength)
  }
  const counts = [...nodes].map((node) => macs.byNode.get(node) ?? macs.of(node, null))
  const isKnown = counts.every((count) => count !== null)
  const sum = (all: Iterable<number | null>) => [...all].reduce<number>((total, n) => total + (n ?? 0), 0)
  return { macs: isKnown ? sum(counts) : null, bytes: sum(weights.values()) }
}
