import {
  course,
  courseText,
  culprits,
  differenceName,
  layersText,
  notCompared,
  outputTexts,
  sqnrText,
} from '../content/differences.js'
import type { RenderOptions } from '../form.js'
import { count, number, percent } from '../format.js'
import type { ComparisonReport, LayerDifferenceReport } from '../report.js'
import { bar } from './bar.js'
import { groupList } from './group-list.js'
import { type Line, line, lineWidth, span } from './line.js'
import { INDENT, paragraph } from './paragraph.js'
import { type Column, layoutTable } from './table.js'
import { shorten } from './width.js'

/** Layers that are shown unless all are asked for. */
const MOST_LAYERS = 10
const MOST_CELLS = 72

/** How the outputs differ, which layers cause that, and what was left out: a list of lines for each. */
export function differenceTables(comparison: ComparisonReport, options: RenderOptions): readonly (readonly Line[])[] {
  return [
    outputTable(comparison, options.width),
    culpritTable(comparison, options),
    courseLines(comparison, options.width),
    ...(options.full ? [layerList(comparison, options.width)] : []),
    groupList('Not compared', notCompared(comparison), options),
  ]
}

function outputTable(comparison: ComparisonReport, width: number): readonly Line[] {
  const columns: readonly Column[] = [
    { title: 'output', align: 'left', yields: 'shorten' },
    { title: 'SQNR', align: 'right' },
    { title: 'max error', align: 'right' },
    { title: 'of', align: 'right', yields: { drop: 3 } },
    { title: 'mean error', align: 'right', yields: { drop: 1 } },
    { title: 'cosine', align: 'right', yields: { drop: 2 } },
    { title: 'same top-1', align: 'right' },
    { title: '95 % interval', align: 'left' },
  ]
  const texts = outputTexts(comparison)
  const rows = texts.map((output) => [
    line(output.name),
    line(output.sqnr, 'strong'),
    line(output.maxError),
    line(output.of, 'dim'),
    line(output.meanError),
    line(output.cosine),
    line(output.agreement ?? ''),
    line(output.interval ?? '', 'dim'),
  ])
  const shown = texts.some(({ agreement }) => agreement !== null) ? columns : columns.slice(0, -2)
  const broken = texts.filter(({ nonFinite }) => nonFinite !== null)
  return [
    ...layoutTable(shown, rows, { width, indent: INDENT, titles: true }),
    ...broken.flatMap(({ name, nonFinite }) => paragraph(`${name}: ${nonFinite}`, width, 'caution')),
  ]
}

/** The layers that cause the error, the worst first. */
function culpritTable(comparison: ComparisonReport, { width, full }: RenderOptions): readonly Line[] {
  const ranked = culprits(comparison)
  if (ranked.length === 0) return []
  const shown = full ? ranked : ranked.slice(0, MOST_LAYERS)
  const columns: readonly Column[] = [
    { title: 'layer', align: 'left', yields: 'shorten' },
    { title: 'op', align: 'left', yields: { drop: 2 } },
    { title: 'causes', align: 'right' },
    { title: '', align: 'left', yields: { drop: 3 } },
    { title: 'SQNR there', align: 'right' },
    { title: 'by itself', align: 'right', yields: { drop: 1 } },
  ]
  const rows = shown.map((layer) => [
    line(differenceName(layer, comparison)),
    line(layer.op, 'dim'),
    line(percent(layer.share ?? 0, 1), 'strong'),
    bar(layer.share ?? 0),
    line(courseText(layer)),
    line(sqnrText(layer.localSqnrDb), 'dim'),
  ])
  return [
    ...layoutTable(columns, rows, { width, indent: INDENT, titles: true }),
    ...paragraph(restText(ranked, shown, comparison), width, 'dim'),
  ]
}

function restText(
  ranked: readonly LayerDifferenceReport[],
  shown: readonly LayerDifferenceReport[],
  comparison: ComparisonReport,
): string {
  const rest = ranked.slice(shown.length)
  if (rest.length === 0) return layersText(comparison)
  const share = rest.reduce((sum, layer) => sum + (layer.share ?? 0), 0)
  return `... and ${count(rest.length)} more with ${percent(share, 1)} of the error: --verbose; ${layersText(comparison)}`
}

/** A picture of the SQNR from the first layer to the last, and below it where the culprit is. */
function courseLines(comparison: ComparisonReport, width: number): readonly Line[] {
  const room = Math.min(MOST_CELLS, width - INDENT - 'equal  123.4 dB'.length - 2)
  const found = course(comparison, room)
  if (found === null) return []
  const head = span(`${found.from} `, 'dim')
  const before = INDENT + lineWidth([head])
  return [
    line('SQNR from the first layer to the last', 'strong'),
    [span(' '.repeat(INDENT)), head, span(found.bars, 'accent'), span(` ${found.to}`, 'dim')],
    ...(found.culprit === null ? [] : [pointer(before + found.culprit, comparison.culprit ?? '', width)]),
  ]
}

/** The name beside the arrow, on the side with more room. */
function pointer(column: number, name: string, width: number): Line {
  const right = width - column - 2
  if (right >= column || lineWidth(line(name)) <= right) {
    return [span(`${' '.repeat(column)}^ `), span(shorten(span(name).text, right))]
  }
  const text = shorten(span(name).text, column - 1)
  return [span(' '.repeat(Math.max(0, column - 1 - lineWidth(line(text))))), span(`${text} ^`)]
}

/** Every layer in the order of the graph. */
function layerList(comparison: ComparisonReport, width: number): readonly Line[] {
  const { layers } = comparison
  if (layers === null || layers.length === 0) return []
  const columns: readonly Column[] = [
    { title: 'layer', align: 'left', yields: 'shorten' },
    { title: 'op', align: 'left', yields: { drop: 2 } },
    { title: 'SQNR', align: 'right' },
    { title: 'by itself', align: 'right' },
    { title: 'max error', align: 'right', yields: { drop: 1 } },
    { title: 'causes', align: 'right' },
  ]
  const rows = layers.map((layer) => [
    line(differenceName(layer, comparison)),
    line(layer.op, 'dim'),
    line(sqnrText(layer.sqnrDb)),
    line(sqnrText(layer.localSqnrDb), 'dim'),
    line(number(layer.maxError)),
    line((layer.share ?? 0) > 0 ? percent(layer.share ?? 0, 1) : ''),
  ])
  return [line('All layers', 'strong'), ...layoutTable(columns, rows, { width, indent: INDENT, titles: true })]
}
