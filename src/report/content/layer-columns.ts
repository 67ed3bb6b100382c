import { bytes, count, percent, shape } from '../format.js'
import type { LayerReport } from '../report.js'
import { sparsity } from './facts.js'
import { type LayerRow, type LayerTotal, layerTotal } from './layers.js'
import { sparkline } from './sparkline.js'

/** A property of a layer as every form shows it. */
export interface LayerColumn {
  readonly title: string
  readonly align: 'left' | 'right'
  readonly of: (layer: LayerReport) => string
  /** What stands for a layer that one of the two models does not have; null to show only the other. */
  readonly missing: string | null
  readonly total: ((total: LayerTotal) => string) | null
  /** Whether the column says anything: it would not, were all its cells alike and known from elsewhere. */
  readonly worthwhile: (rows: readonly LayerRow[], compared: boolean) => boolean
}

/** A cell: one text, or two where before and after look different. */
export type LayerCell = { readonly before: string | null; readonly now: string }

const always = () => true

export const LAYER_COLUMNS = {
  op: { title: 'op', align: 'left', of: (l) => l.op, missing: null, total: null, worthwhile: always },
  shape: { title: 'shape', align: 'left', of: (l) => shape(l.shape), missing: null, total: null, worthwhile: always },
  dtype: { title: 'dtype', align: 'left', of: (l) => l.dtype, missing: null, total: null, worthwhile: always },
  parameters: {
    title: 'parameters',
    align: 'right',
    of: (l) => count(l.parameters),
    missing: '0',
    total: (t) => count(t.parameters),
    worthwhile: always,
  },
  bytes: {
    title: 'bytes',
    align: 'right',
    of: (l) => bytes(l.bytes),
    missing: bytes(0),
    total: (t) => bytes(t.bytes),
    worthwhile: (rows, compared) => !compared || rows.some((r) => r.before?.bytes !== r.after?.bytes),
  },
  encoding: {
    title: 'stored as',
    align: 'left',
    of: (l) => l.encoding ?? l.dtype,
    missing: null,
    total: null,
    worthwhile: (rows, compared) => !compared && isAnyPacked(rows), // else it is told of packing
  },
  bits: {
    title: 'bits/weight',
    align: 'right',
    of: bitsPerWeight,
    missing: null,
    total: bitsPerWeight,
    worthwhile: isAnyPacked,
  },
  macs: {
    title: 'MACs',
    align: 'right',
    of: (l) => (l.macs === null ? '' : count(l.macs, 7)),
    missing: '0',
    total: null,
    worthwhile: (rows, compared) =>
      compared ? rows.some((r) => r.before?.macs !== r.after?.macs) : rows.some((r) => r.now.macs !== null),
  },
  sparsity: {
    title: 'sparsity',
    align: 'right',
    of: (l) => percent(sparsity(l), 1),
    missing: null,
    total: (t) => percent(sparsity(t), 1),
    worthwhile: (rows) => rows.some((r) => [r.before, r.after].some((l) => l !== null && l.nonZero < l.parameters)),
  },
  nearZero: {
    title: 'near 0',
    align: 'right',
    of: (l) => (l.distribution === null ? '' : percent(l.distribution.nearZero, 1)),
    missing: null,
    total: null,
    worthwhile: (rows, compared) => !compared && rows.some((r) => r.now.distribution !== null),
  },
  values: {
    title: 'values',
    align: 'left',
    of: (l) => (l.distribution === null ? '' : sparkline(l.distribution.histogram)),
    missing: null,
    total: null,
    worthwhile: (rows, compared) => !compared && rows.some((r) => r.now.distribution !== null),
  },
} as const satisfies Readonly<Record<string, LayerColumn>>

function isAnyPacked(rows: readonly LayerRow[]): boolean {
  return rows.some((r) => [r.before, r.after].some((l) => l !== null && l.encoding !== null))
}

/** In the file; empty where there is no weight. */
function bitsPerWeight({ bytes, parameters }: { readonly bytes: number; readonly parameters: number }): string {
  if (parameters === 0) return ''
  const bits = (8 * bytes) / parameters
  return bits.toFixed(bits < 0.995 ? 2 : 1)
}

export type LayerColumnName = keyof typeof LAYER_COLUMNS

/** @param compared  whether the report is of two models; in one of a single model no layer is missing */
export function layerCell(column: LayerColumn, { before, after, now }: LayerRow, compared: boolean): LayerCell {
  const text = (layer: LayerReport | null) => (layer === null ? column.missing : column.of(layer))
  return compared ? pair(text(before), text(after), column.of(now)) : { before: null, now: column.of(now) }
}

/** The last row: over all layers, also those that are not shown. */
export function totalCell(column: LayerColumn, rows: readonly LayerRow[], compared: boolean): LayerCell {
  if (column.total === null) return { before: null, now: '' }
  const present = (layers: readonly (LayerReport | null)[]) => layerTotal(layers.filter((l) => l !== null))
  const before = column.total(present(rows.map((r) => r.before)))
  return compared
    ? pair(before, column.total(present(rows.map((r) => r.after))), before)
    : { before: null, now: before }
}

function pair(before: string | null, after: string | null, only: string): LayerCell {
  return before === null || after === null || before === after
    ? { before: null, now: after ?? only }
    : { before, now: after }
}
