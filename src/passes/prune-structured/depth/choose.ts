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

/** Up to so many runs without some block, all blocks are measured again after each that is chosen. */
const FEW_RUNS = 100

/**
 * Chooses blocks one after the other: each time the one that adds least to the error. Where that takes too many runs,
 * blocks are not measured again as long as another adds less: what one adds mostly grows when others are gone, so one
 * that still adds least by what is known of the others is chosen.
 *
 * A block counts as many as it takes with it, so that exactly `count` are removed.
 *
 * @param count  at most as many as are eligible
 * @see Minoux 1978, "Accelerated greedy algorithms for maximizing submodular set functions"
 */
export async function choose({ inside, eligible }: Candidates, count: number, measure: Measure): Promise<Choice> {
  const all = inside.flatMap((_, i) => (eligible[i] ? [i] : []))
  const without = (i: number) => [i, ...(inside[i] ?? [])]
  const removed = new Set<number>()
  const known = new Map<number, { readonly adds: number; readonly when: number }>()
  let error = 0
  const look = async (blocks: readonly number[]) => {
    const stale = blocks.filter((i) => known.get(i)?.when !== removed.size)
    const totals = await measure(stale.map((i) => new Set([...removed, ...without(i)])))
    for (const [k, i] of stale.entries()) {
      const total = totals[k] ?? Number.POSITIVE_INFINITY
      known.set(i, { adds: Number.isFinite(error) ? total - error : total, when: removed.size })
    }
  }
  await look(all)
  const scores = inside.map((_, i) => known.get(i)?.adds ?? null)
  const isFew = fullRuns(all.length, count) <= FEW_RUNS
  while (removed.size < count) {
    const fitting = all.filter((i) => !removed.has(i) && takenBy(without(i), removed) <= count - removed.size)
    if (isFew) await look(fitting)
    const best = leastOf(fitting, (i) => known.get(i)?.adds ?? Number.POSITIVE_INFINITY)
    if (best === undefined) throw new RangeError(`There are no ${count} blocks to choose.`)
    if (known.get(best)?.when === removed.size) {
      error += known.get(best)?.adds ?? 0
      for (const i of without(best)) removed.add(i)
    } else await look([best])
  }
  return { scores, removed: [...removed], error }
}

/** About how many sets of blocks are measured. */
export function expectedRuns(eligible: number, count: number): number {
  const full = fullRuns(eligible, count)
  return full <= FEW_RUNS ? full : eligible + 2 * count
}

/** n + (n - 1) + ... */
function fullRuns(eligible: number, count: number): number {
  return (count * (2 * eligible - count + 1)) / 2
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
