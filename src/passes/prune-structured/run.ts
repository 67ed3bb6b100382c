import { Costs } from '../../analysis/dependencies/costs.js'
import { dependenciesOf } from '../../analysis/dependencies/dependencies.js'
import type { Preference } from '../../analysis/dependencies/space.js'
import { inferShapes, shareShapes } from '../../analysis/shapes.js'
import type { Model } from '../../ir/graph.js'
import { cut } from '../../rewrites/cut/cut.js'
import type { Change, PassContext, PassResult } from '../pass.js'
import { type DepthResult, pruneDepth } from './depth/prune-depth.js'
import { frozenWeights, prunedGroups } from './described.js'
import type { Values } from './index.js'
import { verifyCut } from './oracle.js'
import { prepare, tidy } from './prepare.js'
import { recover } from './recovery/recover.js'
import { select } from './select.js'

const NOTHING_TO_VERIFY =
  '--verify had nothing to compare: no channels were cut, and what a model computes without a block is another matter.'

/** Removes the least important blocks, then the least important units of what is left, with all that goes with them. */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const original = values.targetLatency === null ? null : model.clone().model
  const preference = values.headWidths ? 'widths' : 'heads'
  await prepare(model, context.signal)
  const whole = values.layers === null ? null : await lookedAt(model, preference, context)
  const depth = values.layers === null ? null : await shortened(model, values.layers, values, context)
  const looked = await lookedAt(model, preference, context)
  const { dependencies } = looked
  const selectable = {
    ...looked,
    ...(whole && { before: whole.costs.of(new Uint8Array(whole.dependencies.unitCount)) }),
    ...(original && { original }),
  }
  const { removal, goal, notes, samples = depth?.samples } = await select(selectable, values, context)
  const groups = prunedGroups(dependencies, removal)
  const frozen = frozenWeights(dependencies)
  const { model: uncut } = model.clone()
  shareShapes(model, uncut)
  const changed = cut(dependencies, removal).map(
    ({ value, before, after }): Change => ({ target: value.name, what: `[${before}] -> [${after}]` }),
  )
  const isCut = removal.includes(1)
  const oracle = values.verify && isCut ? await verifyCut({ before: uncut, model, removal, preference }, context) : null
  const cutModel = { before: uncut, dependencies, removal, model }
  const recovery = await recover(cutModel, values, context)
  await tidy(model, context.signal)
  const learned = Math.max(samples ?? 0, recovery.samples)
  return {
    changed: [...(depth?.changed ?? []), ...changed],
    skipped: [...(depth?.skipped ?? []), ...recovery.skipped],
    notes: [
      ...(depth?.notes ?? []),
      ...notes,
      ...(values.verify && !isCut ? [NOTHING_TO_VERIFY] : []),
      ...recovery.notes,
    ],
    structured: { goal, groups, frozen, blocks: depth?.blocks ?? [], recovered: recovery.recovered, oracle },
    ...(learned > 0 && { samples: learned }),
  }
}

async function lookedAt(model: Model, preference: Preference, { engine }: PassContext) {
  const shapes = await inferShapes(model, { dims: engine?.dims ?? {} })
  const open = await inferShapes(model, { open: true })
  const dependencies = dependenciesOf(model, shapes, open, preference)
  return { dependencies, shapes, costs: new Costs(dependencies, shapes) }
}

async function shortened(
  model: Model,
  layers: number,
  { include, exclude, samples }: Values,
  context: PassContext,
): Promise<DepthResult> {
  const result = await pruneDepth(model, { layers, include, exclude, samples }, context)
  await prepare(model, context.signal)
  return result
}
