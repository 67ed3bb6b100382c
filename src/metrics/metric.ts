/** One batch of one output, beside what it is judged against. Arrays are row-major, [size, ...rest]. */
export interface Observation {
  readonly size: number
  /** Elements per sample of `output`. */
  readonly width: number
  /** The shape of the output with the batch axis. */
  readonly shape: readonly number[]
  readonly output: ArrayLike<number>
  /** Class indices [size], or targets of the same shape as the output. */
  readonly labels?: ArrayLike<number>
  /** The same output of the reference model (`--baseline`, or the model before compression). */
  readonly reference?: ArrayLike<number>
}

export interface Accumulator {
  /** @throws DataError when labels or shapes do not suit the metric */
  add(observation: Observation): void
  /** The value over all that was added; null when nothing was. */
  result(): number | null
}

/** A member of the table: one way to judge outputs. */
export interface Metric {
  /** As in `--metric NAME`. A number in angle brackets is a parameter: `top<k>` matches `top1`, `top5`. */
  readonly name: string
  readonly summary: string
  /** Paper or definition. */
  readonly source: string
  readonly needs: 'labels' | 'reference' | 'either'
  readonly better: 'higher' | 'lower'
  /** How the value is shown: a fraction as percent, decibels, or a plain number. */
  readonly unit: 'fraction' | 'dB' | 'number'
  create(parameter: number | null): Accumulator
}
