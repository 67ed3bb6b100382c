import type { Accumulator, Metric, Observation } from './metric.js'
import { checkInfinite, checkNaN, referenceOf } from './reading/values.js'

/**
 * Signal-to-quantization-noise ratio: the power of the reference over that of the deviation, over all samples.
 *
 *   10 log10( sum r^2 / sum (r - x)^2 )   [dB]
 *
 * Infinity for equal outputs; -Infinity when only the reference is zero throughout.
 */
export const sqnr: Metric = {
  name: 'sqnr',
  summary: 'signal to noise against the output of the reference; 20 dB more is a tenth of the error',
  source: '10 log10(sum r^2 / sum (r - x)^2); Lin et al. 2016, arXiv:1511.06393',
  needs: 'reference',
  better: 'higher',
  unit: 'dB',
  create: () => new SignalToNoise(),
}

class SignalToNoise implements Accumulator {
  #signal = 0
  #noise = 0
  #elements = 0

  add(o: Observation): void {
    checkNaN(o.output, o, 'is')
    const reference = referenceOf(o, 'sqnr')
    for (const values of [o.output, reference]) checkInfinite(values, o, 'sqnr')
    let [signal, noise] = [0, 0]
    for (let i = 0; i < reference.length; i++) {
      const r = reference[i] ?? 0
      signal += r * r
      noise += (r - (o.output[i] ?? 0)) ** 2
    }
    this.#signal += signal
    this.#noise += noise
    this.#elements += reference.length
  }

  result(): number | null {
    if (this.#elements === 0) return null
    return this.#noise === 0 ? Infinity : 10 * Math.log10(this.#signal / this.#noise)
  }
}
