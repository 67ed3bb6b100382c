import type { BenchReport } from '../report.js'

/** A member of the table: one way to write down what was measured, alone, for another program. */
export interface BenchForm {
  /** Also the ending of its files. */
  readonly name: string
  readonly summary: string
  /** The whole text, with a line feed at its end. */
  write(report: BenchReport): string
}
