/**
 * The candidate that a mistyped word most likely meant.
 *
 * @returns  the one with the smallest edit distance (case aside), if that is at most a third of the word;
 *           the first of equals; undefined when none is near
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** The suggestions for an unknown name: the nearest one first, then all that there are. */
export function didYouMean(word: string, candidates: readonly string[], what: string): string[] {
  const near = nearest(word, candidates)
  return [
    ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
    ...(candidates.length === 0 ? [`There are no ${what}.`] : [`The ${what} are: ${candidates.join(', ')}.`]),
  ]
}

/**
 * Insertions, deletions, substitutions, and swaps of neighbours, each counted as one.
 *
 * @see  Damerau 1964; optimal string alignment
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let d = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, at(beforeLast, j - 2) + 1)
      row.push(d)
    }
    ;[beforeLast, last] = [last, row]
  }
  return at(last, b.length)
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY
}
