import { blank } from '../../encodings/blank.js'
import { label } from '../../encodings/index.js'
import { mapTensors } from '../../encodings/map-tensors.js'
import { UsageError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import type { FileTensor, Tensor } from '../../ir/tensor.js'
import { encodeModel } from '../../onnx/write.js'
import type { PackedWeight } from '../pass.js'
import { type Goal, losslessGoal } from './bound.js'
import { mostError, plansOf } from './candidates.js'
import { choose } from './choose.js'
import { type EncodedTensor, type EncodeOptions, encode } from './encode.js'
import { isWeightDType } from './half.js'
import type { Candidate } from './ladder.js'
import { lossOf } from './loss.js'
import { type LowRankPlan, lowRankPlan } from './low-rank.js'
import { packInto, type Stored } from './pack-into.js'
import { paletteOfPlan } from './palette-of-plan.js'
import type { Importance, Plan } from './plan.js'
import type { Rounding } from './round.js'
import type { Store } from './store.js'
import { type Survey, surveyOf } from './survey.js'
import type { Target } from './targets.js'

export interface PackerOptions {
  /** How much elements count, by what holds the weight. */
  readonly importances: ReadonlyMap<Value, Importance>
  readonly byMagnitude: boolean
  /**
   * Weights that were packed before: where an error is bounded, or values that they have no more of, they are kept bit for
   * bit, or the loss would grow with every run.
   */
  readonly wasPacked: ReadonlySet<Value>
  /** The peak of memory at load, in times of the model as it is. */
  readonly loadMemory: number
  readonly seed: number
  /** For what is stored. */
  readonly store: Store
  readonly signal?: AbortSignal | undefined
}

/** A packing that is planned. */
export interface PlannedPacking extends Candidate {
  readonly goal: Goal
  /** The weights that become values of palettes, which may be rounded otherwise than to the nearest ones. */
  readonly roundings: readonly Rounding[]
  /** Lets the model be packed, in place. */
  into(model: Model, of: (value: Value) => Value, options?: IntoOptions): Promise<PackedWeight[]>
}

export interface IntoOptions {
  /** What stands for some of the weights of `roundings`. */
  readonly rounded?: ReadonlyMap<Value, FileTensor>
  readonly onRead?: (bytes: number) => void
}

interface Surveyed {
  readonly target: Target
  readonly survey: Survey
}

/** What a tensor may be stored as. */
interface Offer extends Surveyed {
  /** The smallest first; the tensor as it is last. */
  readonly plans: readonly Plan[]
  /** Of the error, measured. */
  readonly limit: number
}

/** What ONNX Runtime takes to load a weight, in times of its bytes: as it is, and packed beside what decoding makes. */
const DENSE_LOAD = 1.35
const PACKED_LOAD = 0.85
/** An engine without any model takes more than that. */
const FREE_LOAD_BYTES = 32 << 20
/** A plan must gain as much: numbers that tensors share are not counted in plans. */
const LEAST_GAIN = 64
/** Numbers that are shared are only known once a plan is made; so often the target is corrected by them. */
const CORRECTIONS = 12
/** Products of small matrices save nothing. */
const LEAST_LOW_RANK = 1 << 14

/** Knows what each tensor of a model can be stored as, and packs the model for a goal, or for several. */
export class Packer {
  readonly #model: Model
  readonly #surveyed: readonly Surveyed[]
  readonly #options: PackerOptions
  readonly #denseBytes: number

  private constructor(model: Model, surveyed: readonly Surveyed[], options: PackerOptions) {
    this.#model = model
    this.#surveyed = surveyed
    this.#options = options
    this.#denseBytes = surveyed.reduce((sum, { target }) => sum + target.tensor.byteLength, 0)
  }

  /**
   * Reads every tensor once.
   *
   * @param model  stays as it is
   */
  static async open(
    model: Model,
    targets: readonly Target[],
    options: PackerOptions,
    onRead: (bytes: number) => void,
  ): Promise<Packer> {
    const { importances, byMagnitude, signal } = options
    const surveyed: Surveyed[] = []
    for (const target of targets) {
      const importance = importances.get(target.value) ?? null
      surveyed.push({ target, survey: await surveyOf(target.tensor, { importance, byMagnitude, signal, onRead }) })
    }
    return new Packer(model, surveyed, options)
  }

  /** Weights with NaN or infinities: nothing but every bit of them will do. */
  get notFinite(): ReadonlySet<Value> {
    const found = this.#surveyed.filter(({ survey }) => survey.weights === null && isWeightDType(survey.dtype))
    return new Set(found.map(({ target }) => target.value))
  }

  /** @throws UsageError when the file cannot be as small as the goal says */
  async plan(goal: Goal): Promise<PlannedPacking> {
    const offers: Offer[] = []
    for (const surveyed of this.#surveyed) offers.push(await this.#offerOf(surveyed, goal)) // one weight in memory
    const { plans, bytes } = this.#chosen(offers, goal)
    const work = offers.map((offer, i) => ({ ...offer, plan: plans[i] as Plan })) // one for each
    return {
      goal,
      bytes,
      roundings: work.flatMap(({ target, survey, plan }) => {
        const palette = paletteOfPlan(plan, survey)
        return palette === null ? [] : [{ target, palette }]
      }),
      build: async () => {
        const { model, of } = this.#model.clone()
        packInto(model, await this.#encoded(work), of)
        this.#options.store.flush()
        return model
      },
      into: async (model, of, options) => {
        const stored = await this.#encoded(work, options)
        packInto(model, stored, of)
        return stored.flatMap((one) => (one.encoded.encoding === 'dense' ? [] : [weightOf(one, of)]))
      },
    }
  }

  async #offerOf({ target, survey }: Surveyed, { bound, targetBytes }: Goal): Promise<Offer> {
    const { opset } = this.#model
    const isErrorGoal = targetBytes === null && bound.mostValues === null
    const isWithin = isErrorGoal || (survey.distinct?.length ?? Number.POSITIVE_INFINITY) <= (bound.mostValues ?? 0)
    const own = isWithin && this.#options.wasPacked.has(target.value) ? losslessGoal().bound : bound
    const plans = plansOf(survey, own, { opset })
    const dense = plans.at(-1)
    if (dense === undefined) throw new Error('A tensor can always be stored as it is.')
    const smaller = plans.filter(({ bytes }) => bytes + LEAST_GAIN <= dense.bytes)
    const product = await this.#product(target, survey, isErrorGoal ? own.maxError : 0, smaller[0] ?? dense)
    // A size is kept to, whatever is lost: a larger plan instead could exceed it.
    const limit = targetBytes === null ? mostError(survey.shape, own) : Number.POSITIVE_INFINITY
    return { target, survey, limit, plans: product === null ? [...smaller, dense] : [product, ...smaller, dense] }
  }

  /** @returns null where no two factors are smaller than what else there is */
  async #product({ tensor }: Target, survey: Survey, maxError: number, { bytes }: Plan): Promise<Plan | null> {
    const { weights } = survey
    if (maxError === 0 || survey.elements < LEAST_LOW_RANK || weights === null) return null
    if (weights.importance !== null || weights.byMagnitude) return null // its error counts all elements the same
    const { seed, signal, store } = this.#options
    const plan = await lowRankPlan(tensor, { maxError, bytes, seed, signal })
    return plan && inStore(plan, store)
  }

  #chosen(offers: readonly Offer[], { targetBytes }: Goal): { plans: readonly Plan[]; bytes: number } {
    const tensors = offers.map(({ plans, survey }) => ({ plans, elements: survey.elements }))
    const loadBytes = (DENSE_LOAD * this.#options.loadMemory - PACKED_LOAD) * this.#denseBytes + FREE_LOAD_BYTES
    const chosen = (target: number | null) => {
      const plans = choose(tensors, { loadBytes, ...(target !== null && { targetBytes: target }) })
      return 'smallest' in plans ? plans : { plans, bytes: this.#bytesOf(plans) }
    }
    if (targetBytes === null) {
      const made = chosen(null)
      if ('smallest' in made) throw new Error('Without a target there is always a choice.')
      return made
    }
    const asTheyAre = offers.flatMap(({ plans }) => plans.at(-1) ?? [])
    const rest = this.#bytesOf(asTheyAre) - sum(asTheyAre)
    let target = targetBytes - rest
    for (let i = 0; i < CORRECTIONS; i++) {
      const made = chosen(target)
      if ('smallest' in made) break
      if (made.bytes <= targetBytes) return made
      target = sum(made.plans) - (made.bytes - targetBytes) // a choice may take less than it is allowed to
    }
    const least = chosen(null)
    if ('smallest' in least) throw new Error('Without a target there is always a choice.')
    if (least.bytes > targetBytes) throw tooSmall(targetBytes, least.bytes)
    return least
  }

  /** Of the whole file. */
  #bytesOf(plans: readonly Plan[]): number {
    const { model, of } = this.#model.clone()
    const stored = plans.flatMap(({ encoded }, i) => {
      const target = this.#surveyed[i]?.target
      return target ? [{ target, encoded: blank(encoded) }] : []
    })
    packInto(model, stored, of)
    return encodeModel(model).length
  }

  async #encoded(work: readonly Work[], { rounded, onRead }: IntoOptions = {}): Promise<Done[]> {
    const { store, signal } = this.#options
    const done: Done[] = []
    for (const one of work) {
      const other = rounded?.get(one.target.value)
      const options = { signal, onRead }
      done.push(await (other ? encodedAs(other, one, store, options) : encodedWithin(one, store, options)))
    }
    return done
  }
}

interface Work extends Offer {
  readonly plan: Plan
}

interface Done extends Stored, EncodedTensor {
  readonly bytes: number
}

/**
 * By the plan, or, where more is lost than the plan knew, by the next larger one that keeps to the limit and takes no more
 * memory: plans know how many weights there are of each size, but not where between two steps they lie.
 */
async function encodedWithin(
  { target, survey, plan, plans, limit }: Work,
  store: Store,
  options: EncodeOptions,
): Promise<Done> {
  const instead = plans.slice(plans.indexOf(plan) + 1).filter(({ loadBytes }) => loadBytes <= plan.loadBytes)
  for (const each of [plan, ...instead]) {
    const made = await encodedBy(each, target.tensor, survey, store, options)
    if (made.error <= limit) return { target, bytes: each.bytes, ...made }
  }
  throw new Error('A tensor as it is has no error.')
}

/**
 * What stands for a weight, by its plan. Its values are those of the palette already, so that it takes as many bytes; what
 * the weight itself loses may be more than the limit, which bounds palettes: its outputs lose less.
 */
async function encodedAs(
  other: FileTensor,
  { target, survey, plan }: Work,
  store: Store,
  options: EncodeOptions,
): Promise<Done> {
  const { encoded } = await encodedBy(plan, other, survey, store, options)
  return { target, bytes: plan.bytes, encoded, ...(await lossOf(target.tensor, other, survey)) }
}

function encodedBy(
  plan: Plan,
  tensor: Tensor,
  survey: Survey,
  store: Store,
  options: EncodeOptions,
): Promise<EncodedTensor> | EncodedTensor {
  const { encoded, error } = plan
  if (encoded.encoding !== 'low-rank') return encode(tensor, survey, plan, store, options)
  return { encoded: (plan as LowRankPlan).encoded, error, sparsity: 0 } // found with its numbers, and made by nobody else
}

/** The same with its numbers in the store: there may be as many factors as weights. */
function inStore(plan: LowRankPlan, store: Store): LowRankPlan {
  const stored = (tensor: Tensor): Tensor => {
    const out = store.begin()
    out.write(tensor.read())
    return out.finish(tensor.dtype, tensor.shape)
  }
  const { encoded } = plan
  return {
    ...plan,
    encoded: { ...encoded, left: mapTensors(encoded.left, stored), right: mapTensors(encoded.right, stored) },
  }
}

function weightOf({ target, encoded, bytes, error, sparsity }: Done, of: (value: Value) => Value): PackedWeight {
  const { dtype, shape, byteLength: bytesBefore } = target.tensor
  return { value: of(target.value), dtype, shape, encoding: label(encoded), bytesBefore, bytes, sparsity, error }
}

function sum(plans: readonly Plan[]): number {
  return plans.reduce((total, { bytes }) => total + bytes, 0)
}

function tooSmall(asked: number, smallest: number): UsageError {
  return new UsageError(`The file cannot be packed into ${asked} bytes: at best it takes ${smallest}.`, {
    suggestions: [
      `Ask for what can be: --target-size ${smallest}`,
      'Or prune first: zeros take next to nothing. mcompress prune MODEL --sparsity 0.8 --pack',
    ],
  })
}
