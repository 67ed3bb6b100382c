import { Costs } from '../../analysis/dependencies/costs.js'
import { dependenciesOf } from '../../analysis/dependencies/dependencies.js'
import { inferShapes } from '../../analysis/shapes.js'
import type { Model } from '../../ir/graph.js'
import { cut } from '../../rewrites/cut/cut.js'
import type { Change, PassContext, PassResult } from '../pass.js'
import type { Values } from './index.js'
import { prepare, tidy } from './prepare.js'
import { select } from './select.js'

/** Removes the least important units, with all that goes with them. */
export async function run(model: Model, values: Values, context: PassContext): Promise<PassResult> {
  const original = values.targetLatency === null ? null : model.clone().model
  await prepare(model, context.signal)
  const shapes = await inferShapes(model, { dims: context.engine?.dims ?? {} })
  const open = await inferShapes(model, { open: true })
  const dependencies = dependenciesOf(model, shapes, open, values.headWidths ? 'widths' : 'heads')
  const costs = new Costs(dependencies, shapes)
  const { removal } = await select({ dependencies, costs, shapes, ...(original && { original }) }, values, context)
  const changed: Change[] = cut(dependencies, removal).map(({ value, before, after }) => ({
    target: value.name,
    what: `[${before}] -> [${after}]`,
  }))
  await tidy(model, context.signal)
  return { changed, skipped: [] }
}
