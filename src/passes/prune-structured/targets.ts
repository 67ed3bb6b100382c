import type { Cost, Costs } from '../../analysis/dependencies/costs.js'
import type { Dependencies } from '../../analysis/dependencies/dependencies.js'
import { NothingToDoError, UsageError } from '../../errors.js'
import { encodeModel } from '../../onnx/write.js'
import { bytes } from '../../size.js'
import type { PassContext } from '../pass.js'
import { blockersOf } from './blockers.js'
import type { Values } from './index.js'
import type { Plan } from './plan.js'
import { trialModel } from './trial-model.js'

/** What a target is met in. */
export interface Searched {
  readonly dependencies: Dependencies
  readonly costs: Costs
  /** The model as it came. */
  readonly before: Cost
  /** Flags given that keep something from going. */
  readonly limiting?: readonly string[]
  readonly context: PassContext
}

/**
 * The fewest units whose removal meets --target-macs or --target-params, in the order of a plan.
 *
 * @throws UsageError when not even everything that may go is enough, and for a model whose MACs are not known
 * @throws NothingToDoError when it is met already
 */
export function fewestByCost(plan: Plan, searched: Searched, values: Values): number {
  const { costs, before } = searched
  const { flag, share, what, of } = asked(values)
  const whole = of(before)
  if (whole === null) {
    throw new UsageError(`${flag} needs to know ${what}, and the shapes of this model do not tell.`, {
      suggestions: ['Choose --target-params or --ratio, or give its open dimensions numbers: --dim NAME=N'],
    })
  }
  const limit = share * whole
  const costAt = (removal: Uint8Array) => of(costs.of(removal)) ?? 0
  const now = costAt(plan.at(plan.least).removal)
  if (now <= limit && plan.least === 0 && values.layers === null) {
    throw new NothingToDoError(`The model has ${percent(now / whole)} of ${what} already: ${flag} ${share} is met.`, {
      suggestions: [`Ask for less: ${flag} ${round((share * 9) / 10)}`],
    })
  }
  const count = plan.fewest(({ removal }) => costAt(removal) <= limit)
  if (count !== null) return count
  const reached = costAt(plan.at(plan.most).removal) / whole
  throw outOfReach(`${flag} ${share}`, `${percent(reached)} of ${what}`, `${flag} ${roundUp(reached)}`, searched)
}

/** The same for --target-size: the bytes of the file, as it would be written. */
export async function fewestBySize(plan: Plan, searched: Searched, values: Values): Promise<number> {
  const target = values.targetSize ?? 0
  const { dependencies, costs } = searched
  const { signal } = searched.context
  const known = new Map<number, number>()
  const exactAt = async (count: number): Promise<number> => {
    const bytesThen = known.get(count) ?? (await lengthOf(dependencies, plan.at(count).removal, signal))
    known.set(count, bytesThen)
    return bytesThen
  }
  const constantsAt = (removal: Uint8Array) => costs.of(removal).bytes
  const now = await exactAt(plan.least)
  if (now <= target && plan.least === 0 && values.layers === null) {
    throw new NothingToDoError(`The model takes ${bytes(now)} already: --target-size ${target} is met.`, {
      suggestions: ['Ask for less.'],
    })
  }
  const reached = await exactAt(plan.most)
  if (reached > target) {
    throw outOfReach(
      `--target-size ${target}`,
      reached < 1000 ? `${reached} bytes` : `${bytes(reached)} (${reached})`,
      `--target-size ${reached}`,
      searched,
    )
  }
  // Names, nodes and attributes take some bytes more than the constants, and nearly the same whatever goes.
  let rest = reached - constantsAt(plan.at(plan.most).removal)
  let [large, best] = [plan.least - 1, plan.most]
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const guess = plan.fewest(({ removal }) => constantsAt(removal) + rest <= target) ?? best
    const isKnown = known.has(guess)
    const exact = await exactAt(guess)
    if (exact <= target) best = Math.min(best, guess)
    else large = Math.max(large, guess)
    if (isKnown) break
    rest = exact - constantsAt(plan.at(guess).removal)
  }
  // No guess was small enough: then the hard way, rather than to remove all that may go.
  const isOpen = best === plan.most
  while (isOpen && best - large > 1) {
    const middle = Math.floor((large + best) / 2)
    if ((await exactAt(middle)) <= target) best = middle
    else large = middle
  }
  return best
}

const MOST_TRIES = 5

async function lengthOf(dependencies: Dependencies, removal: Uint8Array, signal: AbortSignal | undefined) {
  return encodeModel(await trialModel(dependencies, removal, signal)).length
}

interface Asked {
  readonly flag: string
  readonly share: number
  readonly what: string
  readonly of: (cost: Cost) => number | null
}

function asked({ targetMacs, targetParams }: Values): Asked {
  return targetMacs !== null
    ? { flag: '--target-macs', share: targetMacs, what: 'its multiply-accumulate operations', of: ({ macs }) => macs }
    : { flag: '--target-params', share: targetParams ?? 1, what: 'its parameters', of: ({ parameters }) => parameters }
}

/** @param best  what is left when everything goes that may */
export function outOfReach(target: string, best: string, flag: string, searched: Searched): UsageError {
  const { dependencies, limiting = [] } = searched
  return new UsageError(`${target} cannot be reached: without all that may go, ${best} are left.`, {
    suggestions: [
      `What can be reached: ${flag}`,
      ...(limiting.length > 0 ? [`More may go without ${limiting.join(', ')}.`] : []),
      ...blockersOf(dependencies.frozen),
    ],
  })
}

/** The flags given that keep something from going. */
export function limitingFlags({ minChannels, maxLayerRatio, roundTo, heads, include, exclude }: Values): string[] {
  return [
    ...(minChannels > 1 ? ['--min-channels'] : []),
    ...(maxLayerRatio < 1 ? ['--max-layer-ratio'] : []),
    ...(roundTo > 1 ? ['--round-to'] : []),
    ...(heads !== null ? ['--heads'] : []),
    ...(include.length > 0 ? ['--include'] : []),
    ...(exclude.length > 0 ? ['--exclude'] : []),
  ]
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(1))} %`
}

function round(fraction: number): number {
  return Number(fraction.toPrecision(2))
}

/** To three digits, so that what is suggested is met. */
export function roundUp(fraction: number): number {
  return Math.min(1, Math.ceil(fraction * 1000) / 1000)
}
