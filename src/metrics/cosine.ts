import type { Accumulator, Metric, Observation } from './metric.js'
import { Mean } from './reading/mean.js'
import { checkInfinite, checkNaN, referenceOf } from './reading/values.js'

/**
 * The cosine of the angle between the output of a sample, flattened, and that of the reference; the mean over samples.
 * Two outputs that are zero throughout are alike (1); one beside another that is not has no direction (0).
 */
export const cosine: Metric = {
  name: 'cosine',
  summary: 'cosine similarity with the output of the reference, the mean over samples',
  source: 'x . y / (|x| |y|), of each sample',
  needs: 'reference',
  better: 'higher',
  unit: 'number',
  create: () => new CosineSimilarity(),
}

class CosineSimilarity implements Accumulator {
  readonly #mean = new Mean()

  add(o: Observation): void {
    checkNaN(o.output, o, 'is')
    const reference = referenceOf(o, 'cosine')
    for (const values of [o.output, reference]) checkInfinite(values, o, 'cosine')
    for (let sample = 0; sample < o.size; sample++) {
      this.#mean.add(cosineOf(o.output, reference, sample * o.width, (sample + 1) * o.width), 1)
    }
  }

  result(): number | null {
    return this.#mean.value
  }
}

function cosineOf(x: ArrayLike<number>, y: ArrayLike<number>, from: number, to: number): number {
  let [xy, xx, yy] = [0, 0, 0]
  for (let i = from; i < to; i++) {
    const [a, b] = [x[i] ?? 0, y[i] ?? 0]
    xy += a * b
    xx += a * a
    yy += b * b
  }
  if (xx === 0 || yy === 0) return xx === yy ? 1 : 0
  // One root of the product, not a product of roots: exactly 1 for x = y.
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)))
}
