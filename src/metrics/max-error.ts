import type { Accumulator, Metric, Observation } from './metric.js'
import { difference, pair } from './reading/values.js'

/** The largest absolute difference of any element of any sample. */
export const maxError: Metric = {
  name: 'max-error',
  summary: 'largest absolute error of any element against the labels, else against the reference',
  source: 'maximum over all elements of |output - target|',
  needs: 'either',
  better: 'lower',
  unit: 'number',
  create: () => new MaximumError(),
}

class MaximumError implements Accumulator {
  #largest: number | null = null

  add(o: Observation): void {
    const [output, target] = pair(o, 'max-error')
    let largest = this.#largest ?? 0
    for (let i = 0; i < output.length; i++) {
      largest = Math.max(largest, Math.abs(difference(output[i] ?? 0, target[i] ?? 0)))
    }
    if (output.length > 0) this.#largest = largest
  }

  result(): number | null {
    return this.#largest
  }
}
