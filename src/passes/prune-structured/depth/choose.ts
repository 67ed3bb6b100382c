/** Blocks, by index: `inside[i]` are those that go with block i. */
export interface Candidates {
  readonly inside: readonly (readonly number[])[]
  /** Whether a block may be chosen. */
  readonly eligible: readonly boolean[]
}

export interface Choice {
  /** How much the outputs change without a block alone; null where it was not asked. */
  readonly scores: readonly (number | null)[]
  /** In the order in which they were chosen; a block with others inside it comes with them, before them. */
  readonly removed: readonly number[]
  /** How much the outputs change without all of these. */
  readonly error: number
}

/** How much the outputs change without some blocks, for each of several choices of them: >= 0, Infinity when not finite. */
export type Measure = (choices: readonly ReadonlySet<number>[]) => Promise<readonly number[]>

/**
 * Chooses blocks one after the other: each time the one that adds least to the error. After the first time most blocks
 * need not be measured again: what a block adds hardly falls when others are gone, so one that still adds least by what
 * is known of the others is chosen.
 *
 * A block counts as many as it takes with it, so that exactly `count` are removed.
 *
 * @param count  at most as many as are eligible
 * @see Minoux 1978, "Accelerated greedy algorithms for maximizing submodular set functions"
 */
export async function choose({ inside, eligible }: Candidates, count: number, measure: Measure): Promise<Choice> {
  const without = (i: number) => [i, ...(inside[i] ?? [])]
  const all = inside.flatMap((_, i) => (eligible[i] ? [i] : []))
  const alone = await measure(all.map((i) => new Set(without(i))))
  const scores = new Map(all.map((i, k) => [i, alone[k] ?? Number.POSITIVE_INFINITY]))
  const known = new Map([...scores].map(([i, adds]) => [i, { adds, when: 0 }]))
  const removed = new Set<number>()
  let error = 0
  while (removed.size < count) {
    const fitting = all.filter((i) => !removed.has(i) && takenBy(without(i), removed) <= count - removed.size)
    const best = leastOf(fitting, (i) => known.get(i)?.adds ?? Number.POSITIVE_INFINITY)
    if (best === undefined) throw new RangeError(`There are no ${count} blocks to choose.`)
    const taken = new Set([...removed, ...without(best)])
    if (known.get(best)?.when === removed.size) {
      error += known.get(best)?.adds ?? 0
      for (const i of taken) removed.add(i)
    } else {
      const [total = Number.POSITIVE_INFINITY] = await measure([taken])
      known.set(best, { adds: Number.isFinite(error) ? total - error : total, when: removed.size })
    }
  }
  return { scores: inside.map((_, i) => scores.get(i) ?? null), removed: [...removed], error }
}

function takenBy(blocks: readonly number[], removed: ReadonlySet<number>): number {
  return blocks.filter((i) => !removed.has(i)).length
}

/** The first of the least. */
function leastOf(items: readonly number[], keyOf: (i: number) => number): number | undefined {
  let least: number | undefined
  for (const i of items) if (least === undefined || keyOf(i) < keyOf(least)) least = i
  return least
}
