import type { Accumulator, Metric, Observation } from './metric.js'
import { decide, decisionsOf } from './reading/decisions.js'
import { UnderBothThresholds } from './reading/threshold.js'
import { checkNaN, referenceOf } from './reading/values.js'

/**
 * How often the model decides as the reference does, right or wrong: the same highest score, or for one score the
 * same side of the threshold (see `Decisions` for which axis holds the classes, and for several decisions a sample).
 */
export const agreement: Metric = {
  name: 'agreement',
  summary: 'share of decisions that are those of the reference: same highest score, or same side of the threshold',
  source: 'mean of [argmax x = argmax r]',
  needs: 'reference',
  better: 'higher',
  unit: 'fraction',
  create: () => new AgreementCount(),
}

export class AgreementCount implements Accumulator {
  readonly #under = new UnderBothThresholds(() => ({ same: 0, decisions: 0 }))

  add(o: Observation): void {
    checkNaN(o.output, o, 'is')
    const reference = referenceOf(o, 'agreement')
    const d = decisionsOf(o)
    this.#under.add(d.kind === 'binary' ? [o.output, reference] : [], (count, threshold) => {
      const theirs = decide(reference, o, d, threshold)
      const same = decide(o.output, o, d, threshold).filter((decision, i) => decision === theirs[i])
      count.same += same.length
      count.decisions += theirs.length
    })
  }

  /** How many decisions were looked at, and how many of them are the same. */
  get counted(): { readonly same: number; readonly decisions: number } {
    return this.#under.settled
  }

  result(): number | null {
    const { same, decisions } = this.counted
    return decisions === 0 ? null : same / decisions
  }
}
