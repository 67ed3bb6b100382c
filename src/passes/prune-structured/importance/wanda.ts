import type { Value } from '../../../ir/graph.js'
import { opOf } from '../../../ops/index.js'
import { axisSums } from '../axis-sums.js'
import { isObservable, observed, type Place } from '../observed.js'
import { type Readable, readableOf } from '../readable.js'
import { defineImportance, type Evidence, type Subject } from './importance.js'

/**
 * What is summed up of a unit where it is read, by size: the magnitudes of the weights that read it, times the root mean
 * square of its values on data,
 *
 *   sum over m of |W[m, c]| * rms(x[c])
 *
 * Convolutions see a channel at many places, whose values are alike but for the borders: one number stands for all.
 *
 * @see  Sun et al. 2023, arXiv:2306.11695, eq. 1; summed up by channel as An et al. 2023, arXiv:2312.11983
 */
export const wanda = defineImportance({
  name: 'wanda',
  lack: 'no place where they are read that can be seen',
  measure: async (subject) => {
    const readers = await readersOf(subject)
    const places = readers.map(({ place }) => place)
    const { means, samples } = await observed(subject, places, 'squares', '--importance wanda')
    const evidence = readers.map(({ units, weights }, i): Evidence => {
      const squares = folded(means[i] ?? new Float64Array(0), weights.length)
      return { units, values: weights.map((sum, c) => sum * Math.sqrt(squares[c] as number)), power: 1 }
    })
    return { evidence, samples }
  },
})

interface Reader {
  readonly units: Int32Array
  /** For each element of the axis the sum of magnitudes. */
  readonly weights: Float64Array
  /** What the weight is multiplied with. */
  readonly place: Place
}

/** One for each weight, with the first that it is multiplied with. */
async function readersOf(subject: Subject): Promise<Reader[]> {
  const { dependencies, context } = subject
  const readers: Reader[] = []
  const members = dependencies.groups.flatMap(({ consumers }) => consumers)
  for await (const weight of readableOf(dependencies.model, members, context.signal)) {
    const place = multipliedWith(weight, subject)
    if (place === null || !isObservable(subject, place)) continue
    readers.push({ units: weight.units, weights: axisSums(weight.tensor, weight.axis, 1, weight.name), place })
  }
  return readers
}

function multipliedWith({ node, input, units }: Readable, { shapes }: Subject): Place | null {
  const activation = opOf(node)
    ?.weights?.(node)
    .find((spec) => spec.input === input)?.activation
  const value: Value | null | undefined = activation ? node.inputs[activation.input] : null
  const shape = value ? shapes.shapeOf(value) : null
  if (!activation || !value || shape === null) return null
  const over = activation.over === 'patches' ? 1 : activation.over
  const axis = Math.max(0, over < 0 ? over + shape.length : over)
  return (shape[axis] ?? 0) % units.length === 0 ? { value, axis } : null
}

/** Where a convolution has groups, channel c of each group meets weights of index c: the mean over the groups. */
function folded(means: Float64Array, length: number): Float64Array {
  const result = new Float64Array(length)
  for (const [i, mean] of means.entries()) {
    result[i % length] = (result[i % length] as number) + (mean * length) / means.length
  }
  return result
}
