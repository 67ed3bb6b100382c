import { Costs } from '../../analysis/dependencies/costs.js'
import { dependenciesOf } from '../../analysis/dependencies/dependencies.js'
import { inferShapes, shareShapes } from '../../analysis/shapes.js'
import type { Model } from '../../ir/graph.js'
import { cut } from '../../rewrites/cut/cut.js'
import type { Change, PassContext, PassResult } from '../pass.js'
import type { Values } from './index.js'
import { verifyCut } from './oracle.js'
import { frozenWeights, prunedGroups } from './outcome.js'
import { prepare, tidy } from './prepare.js'
import { select } from './select.js'

/** Removes the least important units, with all that goes with them. */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const original = values.targetLatency === null ? null : model.clone().model
  await prepare(model, context.signal)
  const shapes = await inferShapes(model, { dims: context.engine?.dims ?? {} })
  const open = await inferShapes(model, { open: true })
  const preference = values.headWidths ? 'widths' : 'heads'
  const dependencies = dependenciesOf(model, shapes, open, preference)
  const costs = new Costs(dependencies, shapes)
  const selectable = { dependencies, costs, shapes, ...(original && { original }) }
  const { removal, goal, notes, samples } = await select(selectable, values, context)
  const groups = prunedGroups(dependencies, removal)
  const frozen = frozenWeights(dependencies)
  const { model: before } = model.clone()
  shareShapes(model, before)
  const changed: Change[] = cut(dependencies, removal).map(({ value, before, after }) => ({
    target: value.name,
    what: `[${before}] -> [${after}]`,
  }))
  const oracle = values.verify ? await verifyCut({ before, model, removal, preference }, context) : null
  await tidy(model, context.signal)
  const structured = { goal, groups, frozen, blocks: [], recovered: [], oracle }
  return { changed, skipped: [], notes, structured, ...(samples !== undefined && { samples }) }
}
