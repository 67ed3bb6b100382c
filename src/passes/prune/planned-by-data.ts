import type { Model } from '../../ir/graph.js'
import { missingData, type PassContext } from '../pass.js'
import type { Method } from './calibrate.js'
import { type Calibrated, measurable, prunedByData, unseenSkip } from './calibrated.js'
import {
  DEFAULT_BLOCK_SIZE,
  DEFAULT_DAMPING,
  DEFAULT_SAMPLES,
  DEFAULT_SPARSITY,
  isCalibrated,
  scopeOf,
} from './index.js'
import { lampShares } from './lamp.js'
import type { Plan, Planned } from './plan.js'
import {
  type AxisTarget,
  longEnough,
  nothingToPrune,
  raggedSkip,
  type Target,
  type Values,
  withAxes,
} from './targets.js'

export interface PlannedByData {
  readonly planned: readonly Planned[]
  readonly notes: readonly string[]
  /** How many were looked at; absent where no weight's inputs can be seen. */
  readonly samples?: number
}

/**
 * By what weights do to data. Where the inputs of a weight cannot be seen they are taken for equal: it is pruned by
 * magnitude, in the same scope and pattern, before the others, and named among what was skipped.
 *
 * @param byWeights  prunes weights without data
 */
export async function plannedByData(
  model: Model,
  targets: readonly Target[],
  plan: Plan,
  context: PassContext,
  byWeights: (targets: readonly Target[], plan: Plan) => Promise<Planned[]>,
): Promise<PlannedByData> {
  const { values, skipped } = plan
  const { data } = context
  const method = methodOf(values)
  if (data === undefined) throw missingData(`--criterion ${method.criterion}`)
  const { fitting, rest } = divided(await withShares(targets, plan), plan, method)
  const sparsityOf = (target: AxisTarget) => target.override ?? values.sparsity ?? DEFAULT_SPARSITY
  const { seen, unseen } = await measurable(model, fitting, sparsityOf, { method, data })
  for (const item of unseen) skipped.push(unseenSkip(item))
  const others = [...rest, ...unseen.map(({ target }) => target)]
  const byMagnitude: Values = {
    ...values,
    criterion: 'magnitude',
    scope: values.pattern.kind === 'n:m' ? null : method.scope,
  }
  const blind = others.length === 0 ? [] : await byWeights(others, { ...plan, values: byMagnitude })
  if (seen.length === 0) {
    return { planned: blind, notes: ['No weight has inputs that calibration can see: all were pruned by magnitude.'] }
  }
  const already = blind.map(({ target, tensor }) => ({ value: target.weight.value, tensor }))
  const calibrated = await prunedByData(model, seen, already, {
    method,
    data,
    samples: values.samples ?? DEFAULT_SAMPLES,
    seed: plan.seed,
    signal: context.signal,
    onProgress: (done) => context.onProgress?.(done),
  })
  for (const { target, ragged } of calibrated.layers) {
    if (method.pattern !== null && ragged > 0) skipped.push(raggedSkip(target, ragged, method.pattern.m))
  }
  return {
    planned: [...blind, ...calibrated.layers],
    notes: dampingNotes(calibrated, method),
    samples: calibrated.samples,
  }
}

/**
 * What weights do to the outputs of their layers does not tell the layers' worth from one another. So when all weights
 * are one pool, each layer gives the share that LAMP gives it.
 */
async function withShares(targets: readonly Target[], { values, onRead }: Plan): Promise<readonly Target[]> {
  if (scopeOf(values) !== 'global' || values.pattern.kind !== 'unstructured') return targets
  const pool = targets.filter((target) => target.override === null)
  const elements = pool.reduce((n, target) => n + target.elements, 0)
  const shares = await lampShares(pool, Math.round((values.sparsity ?? DEFAULT_SPARSITY) * elements), onRead)
  const overrides = new Map(pool.map((target, i) => [target.index, (shares[i] ?? 0) / target.elements]))
  return targets.map((target) => ({ ...target, override: overrides.get(target.index) ?? target.override }))
}

function methodOf({ criterion, scope, pattern, damping, blockSize }: Values): Method {
  if (!isCalibrated(criterion)) throw new Error(`${criterion} is not calibrated.`)
  const within = scopeOf({ criterion, scope })
  return {
    criterion,
    scope: within === 'row' ? 'row' : 'layer',
    pattern: pattern.kind === 'n:m' ? { n: pattern.n, m: pattern.m } : null,
    damping: damping ?? DEFAULT_DAMPING,
    blockSize: blockSize ?? DEFAULT_BLOCK_SIZE,
  }
}

/** Weights whose axes are known, and others that can be pruned without knowing them. */
function divided(
  targets: readonly Target[],
  { values: { pattern }, skipped }: Plan,
  { scope }: Method,
): { fitting: readonly AxisTarget[]; rest: readonly Target[] } {
  const axesMatter = pattern.kind === 'n:m' || scope === 'row'
  const mixed: typeof skipped = []
  const members = withAxes(targets, axesMatter ? skipped : mixed)
  const rest = axesMatter ? [] : targets.filter((target) => members.every(({ index }) => index !== target.index))
  for (const { name } of rest) {
    skipped.push({
      target: name,
      why: 'pruned by magnitude, without calibration: a Reshape mixes its output and input axes',
    })
  }
  const fitting = pattern.kind === 'n:m' ? longEnough(members, pattern, skipped) : members
  if (fitting.length + rest.length === 0) throw nothingToPrune(skipped)
  return { fitting, rest }
}

function dampingNotes({ layers }: Calibrated, { damping }: Method): string[] {
  const raised = layers.filter((layer) => layer.damping !== null && layer.damping > damping)
  if (raised.length === 0) return []
  const named = raised.slice(0, 3).map((layer) => `${layer.target.name} (${Number(layer.damping?.toPrecision(2))})`)
  const more = raised.length - named.length
  return [
    `Some Hessians could only be inverted with more damping than ${damping}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}. More samples help.`,
  ]
}
