import type { Layer } from './groups.js'

/** The error is at most this part of either of its own parts: independent ones never cancel each other that well ... */
const UNDONE = 0.1
/** ... but for very few elements, where chance may. */
const UNDONE_OF_FEW = 1e-4
const FEW = 64

/**
 * Values that have the same name in B and mean something else there: a factor that was moved behind a Conv into its
 * weights changes its output, until what followed the factor, and what follows it no more, undoes the difference. Seen
 * at a value v whose error is far smaller than its two parts,
 *
 *   sum (b - a)^2  <<  sum (l - a)^2, sum (b - l)^2
 *
 * which then cancel each other. What v is computed from is strange, back to where the difference arises.
 *
 * @param layers  after at least one batch
 */
export function strangersAmong(layers: readonly Layer[]): Set<Layer> {
  const strangers = new Set<Layer>()
  for (const { difference: d, fromB } of layers) {
    const undone = d.elements < FEW ? UNDONE_OF_FEW : UNDONE
    if (d.noise >= undone * Math.min(d.local, d.passed)) continue
    for (let at = noisiest(fromB); at !== undefined && !strangers.has(at); ) {
      strangers.add(at)
      at = at.difference.local < at.difference.passed ? noisiest(at.fromB) : undefined
    }
  }
  return strangers
}

function noisiest(layers: readonly Layer[]): Layer | undefined {
  const ratio = ({ difference: d }: Layer) => d.noise / d.signal
  const noisy = layers.filter((layer) => layer.difference.noise > 0)
  return noisy.sort((x, y) => ratio(y) - ratio(x))[0]
}
