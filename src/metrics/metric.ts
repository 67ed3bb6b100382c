/** One batch of one output, beside what it is judged against. Arrays are row-major, [size, ...rest]. */
export interface Observation {
  /** The name of the output, for messages. */
  readonly name?: string
  /** Index of the first sample in the data, for messages. */
  readonly first?: number
  readonly size: number
  /** Elements per sample of `output`. */
  readonly width: number
  /** The shape of the output with the batch axis. */
  readonly shape: readonly number[]
  readonly output: ArrayLike<number>
  /** The model itself decides: `output` holds class indices (it is int32 or int64), not scores. */
  readonly decided?: boolean
  /** Class indices [size], or [size, ...] one per position, or targets of the same shape as the output. */
  readonly labels?: ArrayLike<number>
  /** The same output of the reference model (`--baseline`, or the model before compression). */
  readonly reference?: ArrayLike<number>
}

/** The same observations in other batches give the same result, up to the rounding of a sum. */
export interface Accumulator {
  /** @throws DataError when labels or shapes do not suit the metric, or the output is NaN */
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
  /** `either` takes the labels as targets where an observation has them, else the reference. */
  readonly needs: 'labels' | 'reference' | 'either'
  readonly better: 'higher' | 'lower'
  /** How the value is shown: a fraction as percent, decibels, or a plain number. */
  readonly unit: 'fraction' | 'dB' | 'number'
  create(parameter: number | null): Accumulator
}

/** What `--metric NAME[:output]` asks for. */
export interface MetricChoice {
  readonly metric: Metric
  /** For `metric.create`: the 5 of `top5`. */
  readonly parameter: number | null
  /** With the parameter in its place: `top5`. */
  readonly name: string
  /** The output that is to be judged; null when the user leaves it open. */
  readonly output: string | null
}
