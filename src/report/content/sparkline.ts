const LEVELS = '▁▂▃▄▅▆▇█'
const CELLS = 16

/** A histogram as sixteen characters, the highest of its own; the lowest level is an empty bin's alone. */
export function sparkline(histogram: readonly number[]): string {
  const size = Math.max(1, histogram.length / CELLS)
  const cells = Array.from({ length: Math.min(CELLS, histogram.length) }, (_, i) =>
    histogram.slice(Math.floor(i * size), Math.floor((i + 1) * size)).reduce((sum, n) => sum + n, 0),
  )
  const highest = Math.max(1, ...cells)
  return cells.map((n) => LEVELS[Math.ceil((n / highest) * (LEVELS.length - 1))] ?? '').join('')
}
