import type { Accumulator, Metric, Observation } from './metric.js'
import { Mean } from './reading/mean.js'
import { difference, pair } from './reading/values.js'

/** The mean of the squared differences over all elements of all samples. */
export const mse: Metric = {
  name: 'mse',
  summary: 'mean squared error against the labels, else against the reference',
  source: 'mean over all elements of (output - target)^2',
  needs: 'either',
  better: 'lower',
  unit: 'number',
  create: () => new MeanSquaredError(),
}

class MeanSquaredError implements Accumulator {
  readonly #mean = new Mean()

  add(o: Observation): void {
    const [output, target] = pair(o, 'mse')
    let sum = 0
    for (let i = 0; i < output.length; i++) sum += difference(output[i] ?? 0, target[i] ?? 0) ** 2
    this.#mean.add(sum, output.length)
  }

  result(): number | null {
    return this.#mean.value
  }
}
