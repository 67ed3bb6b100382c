/** Shares of a phase below which its first step counts as preparation: opening files and sessions, starting a process. */
const PREPARATION = 0.05
/** How long the past counts, at least; and as a share of the time that the phase has taken. */
const MEMORY_MS = 5000
const MEMORY_SHARE = 1 / 2
/** Work of less time says nothing yet. */
const LEAST_MS = 500
/** How fast the estimate follows: what jumps to and fro is not read. */
const SETTLE_MS = 2000
/** Past the estimated end by this much, the estimate was wrong. */
const OVERDUE_MS = 1500

/**
 * When a phase will end, from how its share has grown lately.
 *
 *   rate = sum of exp(-age / memory) * gain / sum of exp(-age / memory) * time
 *
 * The older a step is, the less it counts, so that a slow start or a pause is forgotten. The estimate moves gently
 * to what the rate says, and counts down between two steps.
 */
export class TimeLeft {
  readonly #started: number
  #last: { readonly at: number; readonly done: number }
  #gain = 0
  #ms = 0
  #endsAt: number | null = null

  /** @param now  milliseconds of the clock that all calls use */
  constructor(now: number) {
    this.#started = now
    this.#last = { at: now, done: 0 }
  }

  /** @param done  0..1; what falls back begins anew */
  report(done: number, now: number): void {
    const [gain, ms] = [done - this.#last.done, now - this.#last.at]
    if (gain < 0) [this.#gain, this.#ms, this.#endsAt, this.#last] = [0, 0, null, { at: now, done }]
    if (gain <= 0 || ms <= 0) return // the next step counts for both
    const isPreparation = this.#last.done === 0 && done < PREPARATION
    this.#last = { at: now, done }
    if (isPreparation) return
    const kept = Math.exp(-ms / Math.max(MEMORY_MS, (now - this.#started) * MEMORY_SHARE))
    this.#gain = this.#gain * kept + gain
    this.#ms = this.#ms * kept + ms
    if (this.#ms < LEAST_MS) return
    const end = now + ((1 - done) * this.#ms) / this.#gain
    const before = this.#endsAt === null ? end : Math.max(now, this.#endsAt)
    this.#endsAt = end + (before - end) * Math.exp(-ms / SETTLE_MS)
  }

  /** Milliseconds, from 0; null while there is nothing to go by, and when the estimate has proved wrong. */
  at(now: number): number | null {
    if (this.#endsAt === null || this.#last.done >= 1) return null
    const left = this.#endsAt - now
    return left < -OVERDUE_MS ? null : Math.max(0, left)
  }
}
