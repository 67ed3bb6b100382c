import { NothingToDoError } from '../../errors.js'
import { elementCount } from '../../ir/type.js'
import { SparseTensor } from '../../onnx/sparse-tensor.js'
import type { Weight, Weights } from '../../ops/weights.js'
import { globMatcher, refuseUnmatched } from '../glob.js'
import type { ValuesOf } from '../option.js'
import type { Skip } from '../pass.js'
import type { options } from './index.js'
import type { WeightDType } from './keys.js'
import type { AxisMember } from './masks.js'
import { type PatternNM, patternToString } from './pattern.js'
import type { Member } from './select.js'

export type Values = ValuesOf<typeof options>

/** A weight that takes part. */
export interface Target extends Member {
  readonly weight: Weight
  /** Its own sparsity: it has left the common pool. */
  readonly override: number | null
}

export type AxisTarget = Target & AxisMember

/** The weights that the options leave in. @throws UsageError for a glob that matches no weight */
export function chooseTargets({ weights, untraced }: Weights, values: Values): { targets: Target[]; skipped: Skip[] } {
  const { include, exclude, layer, embeddings } = values
  const names = weights.map(namesOf)
  refuseUnmatched(include, names, '--include')
  refuseUnmatched(exclude, names, '--exclude')
  refuseUnmatched(
    layer.map((l) => l.glob),
    names,
    '--layer',
  )
  const included = matcher(include.map((glob) => ({ glob })))
  const excluded = matcher(exclude.map((glob) => ({ glob })))
  const overridden = matcher(layer)
  const whyNot = (weight: Weight, own: readonly string[]): string | null => {
    if (weight.skip !== null) return weight.skip
    // Other zeros could only be written into a dense tensor, which is larger.
    if (weight.tensor instanceof SparseTensor) return 'it is stored as a sparse tensor already'
    const by = excluded(own)
    if (by !== undefined) return `left out by --exclude "${by.glob}"`
    if (include.length > 0 && included(own) === undefined) return 'not among --include'
    if (weight.main.kind === 'embedding' && !embeddings) return 'an embedding table: --embeddings prunes it, too'
    return elementCount(weight.tensor.shape) === 0 ? 'it has no elements' : null
  }
  const skipped: Skip[] = untraced.map(({ node, input, why }) => ({ target: `${node.label} (input ${input})`, why }))
  const targets: Target[] = []
  for (const [index, weight] of weights.entries()) {
    const own = names[index] ?? []
    const why = whyNot(weight, own)
    if (why === null) targets.push(targetOf(weight, index, overridden(own)?.sparsity ?? null))
    else skipped.push({ target: weight.value.name, why })
  }
  return { targets, skipped }
}

/** A weight goes by the name of what holds it, and of each node that reads it. */
function namesOf({ value, uses }: Weight): string[] {
  return [value.name, ...uses.map((use) => use.node.name)]
}

/** Of several that match the last one counts. */
function matcher<T extends { readonly glob: string }>(
  items: readonly T[],
): (names: readonly string[]) => T | undefined {
  const matchers = items.map((item) => ({ item, matches: globMatcher(item.glob) }))
  return (names) => matchers.findLast(({ matches }) => matches(names))?.item
}

function targetOf(weight: Weight, index: number, override: number | null): Target {
  const { value, tensor } = weight
  return {
    index,
    weight,
    name: value.name,
    tensor,
    dtype: tensor.dtype as WeightDType, // other dtypes have a reason to be skipped
    elements: elementCount(tensor.shape),
    override,
  }
}

/** Those whose axes are known; a vector counts as one row. */
export function withAxes(targets: readonly Target[], skipped: Skip[]): AxisTarget[] {
  return targets.flatMap((target) => {
    const { shape } = target.tensor
    const { out, in: inputs } = target.weight.main
    if (shape.length === 1) return [{ ...target, shape: [1, target.elements], out: 0, in: 1 }]
    if (out !== null && inputs !== null) return [{ ...target, shape, out, in: inputs }]
    skipped.push({
      target: target.name,
      why: 'a Reshape mixes its output and input axes: only --pattern unstructured with --scope global or layer',
    })
    return []
  })
}

/** Those with at least m inputs. */
export function longEnough(targets: readonly AxisTarget[], pattern: PatternNM, skipped: Skip[]): AxisTarget[] {
  return targets.filter((target) => {
    if (inputsOf(target) >= pattern.m) return true
    const why = `its input axis is ${inputsOf(target)} long, shorter than the m of ${patternToString(pattern)}`
    skipped.push({ target: target.name, why })
    return false
  })
}

/** @param ragged  how many weights are left over at the ends of its rows */
export function raggedSkip(target: AxisTarget, ragged: number, m: number): Skip {
  const why = `${ragged} weights at the ends of its rows stay dense: ${inputsOf(target)} inputs are no multiple of ${m}`
  return { target: target.name, why }
}

function inputsOf(target: AxisTarget): number {
  return target.shape[target.in] ?? 1
}

export function nothingToPrune(skipped: readonly Skip[]): NothingToDoError {
  const counts = new Map<string, number>()
  for (const { why } of skipped) counts.set(why, (counts.get(why) ?? 0) + 1)
  return new NothingToDoError('The model has no weight that can be pruned.', {
    suggestions: [...counts].slice(0, 5).map(([why, n]) => `${n} skipped: ${why}.`),
  })
}
