import { UsageError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import type { PackingPoint } from '../pass.js'
import type { Goal } from './bound.js'
import { type Candidate, ladderOf, type Planner, type Rung, rungBetween } from './ladder.js'
import { fallOf, type Trial } from './trial.js'
import { Trials, type TrialsOptions, type Tried } from './trials.js'

export interface SearchOptions extends TrialsOptions {
  /** By how much the metric of the trial may fall, in its own unit. */
  readonly maxDrop: number
  /** Whether the whole ladder is tried, and not only what leads to the answer. */
  readonly wholeCurve: boolean
}

/** The packing that is taken. */
export interface Chosen<C extends Candidate> {
  readonly goal: Goal
  readonly candidate: C
  readonly model: Model
  /** All packings that were tried, the smallest first. */
  readonly curve: readonly PackingPoint[]
  /** What the user should know of the search. */
  readonly notes: readonly string[]
}

/** So often the step at which the metric falls is halved: what is taken is about 7 % larger than it would have to be. */
const HALVINGS = 2
/** 0.9 - 0.89 is more than 0.01 in binary. */
const ROUNDING = 1e-9

/**
 * The smallest packing whose metric falls by at most so much. Sizes are bisected, which takes for granted that a smaller
 * file does no better: five or six trials, where the whole ladder has nine rungs.
 *
 * @throws UsageError when even a packing that loses nearly nothing falls by more; it says by how much
 */
export async function searchDrop<C extends Candidate>(
  plan: Planner<C>,
  trial: Trial,
  { maxDrop, wholeCurve, ...options }: SearchOptions,
): Promise<Chosen<C>> {
  const rungs = await ladderOf(plan, options.signal)
  const expected = wholeCurve ? rungs.length : Math.ceil(Math.log2(rungs.length + 1))
  const trials = new Trials<C>(trial, expected + HALVINGS, options)
  const isGood = async (rung: Rung<C>) => fallOf(trial, (await trials.try(rung)).value) <= maxDrop + ROUNDING
  const last = wholeCurve ? await lastOf(rungs, isGood) : await bisected(rungs, isGood)
  const [good, bad] = [rungs[last], rungs[last + 1]]
  if (good === undefined) throw cannotBeMet(trial, maxDrop, trials.tried)
  const best = bad === undefined ? good : await halved(plan, good, bad, isGood)
  const { value, ...chosen } = await trials.try(best)
  return { ...chosen, curve: trials.curve(best), notes: notesOn(trial, maxDrop, value, trials.tried.length) }
}

/** Tries the whole ladder beside a packing that was chosen otherwise. */
export async function curveOf<C extends Candidate>(
  plan: Planner<C>,
  trial: Trial,
  goal: Goal,
  options: TrialsOptions = {},
): Promise<Chosen<C>> {
  const own: Rung<C> = { goal, candidate: await plan(goal) }
  const others = (await ladderOf(plan, options.signal)).filter(
    ({ candidate }) => candidate.bytes !== own.candidate.bytes,
  )
  const trials = new Trials<C>(trial, others.length + 1, options)
  for (const rung of [own, ...others]) await trials.try(rung)
  const { value: _, ...chosen } = await trials.try(own)
  return { ...chosen, curve: trials.curve(own), notes: [] }
}

/** @returns the index of the last good one, as if all before it were good; -1 when the first is not */
async function bisected<T>(rungs: readonly T[], isGood: (rung: T) => Promise<boolean>): Promise<number> {
  let [good, bad] = [-1, rungs.length]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (await isGood(rungs[middle] as T))
      good = middle // between the first and the last
    else bad = middle
  }
  return good
}

/** The same, and all of them are looked at. */
async function lastOf<T>(rungs: readonly T[], isGood: (rung: T) => Promise<boolean>): Promise<number> {
  let last = -1
  for (const [i, rung] of rungs.entries()) if (await isGood(rung)) last = i
  return last
}

/** The smallest good packing that is found between two. */
async function halved<C extends Candidate>(
  plan: Planner<C>,
  good: Rung<C>,
  bad: Rung<C>,
  isGood: (rung: Rung<C>) => Promise<boolean>,
): Promise<Rung<C>> {
  let [larger, smaller] = [good, bad]
  for (let i = 0; i < HALVINGS; i++) {
    const half = await rungBetween(plan, larger, smaller, 0.5)
    if (half === null) break
    if (await isGood(half)) larger = half
    else smaller = half
  }
  return larger
}

function notesOn(trial: Trial, maxDrop: number, value: number, count: number): string[] {
  const { metric, base, samples, unit } = trial
  const [before, after, most] = [base, value, maxDrop].map((x) => inUnit(trial, x))
  const found =
    `The smallest of ${count} packings that were tried whose ${metric} falls by at most ${most} on ${samples} ` +
    `samples: ${before} → ${after}.`
  if (unit !== 'fraction' || maxDrop * samples >= 1) return [found]
  const needed = maxDrop > 0 ? `${Math.ceil(1 / maxDrop)} samples of --data` : 'more samples'
  return [
    found,
    `One of ${samples} samples is ${percent(1 / samples)}: a smaller fall of ${metric} may go unseen. ${needed} tell more.`,
  ]
}

function cannotBeMet(trial: Trial, maxDrop: number, tried: readonly Tried<Candidate>[]): UsageError {
  const [best] = tried.toSorted((a, b) => fallOf(trial, a.value) - fallOf(trial, b.value))
  if (best === undefined) throw new Error('No packing was tried.')
  const [before, after, most] = [trial.base, best.value, maxDrop].map((x) => inUnit(trial, x))
  const fall = Math.ceil(fallOf(trial, best.value) * 10_000) / 10_000 // up: what was measured is within it
  return new UsageError(
    `No packing keeps ${trial.metric} within ${most} of what it was: at best it goes from ${before} to ${after}, in ` +
      `${best.candidate.bytes} bytes (${best.goal.text}).`,
    { suggestions: [`Allow as much: --max-drop ${fall}`, 'Or lose nothing at all: --lossless'] },
  )
}

function inUnit({ unit }: Trial, x: number): string {
  if (unit === 'fraction') return percent(x)
  return `${Number(x.toPrecision(4))}${unit === 'dB' ? ' dB' : ''}`
}

function percent(x: number): string {
  return `${Number((100 * x).toFixed(2))} %`
}
