import { UsageError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { inferShapes } from '../shapes.js'
import { type Station, sharesOf } from './attribution.js'
import type { ValueDifference } from './difference.js'
import { type Layer, layersOf } from './groups.js'
import { type Match, type Matching, matchValues, type Typed } from './matching.js'
import { type LayerState, type LayerWork, runLayers } from './parts.js'
import { strangersAmong } from './strangers.js'

export interface LayerDifference extends ValueDifference {
  /** The node that makes the value, in A. */
  readonly node: string
  readonly op: string
  readonly matchedBy: 'name' | 'node'
  /** The nodes of A between it and the compared values that it is computed from. */
  readonly span: readonly string[]
  /** The least SQNR among the values that it is computed from; Infinity when they are all exact. */
  readonly inputSqnrDb: number
  /** SQNR of what B makes of the values of A; null when that could not be run. */
  readonly localSqnrDb: number | null
  /** Of the error of the outputs, 0..1. */
  readonly share: number
}

export interface LayersCompared {
  readonly layers: readonly LayerDifference[]
  readonly unmatched: Matching['unmatched']
  readonly skipped: Matching['skipped']
}

export interface LayerModel {
  readonly name: string
  readonly model: Model
  /** What open dimensions of the inputs are in a batch of one. */
  readonly dims: Readonly<Record<string, number>>
}

/** Of looking for values that mean something else; one finds nearly all of them. */
const MOST_ROUNDS = 8

/** Ops that add up the errors of their inputs, or hand each on in its own place. */
const ADDITIVE: ReadonlySet<string> = new Set(['Add', 'Sub', 'Sum', 'Mean', 'Concat', 'Max', 'Min', 'Where'])

/**
 * Compares the values inside of two models, and says which of them cause the error (see `sharesOf`).
 *
 * For each value there are three: of A, of B, and what the nodes of B make of the values of A. The last comes from B
 * cut open at every value that A has as well, so that it works where both have the same nodes, and also where B has
 * others: quantized with QuantizeLinear and DequantizeLinear, with BatchNormalization folded, with fewer channels.
 *
 * @throws UsageError when the models have no value in common
 */
export async function compareLayers(
  [a, b]: readonly [LayerModel, LayerModel],
  work: Omit<LayerWork, 'state'>,
): Promise<LayersCompared> {
  const [ours, theirs] = [await typed(a), await typed(b)]
  const matching = matchValues(ours, theirs)
  const { layers, strangers, state } = await compareMatches({ ...a, ...ours }, { ...b, ...theirs }, matching, work)
  const { dropped, withoutLocal } = state
  const compared = layers.filter((layer) => !dropped.has(layer))
  const { skipped, unmatched } = matching
  const lost = dropped.size + strangers.length
  return {
    layers: described(compared, withoutLocal, theirs.model),
    unmatched: { a: unmatched.a + lost, b: unmatched.b + lost },
    skipped: [
      ...skipped,
      ...strangers.map(({ a: { name } }) => ({
        target: name,
        why: 'it means something else in B: what follows undoes it',
      })),
      ...[...dropped].map(([{ match }, why]) => ({ target: match.a.name, why })),
    ],
  }
}

/** Runs the models, again without values of one name that turn out to mean something else: the first batch tells. */
async function compareMatches(
  a: LayerModel & Typed,
  b: LayerModel & Typed,
  matching: Matching,
  work: Omit<LayerWork, 'state'>,
): Promise<{ readonly layers: Layer[]; readonly strangers: Match[]; readonly state: LayerState }> {
  const known = new Set<Match>()
  for (let round = 1; ; round++) {
    const matches = matching.matches.filter((match) => !known.has(match))
    const layers = layersOf(matches, a, b)
    if (round === 1) checkCommon(a, b, layers, matching)
    const state: LayerState = { dropped: new Map(), withoutLocal: new Set() }
    const strange = new Set<Match>()
    const goOn = () => {
      if (round === MOST_ROUNDS) return true
      for (const { match } of strangersAmong(layers)) if (!isOutput(match.b)) strange.add(match)
      return strange.size === 0
    }
    await runLayers(a, b, layers, { ...work, state, goOn })
    if (strange.size === 0) return { layers, state, strangers: matching.matches.filter((match) => known.has(match)) }
    for (const match of strange) known.add(match)
  }
}

function checkCommon(a: LayerModel, b: LayerModel, layers: readonly Layer[], { skipped, unmatched }: Matching): void {
  if (skipped.length > 0 || unmatched.a === 0 || unmatched.b === 0) return
  if (layers.some(({ match }) => !isOutput(match.a))) return
  throw new UsageError(`"${a.name}" and "${b.name}" have no value in common but their outputs.`, {
    suggestions: [
      'Values are matched by their names, or by the names of their nodes: keep those when a model is exported again.',
      'Without --layers the outputs are compared.',
    ],
  })
}

async function typed({ model, dims }: LayerModel): Promise<Typed> {
  return { model, shapes: await inferShapes(model, { dims }) }
}

/** With the shares, which only the whole tells. */
function described(layers: readonly Layer[], withoutLocal: ReadonlySet<Layer>, b: Model): LayerDifference[] {
  const order = new Map([...b.main.nodes].map((node, i) => [node, i]))
  const position = ({ match: { b: value } }: Layer) => (value.producer && order.get(value.producer)) ?? 0
  const inOrder = [...layers].sort((x, y) => position(x) - position(y))
  const index = new Map(inOrder.map((layer, i) => [layer, i]))
  const stations = inOrder.map((layer): Station => {
    const { difference: d, match } = layer
    return {
      signal: d.signal,
      noise: d.noise,
      parts: withoutLocal.has(layer) ? null : { local: d.local, passed: d.passed },
      from: layer.fromB.flatMap((source) => index.get(source) ?? []),
      additive: ADDITIVE.has(match.a.producer?.type ?? ''),
      isOutput: isOutput(match.b),
    }
  })
  const shares = sharesOf(stations)
  return layers.map((layer) => {
    const { match, difference, fromB, span } = layer
    return {
      ...difference.result(match.a.name),
      node: match.a.producer?.label ?? '',
      op: match.a.producer?.type ?? '',
      matchedBy: match.by,
      span: span.map((node) => node.label),
      inputSqnrDb: Math.min(
        Infinity,
        ...fromB.map((source) => source.difference.sqnrDb).filter((db) => !Number.isNaN(db)),
      ),
      localSqnrDb: withoutLocal.has(layer) ? null : difference.localSqnrDb,
      share: shares[index.get(layer) ?? -1] ?? 0,
    }
  })
}

function isOutput(value: Value): boolean {
  return [...value.uses].some((use) => 'slot' in use && use.slot.graph.owner === null)
}
