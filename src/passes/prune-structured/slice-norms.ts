import type { Group, Member } from '../../analysis/dependencies/dependencies.js'
import type { Node } from '../../ir/graph.js'
import { constantOf } from '../../ir/walk.js'
import { isPrunable } from '../../ops/weight-of.js'
import { axisSums } from './axis-sums.js'
import type { Evidence } from './importance/importance.js'

/** A weight along an axis of which units lie, whose numbers can be read. */
export interface Readable extends Member {
  readonly stored: NonNullable<Member['stored']>
}

/**
 * Norms of the slices of weights along the axes that units lie on, each weight read once for each axis.
 *
 * Slices of output axes make a unit, slices of input axes read it. Both count, as in DepGraph: a channel with large
 * weights that nobody looks at is worth as little as one with small weights.
 */
export class SliceNorms {
  readonly #sums = new Map<string, Float64Array>()

  /** Of all weights around some groups, those that make units first. */
  around(groups: readonly Group[], power: 1 | 2): Evidence[] {
    const members = groups.flatMap(({ producers, consumers }) => [...producers, ...consumers])
    return distinctWeights(members).map((member) => ({
      units: member.units,
      values: this.sums(member, power),
      power,
    }))
  }

  /** For each element of the axis the sum of magnitudes (power 1), or of squares (power 2). */
  sums({ stored: { source, axis } }: Readable, power: 1 | 2): Float64Array {
    const key = `${source.value.id} ${axis} ${power}`
    const known = this.#sums.get(key)
    if (known !== undefined) return known
    const sums = axisSums(source.tensor, axis, power, source.value.name)
    this.#sums.set(key, sums)
    return sums
  }
}

/** Each weight once for each axis: one that several nodes read says what it says only once. */
export function distinctWeights(members: Iterable<Member>): Readable[] {
  const seen = new Set<string>()
  const found: Readable[] = []
  for (const member of members) {
    if (!isReadable(member)) continue
    const key = `${member.stored.source.value.id} ${member.stored.axis}`
    if (!seen.has(key)) found.push(member)
    seen.add(key)
  }
  return found
}

/** Whether the numbers are stored as such, each where the axis has it. */
export function isReadable(member: Member): member is Readable {
  const { stored, node, input, units } = member
  if (stored === null) return false
  const { source, axis } = stored
  if (source.quantized !== null || !isPrunable(source.tensor.dtype)) return false
  return source.tensor.shape[axis] === units.length && !isRearranged(node, input)
}

/** A Concat of pieces puts the elements of a weight elsewhere on their axis. */
function isRearranged(node: Node, input: number): boolean {
  for (let value = node.inputs[input] ?? null; value !== null && constantOf(value) === null; ) {
    if (value.producer?.type === 'Concat') return true
    value = value.producer?.inputs[0] ?? null
  }
  return false
}
