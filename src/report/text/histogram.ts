import { type Line, line } from './line.js'

/** A share of the highest as a block of that height; what occurs at all shows. */
const BLOCKS = '▁▂▃▄▅▆▇█'

/** One character per bin. @param shares  of the highest bin, 0..1 */
export function histogramLine(shares: readonly number[]): Line {
  const text = shares.map((share) => {
    return share === 0 ? ' ' : (BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))] ?? ' ')
  })
  return line(text.join(''), 'accent')
}
