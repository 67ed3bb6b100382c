import type { Group } from '../../analysis/dependencies/dependencies.js'
import type { Model } from '../../ir/graph.js'
import { axisSums } from './axis-sums.js'
import type { Evidence } from './importance/importance.js'
import { readableOf } from './readable.js'

/**
 * Norms of the slices of all weights around some groups, those that make units first: sums of magnitudes (power 1), or
 * roots of sums of squares (power 2).
 *
 * Slices of output axes make a unit, slices of input axes read it. Both count, as in DepGraph. Either alone was better on
 * some of the models that it was tried on (what reads channels on LeNet-5, what makes them on LeNet-300-100), and far
 * worse on others; both together were the best or near it on all of them.
 */
export async function sliceNorms(
  model: Model,
  groups: readonly Group[],
  power: 1 | 2,
  signal?: AbortSignal,
): Promise<Evidence[]> {
  const members = groups.flatMap(({ producers, consumers }) => [...producers, ...consumers])
  const evidence: Evidence[] = []
  for await (const { tensor, axis, name, units } of readableOf(model, members, signal)) {
    evidence.push({ units, values: axisSums(tensor, axis, power, name), power })
  }
  return evidence
}
