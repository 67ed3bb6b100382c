import { isMadeUp } from '../../ir/names.js'
import type { LayerReport, Report } from '../report.js'

/** A weight before and after; one of the two is there. */
export interface LayerRow {
  readonly before: LayerReport | null
  readonly after: LayerReport | null
  /** The state to show: `after`, or `before` for a layer that is gone or a report of one model. */
  readonly now: LayerReport
}

export interface LayerTotal {
  readonly weights: number
  readonly parameters: number
  readonly nonZero: number
  readonly bytes: number
}

/** How `before` and `after` are matched, strictest first: passes may rename a weight or fuse a node away. */
const MATCHES: readonly ((layer: LayerReport) => string)[] = [
  (l) => JSON.stringify([l.weight, l.node]),
  (l) => JSON.stringify(l.weight),
  (l) => JSON.stringify(l.node),
]

/** In the order of the model as it came in; layers that were not there come last. */
export function layerRows({ before, after }: Pick<Report, 'before' | 'after'>): readonly LayerRow[] {
  if (after === null) return before.layers.map((layer) => ({ before: layer, after: null, now: layer }))
  const partners = new Map<LayerReport, LayerReport>()
  const free = new Set(after.layers)
  for (const key of MATCHES) {
    const candidates = new Map<string, LayerReport[]>()
    for (const layer of free) {
      const same = candidates.get(key(layer)) ?? []
      same.push(layer)
      candidates.set(key(layer), same)
    }
    for (const layer of before.layers) {
      const partner = partners.has(layer) ? undefined : candidates.get(key(layer))?.shift()
      if (partner === undefined) continue
      partners.set(layer, partner)
      free.delete(partner)
    }
  }
  return [
    ...before.layers.map((layer) => {
      const partner = partners.get(layer) ?? null
      return { before: layer, after: partner, now: partner ?? layer }
    }),
    ...[...free].map((layer) => ({ before: null, after: layer, now: layer })),
  ]
}

/** Whether anything that a table shows differs. */
export function layerChanged({ before, after }: LayerRow): boolean {
  if (before === null || after === null) return true
  return (
    before.nonZero !== after.nonZero ||
    before.parameters !== after.parameters ||
    before.bytes !== after.bytes ||
    before.dtype !== after.dtype ||
    before.macs !== after.macs ||
    before.shape.join() !== after.shape.join()
  )
}

/** The `n` with the most parameters, in the order that they came in. */
export function largestLayers(rows: readonly LayerRow[], n: number): readonly LayerRow[] {
  const size = (row: LayerRow) => Math.max(row.before?.parameters ?? 0, row.after?.parameters ?? 0)
  const chosen = new Set([...rows].sort((a, b) => size(b) - size(a)).slice(0, n))
  return rows.filter((row) => chosen.has(row))
}

/** Over distinct weights: one that several nodes share counts once. */
export function layerTotal(layers: readonly LayerReport[]): LayerTotal {
  const weights = [...new Map(layers.map((layer) => [layer.weight, layer])).values()]
  const sum = (of: (layer: LayerReport) => number) => weights.reduce((total, layer) => total + of(layer), 0)
  return {
    weights: weights.length,
    parameters: sum((l) => l.parameters),
    nonZero: sum((l) => l.nonZero),
    bytes: sum((l) => l.bytes),
  }
}

/**
 * What to call a layer where there is room for one name: the weight's, unless an exporter made it up
 * (`onnx::Conv_42`, `1234`, `_v_17`) and the node has one.
 */
export function layerName(layer: LayerReport): string {
  return (
    [isMadeUp(layer.weight) ? '' : layer.weight, layer.node, layer.weight].find((name) => name !== '') ?? '(unnamed)'
  )
}
