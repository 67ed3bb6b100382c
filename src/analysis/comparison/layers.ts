import { numberToFloat16 } from '../../data/array/float16.js'
import type { NdArray } from '../../data/dataset.js'
import { DataError, UnsupportedModelError, UsageError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { type DType, shapeToString } from '../../ir/type.js'
import { skeleton } from '../../onnx/skeleton.js'
import { ofSamples, padded } from '../batch.js'
import type { BoundData } from '../bound-data.js'
import { type Opened, openModel, type Running, runOn } from '../opened.js'
import { inferShapes } from '../shapes.js'
import { type Station, sharesOf } from './attribution.js'
import { type CutOut, cutOut } from './cut-out.js'
import { numbersOf, type ValueDifference } from './difference.js'
import { grouped, type Layer, type LayerGroup, layersOf } from './groups.js'
import { type Matching, matchValues, type Typed } from './matching.js'
import type { BatchPlace } from './outputs.js'

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

/** Values fetched in one run, at most: what is fetched is copied, and garbage for a while. */
const BUDGET_BYTES = 64e6

/** Node by node, as the file says: a fused node would hide values, and rounds in another way than its parts. */
const LEVEL = 'disabled'

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
  data: BoundData & { readonly samples: number },
  running: Running,
  say: (progress: { readonly phase: 'layers'; readonly done: number }) => void,
  signal: AbortSignal,
): Promise<LayersCompared> {
  const [ours, theirs] = [await typed(a), await typed(b)]
  const { matches, skipped, unmatched } = matchValues(ours, theirs)
  const layers = layersOf(matches, ours, theirs)
  if (!layers.some(({ match }) => !isOutput(match.a)) && skipped.length === 0 && unmatched.a > 0 && unmatched.b > 0) {
    throw new UsageError(`"${a.name}" and "${b.name}" have no value in common but their outputs.`, {
      suggestions: [
        'Values are matched by their names, or by the names of their nodes: keep those when a model is exported again.',
        'Without --layers the outputs are compared.',
      ],
    })
  }
  const groups = grouped(layers, BUDGET_BYTES)
  const work = { a: { ...a, ...ours }, b: { ...b, ...theirs }, data, running, signal }
  const dropped = new Map<Layer, string>()
  const withoutLocal = new Set<Layer>()
  for (const [i, group] of groups.entries()) {
    const state = { group, dropped, withoutLocal }
    await compareGroup(work, state, (samples) =>
      say({ phase: 'layers', done: (i + samples / data.samples) / groups.length }),
    )
  }
  return {
    layers: described(layers, withoutLocal, theirs.model).filter((_, i) => !dropped.has(layers[i] as Layer)),
    unmatched: { a: unmatched.a + dropped.size, b: unmatched.b + dropped.size },
    skipped: [...skipped, ...[...dropped].map(([{ match }, why]) => ({ target: match.a.name, why }))],
  }
}

async function typed({ model, dims }: LayerModel): Promise<Typed> {
  return { model, shapes: await inferShapes(model, { dims }) }
}

interface Work {
  readonly a: LayerModel & Typed
  readonly b: LayerModel & Typed
  readonly data: BoundData
  readonly running: Running
  readonly signal: AbortSignal
}

interface State {
  readonly group: LayerGroup
  /** Values whose shapes turned out to differ. */
  readonly dropped: Map<Layer, string>
  readonly withoutLocal: Set<Layer>
}

/** The part of a model that a group needs, open, with the names under which it takes values. */
interface OpenPart extends Opened {
  readonly inputs: CutOut['inputs']
}

async function compareGroup(work: Work, state: State, tick: (samples: number) => void): Promise<void> {
  const { a, b, data, signal } = work
  const { layers, given, bytes } = state.group
  const fromA = [...new Set([...layers, ...given])].map(({ match }) => match.a)
  const fromB = layers.map(({ match }) => match.b)
  const parts: OpenPart[] = []
  const open = async (model: Work['a'], wanted: readonly Value[], cut: readonly Value[]) => {
    const part = await openPart(model, wanted, cut, work.running)
    parts.push(part)
    return part
  }
  try {
    const partA = await open(a, fromA, [])
    const partB = await open(b, fromB, [])
    let local = await orNull(
      open(
        b,
        fromB,
        given.map(({ match }) => match.b),
      ),
    )
    let first = 0
    const { binding, dataset, batchSize } = data
    const size = binding.batchSize ?? Math.max(1, Math.min(batchSize, Math.floor(BUDGET_BYTES / bytes)))
    for await (const batch of dataset.batches({ size, last: 'keep' })) {
      signal.throwIfAborted()
      const place = { first, size: batch.size, ran: binding.batchSize ?? batch.size }
      const feeds = padded(binding.feeds(batch), batch.size, place.ran)
      const ours = await runOn(partA, feeds, names(fromA), place)
      const theirs = await runOn(partB, feeds, names(fromB), place)
      const made =
        local && (await orNull(runOn(local, { ...feeds, ...given_(local, given, ours) }, names(fromB), place)))
      if (made === null) {
        local = null
        for (const layer of layers) state.withoutLocal.add(layer)
      }
      for (const layer of layers) addLayer(layer, ours, theirs, made, place, state)
      first += batch.size
      tick(first)
    }
  } finally {
    for (const { session } of parts) await session.release()
  }
}

async function openPart(
  { model, shapes, name }: Work['a'],
  wanted: readonly Value[],
  given: readonly Value[],
  running: Running,
): Promise<OpenPart> {
  const part = cutOut(model, { wanted, given, typeOf: (value) => shapes.typeOf(value) })
  return { ...(await openModel({ ...skeleton(part.model), name }, running, { level: LEVEL })), inputs: part.inputs }
}

/** What ONNX Runtime does not do with a part, it may still do with the whole: the shares are then estimated. */
async function orNull<T>(attempt: Promise<T>): Promise<T | null> {
  try {
    return await attempt
  } catch (error) {
    if (error instanceof UnsupportedModelError || error instanceof DataError) return null
    throw error
  }
}

/** The values of A as inputs of the part of B. */
function given_(
  part: OpenPart,
  given: readonly Layer[],
  ours: Readonly<Record<string, NdArray>>,
): Record<string, NdArray> {
  const ports = new Map(part.session.inputs.map(({ name, dtype }) => [name, dtype]))
  const feeds: Record<string, NdArray> = {}
  for (const { match } of given) {
    const [name, array] = [part.inputs.get(match.b), ours[match.a.name]]
    const dtype = name === undefined ? undefined : ports.get(name)
    if (name !== undefined && array !== undefined && dtype) feeds[name] = castTo(array, dtype)
  }
  return feeds
}

/** Between floating-point types; what is too large becomes infinite, as in a Cast. */
function castTo(array: NdArray, dtype: DType): NdArray {
  if (array.dtype === dtype) return array
  const numbers = numbersOf(array)
  const { shape } = array
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(numbers, numberToFloat16) }
  return dtype === 'float64'
    ? { dtype, shape, data: Float64Array.from(numbers) }
    : { dtype, shape, data: Float32Array.from(numbers) }
}

function addLayer(
  layer: Layer,
  ours: Readonly<Record<string, NdArray>>,
  theirs: Readonly<Record<string, NdArray>>,
  made: Readonly<Record<string, NdArray>> | null,
  place: BatchPlace,
  { dropped, withoutLocal }: State,
): void {
  if (dropped.has(layer)) return
  const { match, difference } = layer
  const real = (array: NdArray | undefined) => array && (ofSamples(array, place.ran, place.size) ?? array)
  const [x, y, z] = [real(ours[match.a.name]), real(theirs[match.b.name]), real(made?.[match.b.name])]
  if (x === undefined || y === undefined) throw new Error(`Value "${match.a.name}" was not fetched.`)
  if (`${x.shape}` !== `${y.shape}`) {
    dropped.set(layer, `its shape is ${shapeToString(x.shape)} in A and ${shapeToString(y.shape)} in B`)
    return
  }
  const known = z !== undefined && `${z.shape}` === `${x.shape}`
  if (!known) withoutLocal.add(layer)
  const ran = x.shape[0] === place.size ? place.size : place.ran
  const local = known ? numbersOf(z) : null
  difference.add({ a: numbersOf(x), b: numbersOf(y), local, shape: x.shape, first: place.first, ran })
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
      from: layer.from.flatMap((source) => index.get(source) ?? []),
      additive: ADDITIVE.has(match.a.producer?.type ?? ''),
      isOutput: isOutput(match.b),
    }
  })
  const shares = sharesOf(stations)
  return layers.map((layer) => {
    const { match, difference, from, span } = layer
    return {
      ...difference.result(match.a.name),
      node: match.a.producer?.label ?? '',
      op: match.a.producer?.type ?? '',
      matchedBy: match.by,
      span: span.map((node) => node.label),
      inputSqnrDb: Math.min(
        Infinity,
        ...from.map((source) => source.difference.sqnrDb).filter((db) => !Number.isNaN(db)),
      ),
      localSqnrDb: withoutLocal.has(layer) ? null : difference.localSqnrDb,
      share: shares[index.get(layer) ?? -1] ?? 0,
    }
  })
}

function isOutput(value: Value): boolean {
  return [...value.uses].some((use) => 'slot' in use && use.slot.graph.owner === null)
}

function names(values: readonly Value[]): string[] {
  return values.map(({ name }) => name)
}
