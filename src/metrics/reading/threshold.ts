/**
 * Counts decisions on one score for two classes while the threshold is not known yet: scores that all lie in 0..1
 * are probabilities and decide at 0.5, others are logits and decide at 0. Only the last batch settles it, so that
 * both are counted; the result is then the same however the samples were batched.
 */
export class UnderBothThresholds<Count> {
  readonly #probability: Count
  readonly #logit: Count
  #isLogit = false

  constructor(create: () => Count) {
    this.#probability = create()
    this.#logit = create()
  }

  /**
   * @param scores  what decides whether these are logits; none where classes are not told by a threshold
   * @param count   counts a batch, deciding at the threshold
   */
  add(scores: readonly ArrayLike<number>[], count: (into: Count, threshold: number) => void): void {
    this.#isLogit ||= scores.some(leavesUnitInterval)
    count(this.#probability, 0.5)
    if (scores.length > 0) count(this.#logit, 0)
  }

  get settled(): Count {
    return this.#isLogit ? this.#logit : this.#probability
  }
}

function leavesUnitInterval(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (value < 0 || value > 1) return true
  }
  return false
}
