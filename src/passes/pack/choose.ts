import type { Plan } from './plan.js'

/** A tensor, and what may become of it. */
export interface Choice {
  /** Smallest first; the last is the tensor as it is, which takes no memory (`plansOf`). */
  readonly plans: readonly Plan[]
  readonly elements: number
}

export interface Limits {
  /** Of all plans together. */
  readonly loadBytes: number
  /** Of all plans together; the least that is lost in it is wanted. Without it, the smallest plans are. */
  readonly targetBytes?: number | undefined
}

/**
 * One plan for each tensor.
 *
 * With a target: the least sum of squared relative errors, each times the root of the number of elements. The relative
 * error of a weight is that of what its node gives, and those add up along a network, which speaks for counting all
 * alike; but small tensors buy their last bits so cheaply then that large ones, on whose errors most depends, pay for
 * it. Of even, root and elements, the root had the least error of outputs, or nearly so, for LeNet-300-100, LeNet-5 and
 * PP-OCRv4 recognition at targets of 4 to 24 % of the weights: at 24 and 20 % of PP-OCRv4 0.12 and 0.25, against 0.23
 * and 0.76 where all count alike.
 *
 * @returns how few bytes are possible, where the target is not
 */
export function choose(
  tensors: readonly Choice[],
  { loadBytes, targetBytes }: Limits,
): Plan[] | { readonly smallest: number } {
  const small = smallestWithin(tensors, loadBytes)
  if (targetBytes === undefined) return small.plans
  if (small.bytes > targetBytes) return { smallest: small.bytes }
  return leastErrorWithin(tensors, small, { loadBytes, targetBytes }).plans
}

/** Plans as they are chosen, with their sums. */
class Selection {
  readonly plans: Plan[]
  bytes = 0
  loadBytes = 0

  constructor(plans: readonly Plan[]) {
    this.plans = [...plans]
    for (const plan of plans) {
      this.bytes += plan.bytes
      this.loadBytes += plan.loadBytes
    }
  }

  of(t: number): Plan {
    return this.plans[t] as Plan // one for each tensor
  }

  put(t: number, plan: Plan): void {
    this.bytes += plan.bytes - this.of(t).bytes
    this.loadBytes += plan.loadBytes - this.of(t).loadBytes
    this.plans[t] = plan
  }
}

/** Another plan for a tensor, and what it gains for each unit of what it costs. */
interface Exchange {
  readonly t: number
  readonly plan: Plan
  readonly ratio: number
}

/** The smallest plans, but as many exchanged for ones that need less memory as must be: those first that add the fewest bytes for it. */
function smallestWithin(tensors: readonly Choice[], loadBytes: number): Selection {
  const selection = new Selection(tensors.map(({ plans }) => plans[0] as Plan)) // there is one at least
  const exchanges = tensors.flatMap(({ plans }, t) => stepsToLessMemory(plans).map((step) => ({ ...step, t })))
  for (const { t, plan } of byRatio(exchanges)) {
    if (selection.loadBytes <= loadBytes) break
    selection.put(t, plan)
  }
  improve(selection, tensors, { loadBytes, targetBytes: Number.POSITIVE_INFINITY }, smaller)
  return selection
}

/** The lower convex hull of bytes over memory, from the smallest plan on: each step saves less for a byte than that before it. */
function stepsToLessMemory(plans: readonly Plan[]): Omit<Exchange, 't'>[] {
  const steps: Omit<Exchange, 't'>[] = []
  for (let from = plans[0]; from !== undefined; ) {
    const { bytes, loadBytes } = from
    let best: Omit<Exchange, 't'> | undefined
    for (const plan of plans) {
      if (plan.loadBytes >= loadBytes) continue
      const ratio = ratioOf(loadBytes - plan.loadBytes, plan.bytes - bytes)
      if (best === undefined || ratio > best.ratio) best = { plan, ratio }
    }
    if (best !== undefined) steps.push(best)
    from = best?.plan
  }
  return steps
}

const ROUNDS = 60
/** Prices of a byte in units of squared error are between these: the one buys nothing, the other sells everything. */
const LOWEST_PRICE = 1e-24
const HIGHEST_PRICE = 1e6

/** Lagrange multipliers: every tensor takes the plan that is best at a price for bytes (and one for memory, where that is short). */
function leastErrorWithin(tensors: readonly Choice[], small: Selection, limits: Required<Limits>): Selection {
  const at = (memoryPrice: number) => cheapestTarget(tensors, memoryPrice, limits.targetBytes ?? 0)
  const fits = (selection: Selection | null) => selection !== null && selection.loadBytes <= limits.loadBytes
  let found = at(0)
  if (!fits(found)) {
    found = null
    lowestPrice((price) => {
      const selection = at(price)
      if (selection === null) return true // memory became so dear that the target is out of reach
      if (!fits(selection)) return false
      found = selection
      return true
    })
  }
  const selection = found ?? small
  improve(selection, tensors, limits, moreExact(tensors))
  return selection
}

/** The selection at the lowest price of bytes that meets the target; null when none does. */
function cheapestTarget(tensors: readonly Choice[], memoryPrice: number, targetBytes: number): Selection | null {
  let found: Selection | null = null
  const meets = (price: number) => {
    const selection = bestAt(tensors, price, memoryPrice)
    if (selection.bytes > targetBytes) return false
    found = selection
    return true
  }
  if (!meets(0)) lowestPrice(meets)
  return found
}

/** Halves the range of prices, in logarithms, towards the lowest that is enough. */
function lowestPrice(isEnough: (price: number) => boolean): void {
  let low = Math.log(LOWEST_PRICE)
  let high = Math.log(HIGHEST_PRICE)
  isEnough(HIGHEST_PRICE)
  for (let round = 0; round < ROUNDS; round++) {
    const middle = (low + high) / 2
    if (isEnough(Math.exp(middle))) high = middle
    else low = middle
  }
}

function bestAt(tensors: readonly Choice[], price: number, memoryPrice: number): Selection {
  return new Selection(
    tensors.map((tensor) => {
      const cost = (plan: Plan) => lossOf(tensor, plan) + price * plan.bytes + memoryPrice * plan.loadBytes
      return tensor.plans.reduce((best, plan) => (cost(plan) < cost(best) ? plan : best))
    }),
  )
}

function lossOf({ elements }: Choice, { error }: Plan): number {
  return error * error * Math.sqrt(elements)
}

/** What an exchange gains, and what it costs of the file or of memory. */
type Gain = (from: Plan, to: Plan, t: number) => { readonly gain: number; readonly cost: number }

const smaller: Gain = (from, to) => ({ gain: from.bytes - to.bytes, cost: to.loadBytes - from.loadBytes })

function moreExact(tensors: readonly Choice[]): Gain {
  return (from, to, t) => {
    const tensor = tensors[t] as Choice // one of them
    return { gain: lossOf(tensor, from) - lossOf(tensor, to), cost: to.bytes - from.bytes }
  }
}

/** Spends what is left of the limits on exchanges, the best first, until none fits. */
function improve(selection: Selection, tensors: readonly Choice[], limits: Limits, weigh: Gain): void {
  const { loadBytes, targetBytes = Number.POSITIVE_INFINITY } = limits
  const fits = (t: number, plan: Plan) =>
    selection.bytes + plan.bytes - selection.of(t).bytes <= targetBytes &&
    selection.loadBytes + plan.loadBytes - selection.of(t).loadBytes <= loadBytes
  for (let isChanged = true; isChanged; ) {
    isChanged = false
    const exchanges = tensors.flatMap(({ plans }, t) =>
      plans.flatMap((plan) => {
        const { gain, cost } = weigh(selection.of(t), plan, t)
        return gain > 0 && fits(t, plan) ? [{ t, plan, ratio: ratioOf(gain, cost) }] : []
      }),
    )
    for (const { t, plan } of byRatio(exchanges)) {
      if (weigh(selection.of(t), plan, t).gain <= 0 || !fits(t, plan)) continue
      selection.put(t, plan)
      isChanged = true
    }
  }
}

function byRatio(exchanges: readonly Exchange[]): Exchange[] {
  return [...exchanges].sort((a, b) => (a.ratio === b.ratio ? 0 : b.ratio - a.ratio))
}

function ratioOf(gain: number, cost: number): number {
  return cost > 0 ? gain / cost : Number.POSITIVE_INFINITY
}
