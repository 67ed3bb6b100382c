import { elementCount } from '../ir/type.js'

/**
 * The shape in which a sample goes to an input, its elements staying in their order.
 *
 * A shape that the input takes as it is stays. Otherwise axes may be split, merged, and axes of 1 put in or left
 * out: 28x28 -> 1x28x28 or 784. What is refused has the right number of elements at best by chance: 224x224x3 is
 * not 3x224x224, which would be other pixels.
 *
 * @param sample  without the batch axis
 * @param target  what the input takes, without the batch axis; null dimensions are open, null is an unknown rank
 * @returns       null when there is no such shape, or more than one
 */
export function reshapedSample(
  sample: readonly number[],
  target: readonly (number | null)[] | null,
): readonly number[] | null {
  if (target === null) return sample
  if (sample.length === target.length && target.every((d, i) => d === null || d === sample[i])) return sample
  const concrete = target.filter((d) => d !== null)
  if (concrete.length === target.length) return splitsOrMerges(sample, concrete) ? concrete : null
  const found = new Map(alignments(sample, target).map((shape) => [shape.join(), shape]))
  const [only] = found.values()
  return found.size === 1 ? (only ?? null) : null
}

/**
 * Whether every axis of one shape is a product of neighbouring axes of the other: the borders between axes,
 * as numbers of elements, of the one are borders of the other.
 */
function splitsOrMerges(a: readonly number[], b: readonly number[]): boolean {
  if (elementCount(a) !== elementCount(b)) return false
  const [borders, others] = [bordersOf(a), bordersOf(b)]
  return [...borders].every((b) => others.has(b)) || [...others].every((b) => borders.has(b))
}

function bordersOf(shape: readonly number[]): Set<number> {
  return new Set(Array.from({ length: shape.length + 1 }, (_, axis) => elementCount(shape.slice(axis))))
}

/** All ways to lay a sample into a shape with open dimensions by putting in and leaving out axes of 1. */
function alignments(sample: readonly number[], target: readonly (number | null)[]): number[][] {
  const [d, ...rest] = sample
  const [t, ...open] = target
  if (t === undefined) return sample.every((x) => x === 1) ? [[]] : []
  const inserted = t === null || t === 1 ? alignments(sample, open).map((shape) => [1, ...shape]) : []
  if (d === undefined) return inserted
  const matched = t === null || t === d ? alignments(rest, open).map((shape) => [d, ...shape]) : []
  const left = d === 1 ? alignments(rest, target) : []
  return [...matched, ...inserted, ...left]
}
