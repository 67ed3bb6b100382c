import { printable } from '../format.js'
import { displayWidth } from './width.js'

/** What a piece of text is, for the one who paints it. */
export type Tone = 'strong' | 'dim' | 'better' | 'worse' | 'caution' | 'accent'

export interface Span {
  readonly text: string
  readonly tone: Tone | null
}

/** Text that knows its tones; a cell of a table is one, too. */
export type Line = readonly Span[]

export type Paint = (text: string, tone: Tone) => string

/** All text comes in here, so that nothing from a model's file reaches the terminal as a control sequence. */
export function span(text: string, tone: Tone | null = null): Span {
  return { text: printable(text), tone }
}

export function line(text: string, tone: Tone | null = null): Line {
  return [span(text, tone)]
}

export function lineWidth(spans: Line): number {
  return spans.reduce((width, s) => width + displayWidth(s.text), 0)
}

/** Without the blanks that columns leave at the end. */
export function paintLine(spans: Line, paint: Paint): string {
  const last = spans.findLastIndex((s) => s.text.trimEnd() !== '')
  return spans
    .slice(0, last + 1)
    .map((s, i) => ({ ...s, text: i === last ? s.text.trimEnd() : s.text }))
    .map((s) => (s.tone === null || s.text.trim() === '' ? s.text : paint(s.text, s.tone)))
    .join('')
}
