import {
  AFTER_LOAD,
  consumerName,
  consumerRows,
  curveRows,
  decodingText,
  outputsText,
  packedRest,
  packedRows,
  packedTotal,
  versionText,
} from '../content/packing.js'
import type { Verdict } from '../content/verdict.js'
import type { RenderOptions } from '../form.js'
import { shape } from '../format.js'
import type { ConsumerReport, PackingReport, Report } from '../report.js'
import { type Line, line, span, type Tone } from './line.js'
import { INDENT, labelled, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { wrap } from './width.js'

const MOST_WEIGHTS = 20

const TONES: Readonly<Record<Verdict, Tone | null>> = { better: 'better', worse: 'worse', same: 'dim', neutral: null }

/** How weights are stored, where the result was loaded, what else was tried; and what not to expect. */
export function packingTables(report: Report, { width, full }: RenderOptions): readonly Line[] {
  const { packing } = report
  if (packing === null) return []
  const parts = [
    weightTable(packing, full ? packing.weights.length : MOST_WEIGHTS, width),
    curveTable(report, width),
    consumerTable(packing.consumers, width),
    labelled(
      [
        ['Bound', line(packing.bound)],
        ['After load', line(AFTER_LOAD)],
      ],
      width,
    ),
  ]
  return parts.filter((part) => part.length > 0).flatMap((part, i) => (i === 0 ? part : [[], ...part]))
}

function weightTable(packing: PackingReport, most: number, width: number): readonly Line[] {
  const rows = packedRows(packing, most)
  if (rows.length === 0) return []
  const columns: readonly Column[] = [
    { title: 'weight', align: 'left', yields: 'shorten' },
    { title: 'op', align: 'left', yields: { drop: 5 } },
    { title: 'shape', align: 'left', yields: { drop: 3 } },
    { title: 'stored as', align: 'left', yields: 'wrap' },
    ...(rows.some(({ sparsity }) => sparsity !== '')
      ? [{ title: 'sparsity', align: 'right', yields: { drop: 2 } } as const]
      : []),
    { title: 'bits', align: 'right' },
    { title: 'dense', align: 'right', yields: { drop: 1 } },
    { title: 'packed', align: 'right' },
    { title: 'smaller', align: 'right', yields: { drop: 0.5 } },
    { title: 'error', align: 'right' },
  ]
  const sparse = columns.some(({ title }) => title === 'sparsity')
  const total = packedTotal(packing)
  const body = rows.map((row) => [
    line(row.weight),
    line(row.op),
    line(shape(row.shape)),
    line(row.encoding),
    ...(sparse ? [line(row.sparsity)] : []),
    line(row.bits),
    line(row.before, 'dim'),
    line(row.after, 'strong'),
    line(row.factor),
    line(row.error),
  ])
  const last = [
    line(total.weight, 'strong'),
    [],
    [],
    [],
    ...(sparse ? [line(total.sparsity, 'strong')] : []),
    line(total.bits, 'strong'),
    line(total.before, 'dim'),
    line(total.after, 'strong'),
    line(total.factor, 'strong'),
    line(total.error, 'strong'),
  ]
  const rest = packedRest(packing, most)
  return [
    ...layoutTable(columns, packing.weights.length > 1 ? [...body, last] : body, {
      width,
      indent: INDENT,
      titles: true,
    }),
    ...(rest === null ? [] : paragraph(`... ${rest}: --report x.json has all`, width, 'dim')),
  ]
}

/** A block for each: what it took dense and packed, and what it makes of the weights. */
function consumerTable(consumers: readonly ConsumerReport[], width: number): readonly Line[] {
  if (consumers.length === 0) return []
  const columns: readonly Column[] = [
    { title: 'loaded in', align: 'left', yields: 'wrap' },
    { title: '', align: 'left' },
    { title: 'dense', align: 'right' },
    { title: 'packed', align: 'right' },
    { title: '', align: 'left', yields: 'wrap' },
  ]
  const rows = consumers.flatMap((consumer) => consumerCells(consumer))
  const table = rows.length === 0 ? [] : layoutTable(columns, rows, { width, indent: INDENT, titles: true })
  return [...table, ...consumers.flatMap((consumer) => problem(consumer, width))]
}

function consumerCells(consumer: ConsumerReport): readonly (readonly Line[])[] {
  const known = consumerRows(consumer).map((row) => [
    line(row.quantity, 'dim'),
    line(row.before, 'dim'),
    line(row.after, 'strong'),
    line(row.change, TONES[row.verdict]),
  ])
  const said = [
    ['weights', decodingText(consumer), consumer.folds === false ? 'worse' : null],
    ['outputs', outputsText(consumer), null],
  ] as const
  const words = said
    .filter(([, text]) => text !== '')
    .map(([label, text, tone]) => [line(label, 'dim'), [], [], line(text, tone)])
  const names = [line(consumer.name), line(versionText(consumer), 'dim')]
  return [...known, ...words].map((cells, i) => [names[i] ?? [], ...cells])
}

function problem(consumer: ConsumerReport, width: number): readonly Line[] {
  if (consumer.problem === null) return []
  const mark = `${' '.repeat(INDENT)}! `
  const text = span(`${consumerName(consumer)}: ${consumer.problem}`).text
  return wrap(text, Math.min(width, 100) - mark.length).map((part, i) =>
    line(`${i === 0 ? mark : ' '.repeat(mark.length)}${part}`, 'caution'),
  )
}

function curveTable(report: Report, width: number): readonly Line[] {
  const rows = curveRows(report)
  const metric = report.packing?.curve[0]?.metric
  if (rows.length === 0 || metric === undefined) return []
  const columns: readonly Column[] = [
    { title: 'tried', align: 'left', yields: 'wrap' },
    { title: 'size', align: 'right' },
    { title: '', align: 'left', yields: { drop: 1 } },
    { title: metric, align: 'right' },
    { title: 'change', align: 'right' },
    { title: '', align: 'left' },
  ]
  const cells = rows.map((row) => {
    const tone = row.chosen ? 'strong' : null
    return [
      line(row.bound, tone),
      line(row.bytes, tone),
      line(row.change, tone),
      line(row.value, tone),
      line(row.loss, tone),
      row.chosen ? [span('■ taken', 'accent')] : [],
    ]
  })
  return layoutTable(columns, cells, { width, indent: INDENT, titles: true })
}
