import { DataError } from '../errors.js'
import type { Accumulator, Metric, Observation } from './metric.js'
import { type Decisions, decide, decisionsOf, startOf, trueClasses } from './reading/decisions.js'
import { Mean } from './reading/mean.js'
import { UnderBothThresholds } from './reading/threshold.js'
import { checkNaN, nameOf } from './reading/values.js'

/**
 * How often the true class is among the k highest scores; `top1` is the accuracy. Of equal scores the lower class
 * index comes first, so that no class gains from a tie. See `Decisions` for outputs with several decisions a sample.
 */
export const topK: Metric = {
  name: 'top<k>',
  summary: 'share of decisions where the label is among the k highest scores; top1 is the accuracy',
  source: 'Russakovsky et al. 2015, arXiv:1409.0575',
  needs: 'labels',
  better: 'higher',
  unit: 'fraction',
  create: (k) => new TopK(k ?? 1),
}

class TopK implements Accumulator {
  readonly #k: number
  readonly #name: string
  readonly #hits = new UnderBothThresholds(() => new Mean())

  constructor(k: number) {
    this.#k = k
    this.#name = `top${k}`
  }

  add(o: Observation): void {
    checkNaN(o.output, o, 'is')
    const d = decisionsOf(o)
    this.#checkClasses(o, d)
    const truth = trueClasses(o, d, this.#name)
    this.#hits.add(d.kind === 'binary' ? [o.output] : [], (mean, threshold) => {
      const decided = d.kind === 'scores' ? null : decide(o.output, o, d, threshold)
      let [hits, labelled] = [0, 0]
      for (const [i, label] of truth.entries()) {
        if (label < 0) continue
        labelled++
        if (decided === null ? rank(label, startOf(i, o, d), o, d) < this.#k : decided[i] === label) hits++
      }
      mean.add(hits, labelled)
    })
  }

  result(): number | null {
    return this.#hits.settled.value
  }

  #checkClasses(o: Observation, d: Decisions): void {
    const most = d.kind === 'scores' ? d.classes : 1
    if (this.#k <= most) return
    const has = d.kind === 'scores' ? `${d.classes} classes` : 'one value for each decision'
    throw new DataError(`${this.#name} needs ${this.#k} classes; ${nameOf(o)} [${o.shape.join(',')}] has ${has}.`, {
      suggestions: ['Use top1.', 'Or judge another output: --metric NAME:OUTPUT'],
    })
  }
}

/** How many classes come before this one: 0 for the highest score. */
function rank(label: number, start: number, o: Observation, d: Decisions): number {
  const score = o.output[start + label * d.classStride] ?? 0
  let before = 0
  for (let c = 0; c < d.classes; c++) {
    const other = o.output[start + c * d.classStride] ?? 0
    if (other > score || (other === score && c < label)) before++
  }
  return before
}
