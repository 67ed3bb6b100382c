import {
  bytes,
  type ChangeWords,
  COUNT_WORDS,
  count,
  NONE,
  percent,
  percentDigits,
  points,
  SIZE_WORDS,
  sizeChange,
} from '../format.js'
import type { MacsReport, ModelReport } from '../report.js'
import { macsNote, modelSparsity } from './facts.js'
import { type Verdict, verdictOf } from './verdict.js'

/** One quantity of the model before and after. */
export interface ComparisonRow {
  readonly label: string
  /** null where it would only repeat `after`. */
  readonly before: string | null
  readonly after: string
  readonly change: string | null
  readonly verdict: Verdict
  /** What must be known to read the numbers, e.g. the dimensions that MACs are counted for. */
  readonly note: string | null
  /** `after` by `before`, where a size changed. */
  readonly ratio?: number
}

/** What the user wants to know first: sizes and work. */
export function modelRows(before: ModelReport, after: ModelReport): readonly ComparisonRow[] {
  return [
    sizeRow('Size on disk', before.bytes, after.bytes, bytes, SIZE_WORDS),
    ...compressedRow('Gzipped', before.gzipBytes, after.gzipBytes),
    ...compressedRow('With zstd', before.zstdBytes, after.zstdBytes),
    sizeRow('Parameters', before.parameters, after.parameters, count, COUNT_WORDS),
    sizeRow('Non-zero', before.nonZeroParameters, after.nonZeroParameters, count, COUNT_WORDS),
    sparsityRow(before, after),
    macsRow(before.macs, after.macs),
    ...nodeRow(before, after),
    ...versionRows(before, after),
  ]
}

/** None where neither size is known. */
function compressedRow(label: string, before: number | null, after: number | null): readonly ComparisonRow[] {
  return before === null && after === null ? [] : [sizeRow(label, before, after, bytes, SIZE_WORDS)]
}

function sizeRow(
  label: string,
  before: number | null,
  after: number | null,
  format: (n: number) => string,
  words: ChangeWords,
): ComparisonRow {
  const known = before !== null && after !== null
  const same = before === after
  return {
    label,
    before: same ? null : before === null ? NONE : format(before),
    after: after === null ? NONE : format(after),
    change: known ? sizeChange(before, after, words) : null,
    verdict: known ? verdictOf(before, after, 'lower') : 'neutral',
    note: null,
    ...(known && !same && before > 0 ? { ratio: after / before } : {}),
  }
}

/** Those that decode packed weights are gone once a model is loaded: more of them are no harm. */
function nodeRow(before: ModelReport, after: ModelReport): readonly ComparisonRow[] {
  if (before.nodes === after.nodes) return []
  const row = sizeRow('Nodes', before.nodes, after.nodes, count, COUNT_WORDS)
  const isPacked = after.layers.some(({ encoding }) => encoding !== null)
  return [isPacked ? { ...row, verdict: 'neutral' } : row]
}

/** Neutral: after channels are removed fewer zeros are as good as more of them are after pruning weights. */
function sparsityRow(before: ModelReport, after: ModelReport): ComparisonRow {
  const [from, to] = [modelSparsity(before), modelSparsity(after)]
  const digits = percentDigits(from, to)
  return {
    label: 'Sparsity',
    before: from === to ? null : percent(from, digits),
    after: percent(to, digits),
    change: from === to ? 'unchanged' : points(to - from, digits),
    verdict: from === to ? 'same' : 'neutral',
    note: null,
  }
}

function macsRow(before: MacsReport, after: MacsReport): ComparisonRow {
  const row = sizeRow('MACs', before.total, after.total, (n) => count(n, 7), COUNT_WORDS)
  return { ...row, change: row.after === NONE ? null : row.change, note: macsNote(after) }
}

/** IR and opset versions that a pass raised, and domains that it brought in or out. */
function versionRows(before: ModelReport, after: ModelReport): readonly ComparisonRow[] {
  const domains = [...new Set([...Object.keys(before.opsets), ...Object.keys(after.opsets)])]
  const versions = [
    { label: 'IR version', before: before.irVersion, after: after.irVersion },
    ...domains.map((domain) => ({
      label: domain === '' || domain === 'ai.onnx' ? 'Opset' : `Opset of ${domain}`,
      before: before.opsets[domain] ?? null,
      after: after.opsets[domain] ?? null,
    })),
  ]
  return versions
    .filter((v) => v.before !== v.after)
    .map((v) => ({
      label: v.label,
      before: v.before === null ? NONE : String(v.before),
      after: v.after === null ? NONE : String(v.after),
      change: v.before === null ? 'added' : v.after === null ? 'removed' : 'converted',
      verdict: 'neutral',
      note: null,
    }))
}
