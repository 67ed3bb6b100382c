import type { Model, Node } from '../../ir/graph.js'
import { walk } from '../../ir/walk.js'
import { opOf } from '../../ops/index.js'
import { type WeightSource, weightOf } from '../../ops/weight-of.js'
import type { Shapes } from '../shapes.js'
import { HEADS, type Preference, type UnitAxis } from './space.js'
import { type Trace, trace } from './trace.js'
import type { Hindrance } from './units.js'

/** An axis of a weight whose elements belong to units. */
export interface Member {
  readonly node: Node
  readonly input: number
  /** The axis of the node's input. */
  readonly axis: number
  /** The constant behind the input and the axis of its tensor; null where it is computed, or a Reshape mixed the axis. */
  readonly stored: { readonly source: WeightSource; readonly axis: number } | null
  /** The unit of each element along the axis; -1 for those that stay. */
  readonly units: Int32Array
}

/** Units that compete with one another: they lie along the same output axes of weights. */
export interface Group {
  readonly index: number
  /** The label of the node that makes most of it. */
  readonly name: string
  readonly kind: 'channels' | 'heads'
  readonly units: Int32Array
  /** Weights that make the units: along their output axis. */
  readonly producers: readonly Member[]
  /** Weights that sum over them: along their input axis. */
  readonly consumers: readonly Member[]
}

/** Output channels of a weight that have to stay. */
export interface Frozen {
  readonly node: Node
  readonly input: number
  readonly channels: number
  readonly of: number
  /** Of the first of them. */
  readonly hindrance: Hindrance
}

/** What of a model can be removed, and what goes with it. */
export interface Dependencies {
  readonly model: Model
  readonly trace: Trace
  /** Units are numbered 0 .. unitCount - 1. */
  readonly unitCount: number
  readonly groups: readonly Group[]
  /** The index of the group of each unit. */
  readonly groupOf: Int32Array
  readonly frozen: readonly Frozen[]
  /** The unit of each element, -1 for those that stay; null where all stay. */
  unitsOf(axis: UnitAxis): Int32Array | null
  /** Sequences of units of all different axes of which one element at least must stay. */
  readonly floors: readonly Int32Array[]
}

/** Marks for each unit whether it goes. */
export type Removal = Uint8Array

/**
 * Finds the units of a model: what can be removed together, so that the rest still fits. Linear in the graph and the
 * extents of its values; changes nothing.
 *
 * @param preference  which factor is pruned where a Reshape makes one axis of heads and their widths
 */
export function dependenciesOf(
  model: Model,
  shapes: Shapes,
  openShapes: Shapes,
  preference: Preference = 'heads',
): Dependencies {
  return new Found(model, trace(model, shapes, openShapes, preference))
}

/** The indices of the elements of an axis that stay, rising; null when all do. */
export function keptOf(dependencies: Dependencies, axis: UnitAxis, removal: Removal): Int32Array | null {
  const units = dependencies.unitsOf(axis)
  if (units === null) return null
  const gone = countGone(units, removal)
  if (gone === 0) return null
  const kept = new Int32Array(units.length - gone)
  let at = 0
  for (let i = 0; i < units.length; i++) if (!isGone(units[i], removal)) kept[at++] = i
  return kept
}

export function countGone(units: Int32Array, removal: Removal): number {
  let gone = 0
  for (const unit of units) if (isGone(unit, removal)) gone++
  return gone
}

export function isGone(unit = -1, removal: Removal): boolean {
  return unit >= 0 && removal[unit] === 1
}

interface Draft {
  readonly producers: Member[]
  readonly consumers: Member[]
}

class Found implements Dependencies {
  readonly model: Model
  readonly trace: Trace
  readonly groups: readonly Group[]
  readonly groupOf: Int32Array
  readonly unitCount: number
  readonly frozen: readonly Frozen[]
  readonly floors: readonly Int32Array[]
  /** By class of elements; -1, and nothing for axes that are asked for later, where they are no unit. */
  readonly #unitOfRoot: Int32Array
  readonly #roots: number[] = []
  readonly #cache = new Map<Int32Array, Int32Array | null>()

  constructor(model: Model, traced: Trace) {
    this.model = model
    this.trace = traced
    this.#unitOfRoot = new Int32Array(traced.space.units.count).fill(-1)
    const { producing, consuming, frozen } = this.#members()
    this.frozen = frozen
    this.unitCount = this.#roots.length
    const together = new Together(this.unitCount)
    for (const { units } of producing) together.join(units)
    this.groupOf = together.numbered()
    this.groups = this.#groups(producing, consuming)
    this.floors = distinct([...traced.axes()].flatMap((axis) => this.unitsOf(axis) ?? []).filter(allCanGo))
  }

  unitsOf({ elements }: UnitAxis): Int32Array | null {
    if (elements === null) return null
    const known = this.#cache.get(elements)
    if (known !== undefined) return known
    const { units } = this.trace.space
    const found = elements.map((element) => this.#unitOfRoot[units.find(element)] ?? -1)
    const result = found.some((unit) => unit >= 0) ? found : null
    this.#cache.set(elements, result)
    return result
  }

  /** Numbers the units by the weights that make them, in the order of the graph. */
  #members() {
    const producing: Member[] = []
    const frozen: Frozen[] = []
    const later: (() => Member | null)[] = []
    const seen = new Set<string>()
    for (const node of walk(this.model)) {
      for (const spec of opOf(node)?.weights?.(node) ?? []) {
        const axes = this.trace.axesOfInput(node, spec.input)
        if (axes === null || !isMadeOfConstants(node, spec.input)) continue
        const source = weightOf(node, spec.input)
        const stored = 'none' in source ? null : source
        const [out, summed] = spec.kind === 'embedding' ? [spec.in, spec.out] : [spec.out, spec.in]
        const [outAxis, inAxis] = [at(axes, out), at(axes, summed)]
        const key = stored === null ? '' : `${stored.value.id}:${out < 0 ? out + axes.length : out}`
        if (outAxis !== null && (key === '' || !seen.has(key))) {
          seen.add(key)
          const hindered = isInFunction(node, this.model) ? inFunction(outAxis.axis) : this.#number(outAxis.axis)
          const member = this.#member(node, spec.input, outAxis, stored)
          if (member !== null) producing.push(member)
          if (hindered !== null) frozen.push({ node, input: spec.input, ...hindered })
        }
        if (inAxis !== null) later.push(() => this.#member(node, spec.input, inAxis, stored))
      }
    }
    const consuming = later.flatMap((member) => member() ?? [])
    return { producing, consuming, frozen }
  }

  /** @returns what of the axis has to stay, if anything */
  #number({ size, elements, hindrance }: UnitAxis) {
    const { units } = this.trace.space
    let first = hindrance
    let channels = elements === null ? size : 0
    for (const element of elements ?? []) {
      const root = units.find(element)
      const why = units.hindranceOf(root)
      if (why !== null) {
        first ??= why
        channels++
      } else if (this.#unitOfRoot[root] === -1) this.#unitOfRoot[root] = this.#roots.push(root) - 1
    }
    return first === null ? null : { channels, of: size, hindrance: first }
  }

  #member(node: Node, input: number, place: Place, source: WeightSource | null): Member | null {
    const units = this.unitsOf(place.axis)
    if (units === null) return null
    const axis = source?.axes[place.index] ?? null
    const stored = source === null || axis === null ? null : { source, axis }
    return { node, input, axis: place.index, stored, units }
  }

  #groups(producing: readonly Member[], consuming: readonly Member[]): Group[] {
    const drafts: Draft[] = []
    const draftOf = (index: number): Draft => {
      const draft = drafts[index] ?? { producers: [], consumers: [] }
      drafts[index] = draft
      return draft
    }
    for (const member of producing) {
      const first = member.units.find((unit) => unit >= 0) ?? 0
      draftOf(this.groupOf[first] ?? 0).producers.push(member)
    }
    for (const member of consuming) {
      const read = new Set<number>()
      for (const unit of member.units) if (unit >= 0) read.add(this.groupOf[unit] ?? 0)
      for (const index of read) draftOf(index).consumers.push(member)
    }
    const units: number[][] = drafts.map(() => [])
    for (const [unit, index] of this.groupOf.entries()) units[index]?.push(unit)
    const isHead = (unit: number) => (this.trace.space.units.marksOf(this.#roots[unit] ?? 0) & HEADS) !== 0
    return drafts.map(({ producers, consumers }, index) => {
      const own = Int32Array.from(units[index] ?? [])
      const kind = own.some(isHead) ? ('heads' as const) : ('channels' as const)
      return { index, name: largest(producers)?.node.label ?? `group ${index}`, kind, units: own, producers, consumers }
    })
  }
}

/** Which units lie along one output axis of a weight, directly or by way of others. */
class Together {
  readonly #parent: Int32Array

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i)
  }

  join(units: Int32Array): void {
    let first = -1
    for (const unit of units) {
      if (unit < 0) continue
      if (first < 0) first = this.#find(unit)
      else this.#parent[this.#find(unit)] = first
    }
  }

  /** The set of each unit, numbered in the order of their first units. */
  numbered(): Int32Array {
    const numbers = new Map<number, number>()
    return this.#parent.map((_, unit) => {
      const root = this.#find(unit)
      const number = numbers.get(root) ?? numbers.size
      numbers.set(root, number)
      return number
    })
  }

  #find(unit: number): number {
    let at = unit
    for (;;) {
      const up = this.#parent[at] as number // units are numbered without a gap
      if (up === at) return at
      this.#parent[at] = this.#parent[up] as number
      at = up
    }
  }
}

interface Place {
  readonly axis: UnitAxis
  readonly index: number
}

function at(axes: readonly UnitAxis[], index: number): Place | null {
  // A vector in a matrix product is summed over entirely.
  const i = index < 0 ? index + axes.length : index
  const axis = axes[i]
  return axis === undefined ? null : { axis, index: i }
}

/** Weights may be computed from constants alone (standardized, dequantized); activations are no weights. */
function isMadeOfConstants(node: Node, input: number): boolean {
  const value = node.inputs[input] ?? null
  const seen = new Set<Node>()
  const pending = [value]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next === null || next.constant !== null) continue
    const { producer } = next
    if (producer === null || producer.inputs.length === 0 || seen.size > 64) {
      if (producer?.type === 'Constant') continue
      return false
    }
    if (seen.has(producer)) continue
    seen.add(producer)
    pending.push(...producer.inputs)
  }
  return true
}

/** Of a function that is called once nothing is left when the model has been prepared: its nodes stand in its place. */
function isInFunction(node: Node, { main }: Model): boolean {
  let { graph } = node
  while (graph.outer !== null) graph = graph.outer
  return graph !== main
}

function inFunction({ size }: UnitAxis) {
  const hindrance: Hindrance = { node: null, why: 'it stands in a function that is called more than once' }
  return { channels: size, of: size, hindrance }
}

function allCanGo(units: Int32Array): boolean {
  return units.every((unit) => unit >= 0)
}

function largest(members: readonly Member[]): Member | undefined {
  const bytes = ({ stored }: Member) => stored?.source.tensor.byteLength ?? 0
  return members.reduce<Member | undefined>(
    (best, m) => (best === undefined || bytes(m) > bytes(best) ? m : best),
    undefined,
  )
}

/** Each sequence of units once. */
export function distinct(sequences: readonly Int32Array[]): Int32Array[] {
  const byKey = new Map<string, Int32Array[]>()
  const result: Int32Array[] = []
  for (const units of new Set(sequences)) {
    let hash = 0
    for (const unit of units) hash = (Math.imul(hash, 31) + unit) | 0
    const key = `${units.length}:${hash}`
    const alike = byKey.get(key) ?? []
    if (alike.some((other) => other.every((unit, i) => unit === units[i]))) continue
    byKey.set(key, [...alike, units])
    result.push(units)
  }
  return result
}
