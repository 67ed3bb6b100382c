import type { Removal } from '../../analysis/dependencies/dependencies.js'
import type { Limits } from './limits.js'
import { budgetOf, interleaved, type Pool } from './ranking.js'

export interface Step {
  readonly removal: Removal
  /** Axes that no removal makes a multiple of --round-to: all of them stays. */
  readonly stuck: readonly Int32Array[]
}

/** In which order units go. Every step removes what the one before does, and more. */
export class Plan {
  /** Units that may go, in their order. */
  readonly order: Int32Array
  /** So many of them go in any case. */
  readonly least: number
  readonly #limits: Limits
  readonly #unitCount: number

  constructor(limits: Limits, pools: readonly Pool[], widths: Float64Array) {
    this.#limits = limits
    this.#unitCount = widths.length
    const order: number[] = []
    for (const pool of pools) {
      if (pool.ratio === null) continue
      let left = budgetOf(pool, pool.ratio, widths) + 1e-9 // the sum of widths of one kind is no more than their product
      for (const unit of pool.units) {
        const width = widths[unit] as number // units are below unitCount
        if (width > left || !limits.take(unit)) continue
        left -= width
        order.push(unit)
      }
    }
    this.least = order.length
    const open = pools.filter(({ ratio }) => ratio === null)
    for (const unit of interleaved(open, widths)) if (limits.take(unit)) order.push(unit)
    this.order = Int32Array.from(order)
  }

  get most(): number {
    return this.order.length
  }

  /** What goes when the first `count` units are to go: fewer where widths have to be multiples. */
  at(count: number): Step {
    const removal = new Uint8Array(this.#unitCount)
    for (const unit of this.order.subarray(0, count)) removal[unit] = 1
    return { removal, stuck: this.#limits.round(this.order, removal) }
  }

  /**
   * The fewest units that must go so that something holds, as if it held for all that remove more; null when not even
   * everything is enough.
   */
  fewest(holds: (step: Step) => boolean): number | null {
    let [low, high] = [this.least - 1, this.most]
    if (!holds(this.at(high))) return null
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (holds(this.at(middle))) high = middle
      else low = middle
    }
    return high
  }
}
