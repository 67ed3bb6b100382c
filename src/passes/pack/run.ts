import { unpackModel } from '../../encodings/unpack.js'
import { NothingToDoError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { tensorType, typeToString } from '../../ir/type.js'
import { encodeModel } from '../../onnx/write.js'
import { weightsOf } from '../../ops/weights.js'
import { raiseIrVersion } from '../../rewrites/upgrade-opset.js'
import type { ValuesOf } from '../option.js'
import {
  type Change,
  missingData,
  type PackedWeight,
  type PackingPoint,
  type PassContext,
  type PassResult,
  type Skip,
} from '../pass.js'
import { type Goal, goalOf } from './bound.js'
import { shareDuplicates } from './duplicates.js'
import { importanceOf, type Weighed } from './importance.js'
import { DEFAULT_SAMPLES, isWeighedByData, type options, weighOf } from './index.js'
import { Packer, type PlannedPacking } from './packer.js'
import { type Rounded, roundedByData } from './round.js'
import { curveOf, searchDrop } from './search.js'
import { openStore } from './store.js'
import { type Target, targetsOf } from './targets.js'
import { openTrial } from './trial.js'

type Values = ValuesOf<typeof options>

/** Shares of the work, as it goes on: a tensor is read twice; where packings are tried on data, that takes most of it. */
const WITHOUT_TRIALS = { surveyed: 0.5, found: 0.5, rounded: 0.5 }
const WITH_TRIALS = { surveyed: 0.1, found: 0.9, rounded: 0.9 }
const WITH_ROUNDING = { surveyed: 0.1, found: 0.1, rounded: 0.9 }

/**
 * Stores constants in fewer bytes, as nodes that give them back. Tensors are read twice and never held: codes go to a
 * temporary file.
 */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const original = model.clone().model
  raiseIrVersion(model, model.opset)
  const bytesBefore = context.bytesBefore ?? encodeModel(original).length
  const wasPacked = new Set(unpackModel(model).map(({ value }) => value))
  const duplicates = await shareDuplicates(model)
  const { targets, skipped } = targetsOf(model, values)
  if (targets.length + duplicates.length === 0) throw nothingToPack(skipped)
  const weighed = await weighedBy(model, values, context)
  const store = openStore(await context.folder())
  try {
    const { surveyed, found: decided, rounded: written } = sharesOf(values)
    const progress = progressOf(targets, context)
    const packer = await Packer.open(
      model,
      targets,
      {
        importances: weighed?.importances ?? new Map(),
        byMagnitude: weighOf(values) === 'magnitude',
        wasPacked,
        loadMemory: values.loadMemory,
        seed: context.seed,
        store,
        signal: context.signal,
      },
      progress(0, surveyed),
    )
    const found = await planned(original, packer, values, context, (done) =>
      context.onProgress?.(surveyed + (decided - surveyed) * done),
    )
    const { notFinite } = packer
    if (found.planned.bytes >= bytesBefore) {
      const odd = targets.filter(({ value }) => notFinite.has(value))
      throw nothingToGain(wasPacked.size > 0, found.planned.goal, [...skipped, ...leftAlone(odd, notFinite)])
    }
    const rounded = await roundedBy(model, found.planned, values, context, (done) =>
      context.onProgress?.(decided + (written - decided) * done),
    )
    const weights = await found.planned.into(model, (value) => value, {
      onRead: progress(written, 1),
      ...(rounded && { rounded: rounded.tensors }),
    })
    context.onProgress?.(1)
    const packed = new Set(weights.map(({ value }) => value))
    const rest = targets.filter(({ value }) => !packed.has(value))
    return {
      changed: [...duplicates, ...weights.map(changeOf)],
      skipped: [...skipped, ...(weighed?.skipped ?? []), ...(rounded?.skipped ?? []), ...leftAlone(rest, notFinite)],
      notes: [...found.notes, ...(rounded?.notes ?? [])],
      packing: { bound: boundOf(found.planned.goal, rounded), weights, curve: found.curve },
      ...samplesOf(found, weighed, rounded),
    }
  } finally {
    store.close()
  }
}

interface Found {
  readonly planned: PlannedPacking
  readonly curve: readonly PackingPoint[]
  readonly notes: readonly string[]
  /** Null where no data were looked at. */
  readonly samples: number | null
}

async function planned(
  original: Model,
  packer: Packer,
  values: Values,
  context: PassContext,
  onProgress: (done: number) => void,
): Promise<Found> {
  const plan = (goal: Goal) => packer.plan(goal)
  const { maxDrop, curve: wholeCurve } = values
  if (maxDrop === null && !wholeCurve) {
    return { planned: await plan(goalOf(values)), curve: [], notes: [], samples: null }
  }
  const { data, seed, signal } = context
  if (data === undefined) throw missingData(maxDrop === null ? '--curve' : '--max-drop')
  const trial = await openTrial(original, { data, metric: null, seed, signal })
  const found =
    maxDrop === null
      ? await curveOf(plan, trial, goalOf(values), { signal, onProgress })
      : await searchDrop(plan, trial, { maxDrop, wholeCurve, signal, onProgress })
  return { planned: found.candidate, curve: found.curve, notes: found.notes, samples: trial.samples }
}

async function weighedBy(model: Model, values: Values, context: PassContext): Promise<Weighed | null> {
  const by = weighOf(values)
  if (!isWeighedByData(by)) return null
  const { data, seed, signal } = context
  if (data === undefined) throw missingData(`--weigh ${by}`)
  const { weights } = weightsOf(model)
  return importanceOf(model, weights, { data, by, samples: values.samples ?? DEFAULT_SAMPLES, seed, signal })
}

async function roundedBy(
  model: Model,
  { roundings }: PlannedPacking,
  { rounding, samples }: Values,
  { data, seed, signal }: PassContext,
  onProgress: (done: number) => void,
): Promise<Rounded | null> {
  if (rounding === 'nearest') return null
  if (data === undefined) throw missingData(`--rounding ${rounding}`)
  return roundedByData(model, roundings, { data, samples: samples ?? DEFAULT_SAMPLES, seed, signal, onProgress })
}

/** Rounding by data bounds what outputs lose, and takes more of single weights than the nearest values would. */
function boundOf({ text, bound }: Goal, rounded: Rounded | null): string {
  if (rounded === null || rounded.tensors.size === 0) return text
  return bound.mostValues === null ? `${text}, before rounding by gptq` : `${text}, rounded by gptq`
}

/** How many were looked at; nothing where none was. */
function samplesOf(...learned: readonly ({ readonly samples: number | null } | null)[]): Pick<PassResult, 'samples'> {
  const counts = learned.flatMap((one) => (one === null || one.samples === null ? [] : [one.samples]))
  return counts.length === 0 ? {} : { samples: Math.max(...counts) }
}

function sharesOf({ maxDrop, curve, rounding }: Values): typeof WITHOUT_TRIALS {
  if (maxDrop !== null || curve) return WITH_TRIALS
  return rounding === 'gptq' ? WITH_ROUNDING : WITHOUT_TRIALS
}

/** @returns for a part of the work what is told of the bytes that are read in it */
function progressOf(targets: readonly Target[], { onProgress }: PassContext) {
  const total = targets.reduce((sum, { tensor }) => sum + tensor.byteLength, 0)
  return (from: number, to: number) => {
    let read = 0
    return (bytes: number) => {
      read += bytes
      onProgress?.(from + (to - from) * Math.min(1, read / Math.max(1, total)))
    }
  }
}

function changeOf({ value, encoding, bytesBefore, bytes }: PackedWeight): Change {
  return { target: value.name, what: `${bytesBefore} -> ${bytes} bytes: ${encoding}` }
}

/** Small ones are not worth a word: nobody expects them to become smaller. */
const WORTH_A_WORD = 4096

function leftAlone(targets: readonly Target[], notFinite: ReadonlySet<Value>): Skip[] {
  return targets
    .filter(({ tensor }) => tensor.byteLength >= WORTH_A_WORD)
    .map(({ value, tensor }) => {
      const type = typeToString(tensorType(tensor.dtype, tensor.shape))
      const why = notFinite.has(value)
        ? 'it has NaN or Inf, and nothing that keeps every bit takes less'
        : 'no encoding within the bound takes less'
      return { target: value.name, why: `${type}: ${why}` }
    })
}

const MOST_REASONS = 3

function reasons(skipped: readonly Skip[]): string[] {
  return skipped.slice(0, MOST_REASONS).map(({ target, why }) => `"${target}": ${why}.`)
}

/** More loss would not help. */
function nothingToPack(skipped: readonly Skip[]): NothingToDoError {
  return new NothingToDoError('There is no constant that could be stored in another way.', {
    suggestions: [...reasons(skipped), 'Keep the file as it is. --allow-unchanged makes this no error.'],
  })
}

function nothingToGain(
  wasPacked: boolean,
  { text, bound, targetBytes }: Goal,
  skipped: readonly Skip[],
): NothingToDoError {
  if (targetBytes !== null) {
    return new NothingToDoError(`The file is at most that large already (${text}).`, {
      suggestions: ['Ask for less: --target-size with a smaller size. --allow-unchanged makes this no error.'],
    })
  }
  const bits = bound.mostValues === null ? 4 : Math.max(1, Math.log2(bound.mostValues) - 1)
  const what = wasPacked ? 'The model is packed already: no weight' : 'No weight'
  return new NothingToDoError(`${what} takes less room in another way (${text}).`, {
    suggestions: [
      text === 'lossless'
        ? 'Allow a loss: --bits 8 or --max-error 1% mostly keep the accuracy. Or prune first: zeros take next to nothing.'
        : `Allow more loss: --bits ${bits}, or prune first: zeros take next to nothing.`,
      ...reasons(skipped),
    ],
  })
}
