/** The 97.5th percentile of the normal distribution: what lies between minus this and this is 95 %. */
const Z = 1.959963984540054

/**
 * The 95 % confidence interval of a share, which also holds for few trials and near 0 and 1.
 *
 *   (p + z^2/2n +- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n)
 *
 * @param hits  of `trials`, which are more than 0 and independent of one another
 * @see         Wilson 1927, J. Am. Stat. Assoc. 22, 209-212
 */
export function wilsonInterval(hits: number, trials: number): { readonly low: number; readonly high: number } {
  const p = hits / trials
  const n = trials
  const z2 = Z * Z
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (Z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  // Rounding must not leave 0..1, nor miss an end that is exact.
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === n ? 1 : Math.min(1, centre + half) }
}
