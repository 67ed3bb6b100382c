import type { NdArray } from '../../data/dataset.js'
import { DataError, UnsupportedModelError } from '../../errors.js'
import { numberToFloat16 } from '../../ir/float16.js'
import type { Value } from '../../ir/graph.js'
import { type DType, shapeToString } from '../../ir/type.js'
import { skeleton } from '../../onnx/skeleton.js'
import { ofSamples, padded } from '../batch.js'
import type { BoundData } from '../bound-data.js'
import { type Opened, openModel, type Running, runOn } from '../opened.js'
import { type CutOut, cutOut } from './cut-out.js'
import { numbersOf } from './difference.js'
import { grouped, type Layer, type LayerGroup } from './groups.js'
import type { Typed } from './matching.js'
import type { BatchPlace } from './outputs.js'

/** Unless told otherwise; several times as much is taken, as what is fetched is copied, and garbage for a while. */
const BUDGET_BYTES = 48e6

/** Node by node, as the file says: a fused node would hide values, and rounds in another way than its parts. */
const OPTIONS = { level: 'disabled', takesTurns: true } as const

/** What is found out about layers on the way. */
export interface LayerState {
  /** Values whose shapes turned out to differ, and how. */
  readonly dropped: Map<Layer, string>
  /** Values for which it is not known what B makes of the values of A. */
  readonly withoutLocal: Set<Layer>
}

export interface LayerWork {
  /** Bytes of values that are fetched at a time, at most, unless a single value has more. */
  readonly budgetBytes?: number
  readonly data: BoundData & { readonly samples: number }
  readonly running: Running
  readonly state: LayerState
  /** Asked after the first batch; false stops there. */
  readonly goOn?: () => boolean
  readonly say: (progress: { readonly phase: 'layers'; readonly done: number }) => void
  readonly signal: AbortSignal
}

type NamedModel = Typed & { readonly name: string }

/**
 * Runs both models on the data, value by value, and adds what is seen to the layers.
 *
 * All values of a model at once may be many times its size. So it is cut into parts that take turns: each computes some
 * values from those that earlier ones left, and what no later one needs is forgotten. Nothing is computed twice.
 */
export async function runLayers(
  a: NamedModel,
  b: NamedModel,
  layers: readonly Layer[],
  work: LayerWork,
): Promise<void> {
  const { data, state, say, signal, budgetBytes = BUDGET_BYTES } = work
  const groups = grouped(layers, budgetBytes)
  const opened: GroupSessions[] = []
  try {
    for (const group of groups) {
      opened.push(await openGroup(a, b, group, work))
      signal.throwIfAborted()
    }
    let first = 0
    const { binding, dataset, batchSize } = data
    const most = Math.max(1, ...groups.map(({ bytes }) => bytes))
    const size = binding.batchSize ?? Math.max(1, Math.min(batchSize, Math.floor(budgetBytes / most)))
    for await (const batch of dataset.batches({ size, last: 'keep' })) {
      const place = { first, size: batch.size, ran: binding.batchSize ?? batch.size }
      const run: BatchRun = {
        feeds: padded(binding.feeds(batch), batch.size, place.ran),
        place,
        a: new Map(),
        b: new Map(),
      }
      for (const sessions of opened) {
        signal.throwIfAborted()
        await runGroup(sessions, run, state)
      }
      if (first === 0 && work.goOn?.() === false) return
      first += batch.size
      say({ phase: 'layers', done: first / data.samples })
    }
  } finally {
    for (const { parts } of opened) for (const { session } of parts) await session.release()
  }
}

/** A part of a model, open, with the names under which it takes values. */
interface Part extends Opened {
  readonly inputs: CutOut['inputs']
}

interface GroupSessions {
  readonly group: LayerGroup
  readonly a: Part
  readonly b: Part
  /** B for the values of A; null when ONNX Runtime does not open it. */
  local: Part | null
  readonly parts: readonly Part[]
}

/** A batch on its way through the parts, with the values that are still needed. */
interface BatchRun {
  readonly feeds: Readonly<Record<string, NdArray>>
  readonly place: BatchPlace
  readonly a: Map<Layer, NdArray>
  readonly b: Map<Layer, NdArray>
}

const ofA = ({ match }: Layer) => match.a
const ofB = ({ match }: Layer) => match.b

async function openGroup(
  a: NamedModel,
  b: NamedModel,
  group: LayerGroup,
  { running }: LayerWork,
): Promise<GroupSessions> {
  const parts: Part[] = []
  const open = async (model: NamedModel, given: readonly Layer[], of: (layer: Layer) => Value) => {
    const part = await openPart(model, group.layers.map(of), given.map(of), running)
    parts.push(part)
    return part
  }
  try {
    const partA = await open(a, group.givenA, ofA)
    const partB = await open(b, group.givenB, ofB)
    const local = await orNull(open(b, group.givenLocal, ofB))
    return { group, a: partA, b: partB, local, parts }
  } catch (error) {
    for (const { session } of parts) await session.release()
    throw error
  }
}

async function openPart(
  { model, shapes, name }: NamedModel,
  wanted: readonly Value[],
  given: readonly Value[],
  running: Running,
): Promise<Part> {
  const part = cutOut(model, { wanted, given, typeOf: (value) => shapes.typeOf(value) })
  return { ...(await openModel({ ...skeleton(part.model), name }, running, OPTIONS)), inputs: part.inputs }
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

async function runGroup(sessions: GroupSessions, run: BatchRun, state: LayerState): Promise<void> {
  const { group, local } = sessions
  await runPart(sessions.a, group.givenA, ofA, run, run.a, group.layers)
  await runPart(sessions.b, group.givenB, ofB, run, run.b, group.layers)
  const made = new Map<Layer, NdArray>()
  const done = local && (await orNull(runPart(local, group.givenLocal, ofB, { ...run, b: run.a }, made, group.layers)))
  if (done === null) sessions.local = null
  for (const layer of group.layers) addLayer(layer, run, made.get(layer), state)
  for (const layer of group.done) {
    run.a.delete(layer)
    run.b.delete(layer)
  }
}

/** @param into  gets the values of the layers */
async function runPart(
  part: Part,
  given: readonly Layer[],
  of: (layer: Layer) => Value,
  run: BatchRun,
  into: Map<Layer, NdArray>,
  layers: readonly Layer[],
): Promise<true> {
  const known = of === ofA ? run.a : run.b
  const ports = new Map(part.session.inputs.map(({ name, dtype }) => [name, dtype]))
  const feeds: Record<string, NdArray> = { ...run.feeds }
  for (const layer of given) {
    const [name, array] = [part.inputs.get(of(layer)), known.get(layer)]
    const dtype = name === undefined ? undefined : ports.get(name)
    if (name !== undefined && array !== undefined && dtype) feeds[name] = castTo(array, dtype)
  }
  const names = layers.map((layer) => of(layer).name)
  const results = await runOn(part, feeds, names, run.place)
  for (const layer of layers) {
    const array = results[of(layer).name]
    if (array !== undefined) into.set(layer, array)
  }
  return true
}

/** Between floating-point types; what is too large becomes infinite, as in a Cast. */
function castTo(array: NdArray, dtype: DType): NdArray {
  if (array.dtype === dtype) return array
  const numbers = numbersOf(array)
  const { shape } = array
  if (dtype === 'float16') return { dtype, shape, data: Uint16Array.from(numbers, numberToFloat16) }
  const Floats = dtype === 'float64' ? Float64Array : Float32Array
  return { dtype, shape, data: Floats.from(numbers) }
}

function addLayer(layer: Layer, run: BatchRun, made: NdArray | undefined, state: LayerState): void {
  if (state.dropped.has(layer)) return
  const { match, difference } = layer
  const { place } = run
  const real = (array: NdArray | undefined) => array && (ofSamples(array, place.ran, place.size) ?? array)
  const [x, y, z] = [real(run.a.get(layer)), real(run.b.get(layer)), real(made)]
  if (x === undefined || y === undefined) throw new Error(`Value "${match.a.name}" was not fetched.`)
  if (`${x.shape}` !== `${y.shape}`) {
    state.dropped.set(layer, `its shape is ${shapeToString(x.shape)} in A and ${shapeToString(y.shape)} in B`)
    return
  }
  const known = z !== undefined && `${z.shape}` === `${x.shape}`
  if (!known) state.withoutLocal.add(layer)
  const ran = x.shape[0] === place.size ? place.size : place.ran
  const local = known ? numbersOf(z) : null
  difference.add({ a: numbersOf(x), b: numbersOf(y), local, shape: x.shape, first: place.first, ran })
}
