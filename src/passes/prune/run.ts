import { recordNonZero } from '../../analysis/statistics.js'
import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { type Weight, weightsOf } from '../../ops/weights.js'
import { globMatcher, refuseUnmatched } from '../glob.js'
import type { ValuesOf } from '../option.js'
import type { Change, PassContext, PassResult, Skip } from '../pass.js'
import { maskBlocks } from './blocks.js'
import { applyCut, cutByLot, cutByMagnitude } from './cut.js'
import { DEFAULT_SPARSITY, type options } from './index.js'
import type { WeightDType } from './keys.js'
import { lampShares } from './lamp.js'
import { type AxisMember, maskNM, maskRows, type PlannedMask, scoresOf } from './masks.js'
import { patternToString } from './pattern.js'
import type { Member } from './select.js'

type Values = ValuesOf<typeof options>

/** A weight that takes part, and the share of it or of its pool that goes. */
interface Target extends Member {
  readonly weight: Weight
  readonly override: number | null
}

/** The new tensor of a weight. */
interface Planned {
  readonly member: Member
  readonly tensor: Tensor
  readonly zerosBefore: number
  readonly zerosAfter: number
}

/** Sets the least important weights to exactly zero. The tensors are replaced by lazy ones, pruned while they are written. */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const { targets, skipped } = choose(weightsOf(model), values)
  if (targets.length === 0) throw nothingToPrune(skipped)
  const planned = await plan(targets, values, context, skipped)
  const weightOf = new Map<Member, Weight>(targets.map((t) => [t, t.weight]))
  const changed: Change[] = []
  for (const { member, tensor, zerosBefore, zerosAfter } of planned) {
    const weight = weightOf.get(member)
    recordNonZero(member.tensor, member.elements - zerosBefore)
    if (weight === undefined || zerosAfter === zerosBefore) continue
    recordNonZero(tensor, member.elements - zerosAfter)
    model.setConstant(weight.value, tensor)
    const share = (zeros: number) => `${((100 * zeros) / member.elements).toFixed(2)} %`
    changed.push({ target: member.name, what: `zeros ${share(zerosBefore)} -> ${share(zerosAfter)}` })
  }
  if (changed.length === 0) {
    throw new NothingToDoError('The weights have at least that many zeros already: nothing to prune.', {
      suggestions: ['Ask for a higher --sparsity.'],
    })
  }
  return { changed, skipped }
}

function choose(found: ReturnType<typeof weightsOf>, values: Values): { targets: Target[]; skipped: Skip[] } {
  const { weights, untraced } = found
  const namesOf = (w: Weight) => [w.value.name, ...w.uses.map((use) => use.node.name)]
  const names = weights.map(namesOf)
  refuseUnmatched(values.include, names, '--include')
  refuseUnmatched(values.exclude, names, '--exclude')
  refuseUnmatched(
    values.layer.map((l) => l.glob),
    names,
    '--layer',
  )
  const anyOf = (globs: readonly string[]) => {
    const matchers = globs.map((glob) => ({ glob, matches: globMatcher(glob) }))
    return (n: readonly string[]) => matchers.findLast(({ matches }) => matches(n))?.glob
  }
  const [included, excluded, overridden] = [values.include, values.exclude, values.layer.map((l) => l.glob)].map(anyOf)
  const skipped: Skip[] = untraced.map(({ node, input, why }) => ({ target: `${node.label} (input ${input})`, why }))
  const targets: Target[] = []
  for (const [index, weight] of weights.entries()) {
    const own = namesOf(weight)
    const glob = excluded?.(own)
    const why =
      weight.skip ??
      (glob !== undefined ? `left out by --exclude "${glob}"` : null) ??
      (values.include.length > 0 && included?.(own) === undefined ? 'not among --include' : null) ??
      (weight.main.kind === 'embedding' && !values.embeddings
        ? 'an embedding table: --embeddings prunes it, too'
        : null)
    if (why !== null) {
      skipped.push({ target: weight.value.name, why })
      continue
    }
    const { tensor } = weight
    const chosen = overridden?.(own)
    targets.push({
      index,
      weight,
      name: weight.value.name,
      tensor,
      dtype: tensor.dtype as WeightDType, // other dtypes have a reason to be skipped
      elements: elementCount(tensor.shape),
      override: values.layer.findLast((l) => l.glob === chosen)?.sparsity ?? null,
    })
  }
  return { targets: targets.filter((t) => t.elements > 0), skipped }
}

function nothingToPrune(skipped: readonly Skip[]): NothingToDoError {
  const reasons = [...new Set(skipped.map((s) => s.why))].slice(0, 5)
  return new NothingToDoError('The model has no weight that can be pruned.', {
    suggestions: reasons.map((why) => `${skipped.filter((s) => s.why === why).length} skipped: ${why}.`),
  })
}

async function plan(
  targets: readonly Target[],
  values: Values,
  context: PassContext,
  skipped: Skip[],
): Promise<Planned[]> {
  const { pattern, scope } = values
  if (pattern.kind === 'n:m') return planNM(withAxes(targets, skipped), values, context, skipped)
  const sparsity = values.sparsity ?? DEFAULT_SPARSITY
  const share = (t: Target) => t.override ?? sparsity
  if (scope === 'row') {
    return withAxes(targets, skipped).map((t) => {
      context.signal?.throwIfAborted()
      return masked(maskRows(t, share(t.target), scores(t, values, context)))
    })
  }
  const common = targets.filter((t) => t.override === null)
  const alone = targets.filter((t) => t.override !== null || scope === 'layer').map((t) => [t])
  const pools = scope === 'layer' || common.length === 0 ? alone : [common, ...alone]
  if (pattern.kind === 'block') {
    return pools.flatMap((pool) => {
      context.signal?.throwIfAborted()
      const members = withAxes(pool, skipped)
      const [first] = pool
      if (members.length === 0 || first === undefined) return []
      return maskBlocks(members, countOf(members, share(first)), pattern, (m) => scores(m, values, context)).map(masked)
    })
  }
  return planUnstructured(pools, share, values, context)
}

async function planUnstructured(
  pools: readonly (readonly Target[])[],
  share: (t: Target) => number,
  values: Values,
  context: PassContext,
): Promise<Planned[]> {
  const total = pools.flat().reduce((n, t) => n + t.tensor.byteLength, 0)
  let read = 0
  const onRead = (bytes: number) => {
    read += bytes
    context.signal?.throwIfAborted()
    context.onProgress?.(Math.min(1, read / (2 * total)))
  }
  const planned: Planned[] = []
  for (const pool of pools) {
    const [first] = pool
    if (first === undefined) continue
    const k = countOf(pool, share(first))
    if (k === 0) continue
    const isLamp = values.criterion === 'lamp' && pool.length > 1
    const parts = isLamp
      ? (await lampShares(pool, k)).map((n, i) => ({ k: n, pool: pool.slice(i, i + 1) }))
      : [{ k, pool }]
    for (const part of parts) {
      if (part.k === 0) continue
      const cuts =
        values.criterion === 'random'
          ? await cutByLot(part.pool, part.k, context.seed, onRead)
          : await cutByMagnitude(part.pool, part.k, onRead)
      for (const cut of cuts) planned.push({ ...cut, tensor: applyCut(cut) })
    }
  }
  return planned
}

/** k = round(s * n): how many weights of a pool go. */
function countOf(pool: readonly Member[], sparsity: number): number {
  return Math.round(sparsity * pool.reduce((n, m) => n + m.elements, 0))
}

function planNM(targets: readonly AxisTarget[], values: Values, context: PassContext, skipped: Skip[]): Planned[] {
  const { pattern } = values
  if (pattern.kind !== 'n:m') return []
  return targets.flatMap((t) => {
    context.signal?.throwIfAborted()
    const length = t.shape[t.in] ?? 1
    if (length < pattern.m) {
      skipped.push({
        target: t.name,
        why: `its input axis is ${length} long, shorter than the m of ${patternToString(pattern)}`,
      })
      return []
    }
    const result = maskNM(t, pattern.n, pattern.m, scores(t, values, context))
    if (result.ragged > 0) {
      const why = `${result.ragged} weights at the ends of its rows stay dense: ${length} inputs are no multiple of ${pattern.m}`
      skipped.push({ target: t.name, why })
    }
    return [masked(result)]
  })
}

type AxisTarget = AxisMember & { readonly target: Target }

/** Those whose axes are known; a vector counts as one row. */
function withAxes(targets: readonly Target[], skipped: Skip[]): AxisTarget[] {
  return targets.flatMap((target) => {
    const { out, in: inputs } = target.weight.main
    const { index, name, tensor, dtype, elements } = target
    const member = { index, name, tensor, dtype, elements, target }
    if (tensor.shape.length === 1) return [{ ...member, shape: [1, elements], out: 0, in: 1 }]
    if (out !== null && inputs !== null) return [{ ...member, shape: tensor.shape, out, in: inputs }]
    skipped.push({
      target: name,
      why: 'a Reshape mixes its output and input axes: only --pattern unstructured with --scope global or layer',
    })
    return []
  })
}

function scores(member: AxisMember, values: Values, context: PassContext): ReturnType<typeof scoresOf> {
  return scoresOf(member, values.criterion === 'random' ? 'random' : 'magnitude', context.seed)
}

function masked({ member, mask, zerosBefore, zerosAfter }: PlannedMask): Planned {
  const { target } = member as AxisTarget // made by withAxes alone
  return { member: target, tensor: mask.apply(member.tensor, member.dtype), zerosBefore, zerosAfter }
}
