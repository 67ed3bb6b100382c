import type { Accumulator, Metric, Observation } from './metric.js'
import { Mean } from './reading/mean.js'
import { difference, pair } from './reading/values.js'

/** The mean of the absolute differences over all elements of all samples. */
export const mae: Metric = {
  name: 'mae',
  summary: 'mean absolute error against the labels, else against the reference',
  source: 'mean over all elements of |output - target|',
  needs: 'either',
  better: 'lower',
  unit: 'number',
  create: () => new MeanAbsoluteError(),
}

class MeanAbsoluteError implements Accumulator {
  readonly #mean = new Mean()

  add(o: Observation): void {
    const [output, target] = pair(o, 'mae')
    let sum = 0
    for (let i = 0; i < output.length; i++) sum += Math.abs(difference(output[i] ?? 0, target[i] ?? 0))
    this.#mean.add(sum, output.length)
  }

  result(): number | null {
    return this.#mean.value
  }
}
