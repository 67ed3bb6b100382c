/** Distances below it are counted each by its length. */
const COUNTED = 4096

/** How far apart the elements are that are not zero: what it takes to store their places follows from that. */
export class Spacing {
  /** Elements that are not zero. */
  present = 0
  /** How often each distance below 4096 occurs; the first is that from element 0. */
  readonly counts: Float64Array
  /** The others. */
  readonly wide: number[] = []
  /** Where the last one was. */
  last = 0

  /** @param elements  of the tensor: no distance is larger, and models may have thousands of small ones */
  constructor(elements = COUNTED) {
    this.counts = new Float64Array(Math.min(elements, COUNTED))
  }

  copy(): Spacing {
    const copy = new Spacing(this.counts.length)
    copy.counts.set(this.counts)
    for (const gap of this.wide) copy.wide.push(gap)
    copy.present = this.present
    copy.last = this.last
    return copy
  }

  /** Adds an element that is not zero, behind all others. */
  add(place: number): void {
    const gap = place - this.last
    if (gap < COUNTED)
      this.counts[gap] = (this.counts[gap] as number) + 1 // inside the array
    else this.wide.push(gap)
    this.present++
    this.last = place
  }

  /** Zeros that have to stand in between, so that no distance is larger than a digit. */
  fillers(base: number): number {
    let fillers = 0
    for (let gap = base; gap < this.counts.length; gap++) fillers += (this.counts[gap] as number) * fillersOf(gap, base)
    for (const gap of this.wide) fillers += fillersOf(gap, base)
    return fillers
  }
}

/** Steps of base - 1 before the last, which is from 1 to base - 1. */
function fillersOf(gap: number, base: number): number {
  return Math.max(0, Math.ceil(gap / (base - 1)) - 1)
}
