/** From data to a fraction of an axis. */
export interface Scale {
  readonly of: (value: number) => number
  /** Round numbers within the axis, in ascending order. */
  readonly ticks: readonly number[]
}

/**
 * An axis from one round number to another, or from the numbers themselves.
 *
 * @param n      about how many ticks there may be
 * @param round  whether the axis begins and ends at ticks
 */
export function linear(min: number, max: number, n: number, round = true): Scale {
  const width = max > min ? max - min : Math.abs(max) || 1
  const step = niceStep(width / n)
  const from = round ? Math.floor(min / step) * step : min
  const to = round ? Math.max(Math.ceil(max / step), Math.floor(min / step) + 1) * step : min + width
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  return {
    of: (value) => (value - from) / (to - from),
    ticks: Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12))),
  }
}

/** 1, 2 or 5 times a power of ten, at least as large as asked for. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = [1, 2, 5, 10].find((f) => f * power >= least * (1 - 1e-9)) ?? 10
  return factor * power
}
