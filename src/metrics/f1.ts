import type { Accumulator, Metric, Observation } from './metric.js'
import { decide, decisionsOf, trueClasses } from './reading/decisions.js'
import { UnderBothThresholds } from './reading/threshold.js'
import { checkNaN } from './reading/values.js'

/**
 * The F1 score of each class against all others, and of those the plain mean: every class counts the same, however
 * rare. A class counts when it occurs among the labels or the decisions. One score for two classes gives the mean of
 * both classes too, as two scores would.
 *
 *   F1 = 2 TP / (2 TP + FP + FN)
 */
export const f1: Metric = {
  name: 'f1',
  summary: 'F1 score, the mean over the classes that occur',
  source: '2 TP / (2 TP + FP + FN) per class, macro-averaged; Sokolova and Lapalme 2009',
  needs: 'labels',
  better: 'higher',
  unit: 'fraction',
  create: () => new MacroF1(),
}

/** Of one class: decided and true, decided at all, true at all. */
interface Counts {
  hits: number
  decided: number
  labelled: number
}

class MacroF1 implements Accumulator {
  readonly #classes = new UnderBothThresholds(() => new Map<number, Counts>())

  add(o: Observation): void {
    checkNaN(o.output, o, 'is')
    const d = decisionsOf(o)
    const truth = trueClasses(o, d, 'f1')
    this.#classes.add(d.kind === 'binary' ? [o.output] : [], (classes, threshold) => {
      const decided = decide(o.output, o, d, threshold)
      for (const [i, label] of truth.entries()) if (label >= 0) count(classes, decided[i] ?? 0, label)
    })
  }

  result(): number | null {
    const classes = [...this.#classes.settled.values()]
    if (classes.length === 0) return null
    // 2 TP + FP + FN is all that was decided plus all that is true; above 0 for a class that occurs.
    return classes.reduce((sum, c) => sum + (2 * c.hits) / (c.decided + c.labelled), 0) / classes.length
  }
}

function count(classes: Map<number, Counts>, decided: number, label: number): void {
  of(classes, decided).decided++
  of(classes, label).labelled++
  if (decided === label) of(classes, label).hits++
}

function of(classes: Map<number, Counts>, index: number): Counts {
  const known = classes.get(index)
  if (known !== undefined) return known
  const counts = { hits: 0, decided: 0, labelled: 0 }
  classes.set(index, counts)
  return counts
}
