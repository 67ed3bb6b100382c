import { type Dependencies, distinct } from '../../analysis/dependencies/dependencies.js'
import type { Values } from './index.js'

export type LimitOptions = Pick<Values, 'minChannels' | 'maxLayerRatio' | 'roundTo'>

/** An axis of which not everything may go. */
interface Limit {
  readonly units: Int32Array
  /** So many of its elements may go at most. */
  readonly most: number
  /** The number of elements that stay is a multiple of it, where anything goes. */
  readonly step: number
}

/**
 * How much of each axis may go: one element of every axis stays; output channels of weights keep more, if told to. A
 * unit that lies on several axes satisfies all of them.
 */
export class Limits {
  readonly #limits: readonly Limit[]
  readonly #gone: Int32Array
  /** The limits of unit u stand at #first[u] .. #first[u + 1] - 1, one for each element, those of an axis together. */
  readonly #first: Int32Array
  readonly #places: Int32Array

  constructor(dependencies: Dependencies, options: LimitOptions) {
    this.#limits = limitsOf(dependencies, options)
    this.#gone = new Int32Array(this.#limits.length)
    this.#first = new Int32Array(dependencies.unitCount + 1)
    for (const { units } of this.#limits) {
      for (const unit of units) if (unit >= 0) this.#first[unit + 1] = (this.#first[unit + 1] ?? 0) + 1
    }
    for (let unit = 0; unit < dependencies.unitCount; unit++) {
      this.#first[unit + 1] = (this.#first[unit + 1] as number) + (this.#first[unit] as number)
    }
    this.#places = new Int32Array(this.#first.at(-1) ?? 0)
    const next = this.#first.slice()
    for (const [i, { units }] of this.#limits.entries()) {
      for (const unit of units) if (unit >= 0) this.#places[(next[unit] as number)++] = i
    }
  }

  /** Takes a unit away, unless a limit forbids it. @returns whether it went */
  take(unit: number): boolean {
    const end = this.#first[unit + 1] as number
    for (let at = this.#first[unit] as number; at < end; ) {
      const i = this.#places[at] as number
      let count = 0
      for (; at < end && this.#places[at] === i; at++) count++
      if ((this.#gone[i] as number) + count > (this.#limits[i] as Limit).most) return false
    }
    for (let at = this.#first[unit] as number; at < end; at++) {
      const i = this.#places[at] as number
      this.#gone[i] = (this.#gone[i] as number) + 1
    }
    return true
  }

  /**
   * Gives back what keeps widths from being multiples: of each axis the units that matter most. Never takes more.
   *
   * @param order    all units that may be gone, the least important first
   * @param removal  is changed
   * @returns        axes of which something was gone, that are no multiple with everything given back
   */
  round(order: Int32Array, removal: Uint8Array): Int32Array[] {
    const stepped = this.#limits.filter(({ step }) => step > 1)
    const rank = new Int32Array(removal.length)
    for (const [i, unit] of order.entries()) rank[unit] = i
    const stuck = new Set<Limit>()
    for (let before = -1, given = 0; given !== before; ) {
      before = given
      for (const limit of stepped) {
        const { units, step } = limit
        const gone = units.filter((unit) => unit >= 0 && removal[unit] === 1)
        if (gone.length === 0 || (units.length - gone.length) % step === 0) continue
        gone.sort((a, b) => (rank[a] as number) - (rank[b] as number))
        for (let left = gone.length; left > 0 && (units.length - left) % step !== 0; ) {
          const unit = gone[left - 1] as number
          removal[unit] = 0
          given++
          while (left > 0 && gone[left - 1] === unit) left-- // all of its elements on this axis
          if (left === 0 && units.length % step !== 0) stuck.add(limit)
        }
      }
    }
    return [...stuck].map(({ units }) => units)
  }
}

function limitsOf({ groups, floors }: Dependencies, options: LimitOptions): Limit[] {
  const { minChannels, maxLayerRatio, roundTo } = options
  const axes = distinct(groups.flatMap(({ producers }) => producers.map(({ units }) => units)))
  return [
    ...floors.map((units) => ({ units, most: units.length - 1, step: 1 })),
    ...axes.map((units) => {
      // 0.3 of 10 is a little less than 3 in binary.
      const share = Math.floor(units.length * maxLayerRatio + 1e-9)
      return { units, most: Math.min(share, Math.max(0, units.length - minChannels)), step: roundTo }
    }),
  ]
}
