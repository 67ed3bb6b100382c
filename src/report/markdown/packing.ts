import {
  AFTER_LOAD,
  consumerName,
  consumerRows,
  curveRows,
  curveText,
  decodingText,
  outputsText,
  packedRows,
  packedTotal,
} from '../content/packing.js'
import { plural, shape } from '../format.js'
import type { ConsumerReport, PackingReport, Report } from '../report.js'
import { escaped, foldedBeyond, type MarkdownColumn, named, OPEN_ROWS, table } from './syntax.js'

type Lines = readonly string[]

/** How weights are stored, where the result was loaded, and what else was tried. */
export function packingSections(report: Report): readonly Lines[] {
  const { packing } = report
  if (packing === null) return []
  return [weights(packing), consumers(packing.consumers), curve(report, packing)]
}

function weights(packing: PackingReport): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: 'weight', align: 'left' },
    { title: 'op', align: 'left' },
    { title: 'shape', align: 'left' },
    { title: 'stored as', align: 'left' },
    { title: 'sparsity', align: 'right' },
    { title: 'bits/weight', align: 'right' },
    { title: 'dense', align: 'right' },
    { title: 'packed', align: 'right' },
    { title: 'smaller', align: 'right' },
    { title: 'error', align: 'right' },
  ]
  const n = packing.weights.length
  const rows = packedRows(packing, n).map((row) => [
    named(row.weight),
    escaped(row.op),
    shape(row.shape),
    escaped(row.encoding),
    row.sparsity,
    row.bits,
    row.before,
    row.after,
    row.factor,
    row.error,
  ])
  const all = packedTotal(packing)
  const total = ['all', '', '', '', all.sparsity, all.bits, all.before, all.after, all.factor, all.error].map(bold)
  return [
    '### Packed weights',
    '',
    `Bound: ${escaped(packing.bound)}. ${AFTER_LOAD}`,
    '',
    ...foldedBeyond(OPEN_ROWS, n, plural(n, 'weight'), table(columns, n > 1 ? [...rows, total] : rows)),
  ]
}

function consumers(all: readonly ConsumerReport[]): Lines {
  if (all.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'loaded in', align: 'left' },
    { title: '', align: 'left' },
    { title: 'dense', align: 'right' },
    { title: 'packed', align: 'right' },
    { title: '', align: 'left' },
  ]
  const rows = all.flatMap((consumer) => {
    const known = consumerRows(consumer).map((row) => [row.quantity, row.before, row.after, row.change])
    const words = [
      ['weights', '', '', decodingText(consumer)],
      ['outputs', '', '', outputsText(consumer)],
    ].filter((cells) => cells[3] !== '')
    return [...known, ...words].map((cells, i) => [i === 0 ? escaped(consumerName(consumer)) : '', ...cells])
  })
  const problems = all.flatMap((consumer) =>
    consumer.problem === null ? [] : [`- ⚠ ${escaped(`${consumerName(consumer)}: ${consumer.problem}`)}`],
  )
  return [
    '### Loaded in',
    '',
    ...(rows.length > 0 ? table(columns, rows) : []),
    ...(rows.length > 0 && problems.length > 0 ? [''] : []),
    ...problems,
  ]
}

function curve(report: Report, packing: PackingReport): Lines {
  const rows = curveRows(report)
  const metric = packing.curve[0]?.metric
  if (rows.length === 0 || metric === undefined) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'tried', align: 'left' },
    { title: 'size', align: 'right' },
    { title: '', align: 'left' },
    { title: metric, align: 'right' },
    { title: 'change', align: 'right' },
    { title: 'taken', align: 'left' },
  ]
  const cells = rows.map((row) => {
    const texts = [escaped(row.bound), row.bytes, row.change, row.value, row.loss]
    return row.chosen ? [...texts.map(bold), '✓'] : [...texts, '']
  })
  return ['### Size and accuracy', '', ...table(columns, cells), '', escaped(curveText(packing))]
}

function bold(text: string): string {
  return text === '' ? '' : `**${text}**`
}
