import { recordNonZero } from '../../analysis/statistics.js'
import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { weightsOf } from '../../ops/weights.js'
import type { Change, PassContext, PassResult } from '../pass.js'
import { turn } from '../unhurried.js'
import { type Grid, gridOf, maskBlocks } from './blocks.js'
import { applyCut, cutByLot, cutByMagnitude } from './cut.js'
import { DEFAULT_SPARSITY, isCalibrated } from './index.js'
import { lampShares } from './lamp.js'
import { maskNM, maskRows, type PlannedMask, type Scores, scoresOf } from './masks.js'
import type { Pattern, PatternNM } from './pattern.js'
import type { Plan, Planned } from './plan.js'
import { plannedByData } from './planned-by-data.js'
import {
  type AxisTarget,
  chooseTargets,
  longEnough,
  nothingToPrune,
  raggedSkip,
  type Target,
  type Values,
  withAxes,
} from './targets.js'

type PatternBlock = Extract<Pattern, { kind: 'block' }>

/** Sets the least important weights to exactly zero. The tensors are replaced by lazy ones, pruned while they are written. */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const { targets, skipped } = chooseTargets(weightsOf(model), values)
  if (targets.length === 0) throw nothingToPrune(skipped)
  const plan: Plan = { values, seed: context.seed, skipped, onRead: progressOf(targets, values, context) }
  const changed: Change[] = []
  const { planned, ...learned } = isCalibrated(values.criterion)
    ? await plannedByData(model, targets, plan, context, plannedByWeights)
    : { planned: await plannedByWeights(targets, plan) }
  for (const { target, tensor, zerosBefore, zerosAfter } of planned) {
    recordNonZero(target.tensor, target.elements - zerosBefore)
    if (zerosAfter === zerosBefore) continue
    recordNonZero(tensor, target.elements - zerosAfter)
    model.setConstant(target.weight.value, tensor)
    const share = (zeros: number) => `${((100 * zeros) / target.elements).toFixed(2)} %`
    changed.push({ target: target.name, what: `zeros ${share(zerosBefore)} -> ${share(zerosAfter)}` })
  }
  context.onProgress?.(1)
  if (changed.length === 0) {
    throw new NothingToDoError('The weights have at least that many zeros already: nothing to prune.', {
      suggestions: [
        values.pattern.kind === 'n:m' ? 'Choose an n:m that leaves fewer.' : 'Ask for a higher --sparsity.',
      ],
    })
  }
  return { changed, skipped, ...learned }
}

/**
 * LAMP reads three times: for its histograms, for the scores near the threshold, and for the cut. Calibration says
 * itself how far it is.
 */
function progressOf(targets: readonly Target[], { criterion }: Values, context: PassContext): Plan['onRead'] {
  if (isCalibrated(criterion)) return () => context.signal?.throwIfAborted()
  const total = (criterion === 'lamp' ? 3 : 1) * targets.reduce((n, t) => n + t.tensor.byteLength, 0)
  let read = 0
  return (bytes) => {
    context.signal?.throwIfAborted()
    read += bytes
    context.onProgress?.(Math.min(1, read / total))
  }
}

/** By what the weights themselves say. */
function plannedByWeights(targets: readonly Target[], plan: Plan): Promise<Planned[]> {
  const { pattern, scope } = plan.values
  if (pattern.kind === 'unstructured' && scope !== 'row') return plannedCuts(targets, plan)
  const members = withAxes(targets, plan.skipped)
  const fitting = pattern.kind === 'n:m' ? longEnough(members, pattern, plan.skipped) : members
  if (fitting.length === 0) throw nothingToPrune(plan.skipped)
  switch (pattern.kind) {
    case 'unstructured':
      return plannedRows(fitting, plan)
    case 'n:m':
      return plannedNM(fitting, pattern, plan)
    case 'block':
      return plannedBlocks(fitting, pattern, plan)
  }
}

async function plannedCuts(targets: readonly Target[], plan: Plan): Promise<Planned[]> {
  const { values, seed, onRead } = plan
  const result: Planned[] = []
  for (const pool of poolsOf(targets, values)) {
    for (const { members, k } of await partsOf(pool, plan)) {
      if (k === 0) continue
      const cuts =
        values.criterion === 'random'
          ? await cutByLot(members, k, seed, onRead)
          : await cutByMagnitude(members, k, onRead)
      for (const cut of cuts) result.push({ ...cut, target: cut.member, tensor: applyCut(cut) })
    }
  }
  return result
}

/** LAMP says how many weights each layer gives up; within a layer it ranks as magnitude does. */
async function partsOf({ members, k }: Pool<Target>, { values, onRead }: Plan): Promise<Pool<Target>[]> {
  if (values.criterion !== 'lamp' || members.length === 1) return [{ members, k }]
  const shares = await lampShares(members, k, onRead)
  return shares.map((share, i) => ({ members: members.slice(i, i + 1), k: share }))
}

async function plannedRows(targets: readonly AxisTarget[], plan: Plan): Promise<Planned[]> {
  const result: Planned[] = []
  for (const target of targets) {
    result.push(plannedMask(target, maskRows(target, sparsityOf(target, plan.values), await scored(target, plan))))
  }
  return result
}

async function plannedNM(targets: readonly AxisTarget[], { n, m }: PatternNM, plan: Plan): Promise<Planned[]> {
  const result: Planned[] = []
  for (const target of targets) {
    const mask = maskNM(target, n, m, await scored(target, plan))
    result.push(plannedMask(target, mask))
    if (mask.ragged > 0) plan.skipped.push(raggedSkip(target, mask.ragged, m))
  }
  return result
}

async function plannedBlocks(targets: readonly AxisTarget[], pattern: PatternBlock, plan: Plan): Promise<Planned[]> {
  const result: Planned[] = []
  for (const { members, k } of poolsOf(targets, plan.values)) {
    const grids: Grid[] = []
    for (const member of members) grids.push(gridOf(member, pattern, await scored(member, plan)))
    for (const [i, mask] of maskBlocks(grids, k).entries()) {
      result.push(plannedMask(members[i] as AxisTarget, mask)) // a mask for each
    }
  }
  return result
}

interface Pool<T extends Target> {
  readonly members: readonly T[]
  /** How many of their weights go: round(s * n). */
  readonly k: number
}

/** Weights that compete: all together, or each layer for itself; those with a sparsity of their own always do that. */
function poolsOf<T extends Target>(targets: readonly T[], values: Values): Pool<T>[] {
  const isAlone = (t: T) => t.override !== null || values.scope === 'layer'
  const common = targets.filter((t) => !isAlone(t))
  const pools = [...(common.length > 0 ? [common] : []), ...targets.filter(isAlone).map((t) => [t])]
  return pools.map((members) => {
    const elements = members.reduce((n, m) => n + m.elements, 0)
    return { members, k: Math.round(sparsityOf(members[0], values) * elements) }
  })
}

function sparsityOf(target: Target | undefined, values: Values): number {
  return target?.override ?? values.sparsity ?? DEFAULT_SPARSITY
}

/** Between two tensors the event loop gets a turn: masks are made without a break. */
async function scored(target: AxisTarget, { values, seed, onRead }: Plan): Promise<Scores> {
  await turn()
  onRead(target.tensor.byteLength)
  return scoresOf(target, values.criterion === 'random' ? 'random' : 'magnitude', seed)
}

function plannedMask(target: AxisTarget, { mask, zerosBefore, zerosAfter }: PlannedMask): Planned {
  return { target, tensor: mask.apply(target.tensor, target.dtype), zerosBefore, zerosAfter }
}
