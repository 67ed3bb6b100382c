/** A mean as it grows: sum and count, in float64. */
export class Mean {
  #sum = 0
  #count = 0

  /** @param count  how many values the sum is of */
  add(sum: number, count: number): void {
    this.#sum += sum
    this.#count += count
  }

  /** null when nothing was added */
  get value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count
  }
}
