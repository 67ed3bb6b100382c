import type { Division } from '../analysis/division.js'
import type { Runs } from './content/runs.js'
import type { Report } from './report.js'

export interface RenderOptions {
  /** Colour by escape sequences, in forms that know it. */
  readonly color: boolean
  /** Columns that a line may take, in forms that know lines; at least 60 are taken. */
  readonly width: number
  /** Whether there is a per-layer table; `null` where layers changed. */
  readonly layers: boolean | null
  /** How the model is divided, where it is told what it consists of; `null` for the two ways that say most. */
  readonly by: readonly Division[] | null
  /** Whether long lists are written to their end; else their most important lines, and where the others are. */
  readonly full: boolean
}

/** What suits a file: no colour, lines that fit a page. */
export const DEFAULT_RENDER_OPTIONS: RenderOptions = { color: false, width: 100, layers: null, by: null, full: false }

/** A member of the table: one way to write the report down. */
export interface Form {
  readonly name: string
  /** Of the files that are written in this form; `--report FILE` chooses by it. */
  readonly ending: `.${string}`
  readonly summary: string
  /** The whole text, with a line feed at its end. What an option says is ignored where it means nothing. */
  render(report: Report, options?: Partial<RenderOptions>): string | Promise<string>
  /** Two runs side by side; absent where that means nothing. */
  renderRuns?(runs: Runs, options?: Partial<RenderOptions>): string | Promise<string>
}
