import type { Report } from './report.js'

export interface RenderOptions {
  /** Colour by escape sequences, in forms that know it. */
  readonly color: boolean
  /** Columns that a line may take, in forms that know lines; at least 60 are taken. */
  readonly width: number
  /** The per-layer table: the largest layers, all of them, or none. `null` lets the form choose by the report. */
  readonly layers: boolean | 'all' | null
}

/** What suits a file: no colour, lines that fit a page. */
export const DEFAULT_RENDER_OPTIONS: RenderOptions = { color: false, width: 100, layers: null }

/** A member of the table: one way to write the report down. */
export interface Form {
  readonly name: string
  /** Of the files that are written in this form; `--report FILE` chooses by it. */
  readonly ending: `.${string}`
  readonly summary: string
  /** The whole text, with a line feed at its end. What an option says is ignored where it means nothing. */
  render(report: Report, options?: Partial<RenderOptions>): string | Promise<string>
}
