import { type Line, line, span, type Tone } from './line.js'
import { type Column, layoutTable } from './table.js'
import { wrap } from './width.js'

/** Columns that everything but headings stands in from the left. */
export const INDENT = 2

/** Label and value; values too long for the line go on below themselves. */
export function labelled(facts: readonly (readonly [string, Line])[], width: number): readonly Line[] {
  const columns: readonly Column[] = [
    { title: '', align: 'left' },
    { title: '', align: 'left', yields: 'wrap' },
  ]
  const rows = facts.map(([label, value]) => [line(label.padEnd(10), 'dim'), value])
  return layoutTable(columns, rows, { width, indent: INDENT, titles: false })
}

/** Text in lines of its own. */
export function paragraph(text: string, width: number, tone: Tone | null = null): readonly Line[] {
  const [whole] = line(text)
  return wrap(whole?.text ?? '', width - INDENT).map((part) => [span(' '.repeat(INDENT)), span(part, tone)])
}
