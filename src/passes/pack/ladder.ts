import { UsageError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { bitsGoal, errorGoal, type Goal, sizeGoal } from './bound.js'

/** A packing that is planned, but not done. */
export interface Candidate {
  /** Of the file. */
  readonly bytes: number
  build(): Promise<Model>
}

/** Plans a packing. @throws UsageError when the goal cannot be met */
export type Planner<C extends Candidate> = (goal: Goal) => Promise<C>

export interface Rung<C extends Candidate> {
  readonly goal: Goal
  readonly candidate: C
}

/** What float16 does to weights: hardly a model minds. */
const NEARLY_LOSSLESS = 0.001
const FEWEST_BITS = 2
/** Where the largest has 16 bits a weight and the smallest 2, each is 1.3 times smaller than the one before. */
const STEPS = 8

/** Packings from one that loses nearly nothing to one of few bits, each smaller than the one before. */
export async function ladderOf<C extends Candidate>(plan: Planner<C>, signal?: AbortSignal): Promise<Rung<C>[]> {
  const [most, least] = [errorGoal(NEARLY_LOSSLESS), bitsGoal(FEWEST_BITS)]
  const largest: Rung<C> = { goal: most, candidate: await plan(most) }
  const smallest: Rung<C> = { goal: least, candidate: await plan(least) }
  const rungs = [largest]
  for (let step = 1; step < STEPS; step++) {
    signal?.throwIfAborted()
    const rung = await rungBetween(plan, rungs.at(-1) ?? largest, smallest, 1 / (STEPS + 1 - step))
    if (rung !== null) rungs.push(rung)
  }
  return smallest.candidate.bytes < largest.candidate.bytes ? [...rungs, smallest] : rungs
}

/**
 * A packing whose size is between two others.
 *
 * @param share  how far from the larger to the smaller, 0..1, on a logarithmic scale
 * @returns null when there is none
 */
export async function rungBetween<C extends Candidate>(
  plan: Planner<C>,
  { candidate: { bytes: most } }: Rung<C>,
  { candidate: { bytes: least } }: Rung<C>,
  share: number,
): Promise<Rung<C> | null> {
  const bytes = Math.round(most * (least / most) ** share)
  if (bytes >= most || bytes <= least) return null
  const goal = sizeGoal(bytes)
  try {
    const candidate = await plan(goal)
    return candidate.bytes < most && candidate.bytes > least ? { goal, candidate } : null
  } catch (error) {
    if (error instanceof UsageError) return null // nothing is so small and within what a size may cost
    throw error
  }
}
