import { printable } from '../format.js'

/**
 * Text that shows as it is, whatever Markdown makes of its characters.
 *
 * A pipe becomes a reference, as tables are cut at pipes before anything else is looked at; a backslash before one
 * is read differently by different programs.
 *
 * @see GitHub Flavored Markdown, 2.4 and 4.10; CommonMark 6.2: references never open or close markup
 */
export function escaped(text: string): string {
  return printable(text)
    .replace(/[&<>|\\]|[`*_{}[\]#~]/g, (c) => ('&<>|\\'.includes(c) ? `&#${c.charCodeAt(0)};` : `\\${c}`))
    .replace(/^(\s*(?:\d+)?)([-+.)])(?=\s|$)/, '$1\\$2')
}

/** A name in the type of code. */
export function code(text: string): string {
  const shown = printable(text)
  if (shown === '') return ''
  if (!/[`|\\]|^ | $/.test(shown)) return `\`${shown}\``
  // Inside a code span neither a pipe nor a backtick can be written such that every program reads it alike.
  return `<code>${shown.replace(/[^\p{L}\p{N} ./,:;=-]/gu, (c) => `&#${c.codePointAt(0)};`)}</code>`
}

/** A name, also of what has none. */
export function named(name: string): string {
  return name === '' ? '(unnamed)' : code(name)
}

/** Lines of code, fenced with more backticks than they hold. */
export function codeBlock(text: string, language = ''): readonly string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}${language}`, ...text.split('\n'), fence]
}

export interface MarkdownColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** A table of cells that are Markdown already; columns without any text are left out. */
export function table(columns: readonly MarkdownColumn[], rows: readonly (readonly string[])[]): readonly string[] {
  const kept = columns.map((_, i) => i).filter((i) => rows.some((row) => (row[i] ?? '') !== ''))
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = { left: ':--', right: '--:' } as const
  return [
    row(kept.map((i) => columns[i]?.title ?? '')),
    row(kept.map((i) => rule[columns[i]?.align ?? 'left'])),
    ...rows.map((cells) => row(kept.map((i) => cells[i] ?? ''))),
  ]
}

/** Tables up to this many rows stand open. */
export const OPEN_ROWS = 20

/** Hidden until asked for, when there are more than `most` of them. */
export function foldedBeyond(most: number, n: number, summary: string, lines: readonly string[]): readonly string[] {
  return n <= most ? lines : ['<details>', `<summary>${summary}</summary>`, '', ...lines, '', '</details>']
}
