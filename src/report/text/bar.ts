import { type Line, span } from './line.js'

const CELLS = 10

/** A fraction as ten squares, the number's companion: it shows at a glance what stands out. */
export function bar(fraction: number): Line {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * CELLS)
  return [span('■'.repeat(filled), 'accent'), span('·'.repeat(CELLS - filled), 'dim')]
}
