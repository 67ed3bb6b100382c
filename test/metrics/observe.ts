import type { Metric, Observation } from '../../src/metrics/metric.js'

type Given = Partial<Pick<Observation, 'labels' | 'reference' | 'decided' | 'name' | 'first'>>

/** An observation of an output of this shape, [size, ...]. */
export function observation(shape: readonly number[], output: readonly number[], given: Given = {}): Observation {
  const [size = 0, ...sample] = shape
  return { size, width: sample.reduce((n, d) => n * d, 1), shape, output: Float32Array.from(output), ...given }
}

/** What a metric says of these batches. */
export function judge(metric: Pick<Metric, 'create'>, ...batches: readonly Observation[]): number | null {
  const accumulator = metric.create(null)
  for (const batch of batches) accumulator.add(batch)
  return accumulator.result()
}

/** The same samples in two batches: the first `at`, and the rest. */
export function splitAt(o: Observation, at: number): Observation[] {
  const part = (from: number, to: number): Observation => {
    const cut = (values: ArrayLike<number>) =>
      Array.from(values).slice((values.length / o.size) * from, (values.length / o.size) * to)
    return {
      ...o,
      first: from,
      size: to - from,
      shape: [to - from, ...o.shape.slice(1)],
      output: cut(o.output),
      ...(o.labels && { labels: cut(o.labels) }),
      ...(o.reference && { reference: cut(o.reference) }),
    }
  }
  return [part(0, at), part(at, o.size)]
}
