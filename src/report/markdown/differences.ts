import {
  courseText,
  culprits,
  differenceName,
  layersText,
  notCompared,
  outputTexts,
  sqnrText,
} from '../content/differences.js'
import { number, percent, plural } from '../format.js'
import type { ComparisonReport, LayerDifferenceReport } from '../report.js'
import { code, escaped, foldedBeyond, type MarkdownColumn, table } from './syntax.js'

/** Tables up to this many rows stand open. */
const OPEN_ROWS = 10

/** How the outputs differ, which layers cause that, every layer, and what was left out. */
export function differenceSections(comparison: ComparisonReport): readonly (readonly string[])[] {
  return [outputs(comparison), ranked(comparison), every(comparison), leftOut(comparison)]
}

function outputs(comparison: ComparisonReport): readonly string[] {
  const columns: readonly MarkdownColumn[] = [
    { title: 'output', align: 'left' },
    { title: 'SQNR', align: 'right' },
    { title: 'max error', align: 'right' },
    { title: 'largest value', align: 'right' },
    { title: 'mean error', align: 'right' },
    { title: 'cosine', align: 'right' },
    { title: 'same top-1', align: 'right' },
    { title: '95 % interval', align: 'left' },
    { title: 'not finite', align: 'left' },
  ]
  const rows = outputTexts(comparison).map((output) => [
    code(output.name),
    `**${output.sqnr}**`,
    output.maxError,
    output.of,
    output.meanError,
    output.cosine,
    output.agreement ?? '',
    output.interval ?? '',
    escaped(output.nonFinite ?? ''),
  ])
  return ['### Outputs', '', ...table(columns, rows)]
}

function ranked(comparison: ComparisonReport): readonly string[] {
  const all = culprits(comparison)
  if (all.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'layer', align: 'left' },
    { title: 'op', align: 'left' },
    { title: 'causes', align: 'right' },
    { title: 'SQNR there', align: 'right' },
    { title: 'by itself', align: 'right' },
  ]
  const row = (layer: LayerDifferenceReport) => [
    code(differenceName(layer, comparison)),
    escaped(layer.op),
    percent(layer.share ?? 0, 1),
    courseText(layer),
    sqnrText(layer.localSqnrDb),
  ]
  const rest = all.slice(OPEN_ROWS).map(row)
  return [
    '### Where the error comes from',
    '',
    ...table(columns, all.slice(0, OPEN_ROWS).map(row)),
    ...(rest.length > 0 ? ['', ...foldedBeyond(0, rest.length, `${rest.length} more`, table(columns, rest))] : []),
    '',
    `${layersText(comparison)}.`,
  ]
}

function every(comparison: ComparisonReport): readonly string[] {
  const { layers } = comparison
  if (layers === null || layers.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'value', align: 'left' },
    { title: 'node', align: 'left' },
    { title: 'op', align: 'left' },
    { title: 'SQNR', align: 'right' },
    { title: 'by itself', align: 'right' },
    { title: 'max error', align: 'right' },
    { title: 'cosine', align: 'right' },
    { title: 'causes', align: 'right' },
  ]
  const rows = layers.map((layer) => [
    code(layer.name),
    code(layer.node),
    escaped(layer.op),
    sqnrText(layer.sqnrDb),
    sqnrText(layer.localSqnrDb),
    number(layer.maxError),
    number(layer.cosine, 6),
    (layer.share ?? 0) > 0 ? percent(layer.share ?? 0, 1) : '',
  ])
  return [
    '### The error through the graph',
    '',
    ...foldedBeyond(0, rows.length, plural(rows.length, 'value'), table(columns, rows)),
  ]
}

function leftOut(comparison: ComparisonReport): readonly string[] {
  const groups = notCompared(comparison)
  if (groups.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'why', align: 'left' },
    { title: 'what', align: 'left' },
  ]
  const rows = groups.map(({ text, targets }) => [escaped(text), targets.map(code).join(', ')])
  return [
    '### Not compared',
    '',
    ...foldedBeyond(OPEN_ROWS, rows.length, plural(rows.length, 'reason'), table(columns, rows)),
  ]
}
