import { NothingToDoError } from '../../errors.js'
import type { LatencyTarget } from './index.js'
import type { TimeModel, Timing } from './latency-trial.js'
import type { Plan } from './plan.js'
import { outOfReach, roundUp, type Searched } from './targets.js'
import { trialModel } from './trial-model.js'

export interface MetLatency {
  readonly count: number
  readonly note: string
}

/** Models that are looked at on the way. */
const LOOKS = 6
/** What was found with a quick look may turn out to be slower: so often a little more goes, then. */
const LAST_WORDS = 3
/** Near enough: times differ by as much from one measurement to the next. */
const NEAR = 0.03
/** Aimed at so much below the target, so that half of the looks do not end just above it. */
const MARGIN = 0.01

/** A plan carried so far. */
interface Look {
  readonly count: number
  /** Of the work that is left, 0..1: the latency follows it, by and large. */
  readonly share: number
  /** By what the target is stated in. */
  readonly time: number
}

/**
 * The fewest units whose removal makes the model as fast as --target-latency says, measured: by regula falsi over the
 * operations that are left, as latency follows them, more or less.
 *
 * @throws UsageError when not even everything that may go is enough; NothingToDoError when it is fast enough already
 */
export async function fewestByLatency(
  plan: Plan,
  searched: Searched,
  target: LatencyTarget,
  time: TimeModel,
): Promise<MetLatency> {
  const { dependencies } = searched
  const { signal, onProgress } = searched.context
  const limit = 'times' in target ? target.times : target.milliseconds
  const timeOf = (timing: Timing) => ('times' in target ? timing.times.value : timing.milliseconds)
  if ('times' in target && limit >= 1) throw metAlready('as fast as it is', limit, target)
  const shareAt = workOf(plan, searched)
  const countAt = (share: number) => plan.fewest(({ removal }) => shareAt(removal) <= share) ?? plan.most
  let looks = 0
  const measure = async (count: number, thorough = false): Promise<Timing & Look> => {
    signal?.throwIfAborted()
    looks++
    const { removal } = plan.at(count)
    const timing = await time(await trialModel(dependencies, removal, signal), thorough)
    onProgress?.(Math.min(1, looks / (LOOKS + 1)))
    return { ...timing, count, share: shareAt(removal), time: timeOf(timing) }
  }

  let slow: Look = { count: plan.least - 1, share: 1, time: 'times' in target ? 1 : Number.NaN }
  let fast: Look | null = null
  for (let i = 0; i < LOOKS; i++) {
    const aim = limit * (1 - MARGIN)
    const count = Math.max(
      slow.count + 1,
      Math.min(countAt(guess(slow, fast, aim)), (fast?.count ?? plan.most + 1) - 1),
    )
    if (fast !== null && count >= fast.count) break
    const look = await measure(count)
    if ('milliseconds' in target && Number.isNaN(slow.time)) {
      const { originalMilliseconds: now } = look
      if (now <= limit) throw metAlready(`${rounded(now)} ms fast`, limit, target)
      slow = { ...slow, time: now }
    }
    if (look.time <= limit) fast = look
    else slow = look
    if (look.count === plan.most && fast === null) break
    if (fast !== null && fast.time >= limit * (1 - NEAR)) break
  }

  let count = fast?.count ?? plan.most
  for (let i = 0; ; i++) {
    const last = await measure(count, true)
    if (last.time <= limit) return { count, note: noteOf(last, looks) }
    if (count === plan.most) throw tooSlow(last, limit, target, searched)
    // The last try is all or nothing.
    const lower = (last.share * limit * (1 - 2 * MARGIN)) / last.time
    count = i + 1 >= LAST_WORDS ? plan.most : Math.max(count + 1, countAt(lower))
  }
}

/** The share of the work at which the time is `aim`, on the line through two looks; or through one and nothing at all. */
function guess(slow: Look, fast: Look | null, aim: number): number {
  if (Number.isNaN(slow.time)) return FIRST_SHARE
  if (fast === null) return (slow.share * aim) / slow.time
  const along = (slow.time - aim) / (slow.time - fast.time)
  // Away from the ends, so that the bracket shrinks however bent the curve is.
  return slow.share + Math.min(0.9, Math.max(0.1, along)) * (fast.share - slow.share)
}

/** Where nothing is known yet. */
const FIRST_SHARE = 0.5

/** The share of the operations that are left; of the parameters, where operations are not known. */
function workOf(plan: Plan, { costs, before }: Searched): (removal: Uint8Array) => number {
  const known = before.macs !== null && costs.of(plan.at(plan.most).removal).macs !== null
  return (removal) => {
    const { macs, parameters } = costs.of(removal)
    return known ? (macs ?? 0) / (before.macs ?? 1) : parameters / before.parameters
  }
}

function noteOf({ times, milliseconds, originalMilliseconds }: Timing, looks: number): string {
  const { value, low, high } = times
  const range = low === null || high === null ? '' : ` (95 %: ${low.toFixed(3)} to ${high.toFixed(3)})`
  return (
    `Measured here, in turns with the model as it came: ${rounded(milliseconds)} ms instead of ` +
    `${rounded(originalMilliseconds)} ms, ${value.toFixed(3)}x${range}; the last of ${looks} measurements.`
  )
}

function metAlready(how: string, limit: number, target: LatencyTarget): NothingToDoError {
  return new NothingToDoError(`The model is ${how} already: --target-latency ${written(limit, target)} is met.`, {
    suggestions: ['Ask for less.'],
  })
}

function tooSlow({ times, milliseconds }: Timing, limit: number, target: LatencyTarget, searched: Searched) {
  const reached = 'times' in target ? roundUp(times.value) : Number((milliseconds * 1.01).toPrecision(3))
  const left = `${times.value.toFixed(3)}x of the latency (${rounded(milliseconds)} ms)`
  const flag = '--target-latency'
  return outOfReach(`${flag} ${written(limit, target)}`, left, `${flag} ${written(reached, target)}`, searched)
}

function written(limit: number, target: LatencyTarget): string {
  return `${limit}${'times' in target ? 'x' : 'ms'}`
}

function rounded(milliseconds: number): number {
  return Number(milliseconds.toPrecision(3))
}
