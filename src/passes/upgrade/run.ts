import type { Model } from '../../ir/graph.js'
import { hasAlready, OPSETS, upgradeOpset } from '../../rewrites/upgrade-opset.js'
import type { ValuesOf } from '../option.js'
import type { PassContext, PassResult } from '../pass.js'
import type { options } from './index.js'

/** Without an opset that was asked for, the latest; a model beyond that is as new as can be. */
export async function run(model: Model, { opset }: ValuesOf<typeof options>, _: PassContext): Promise<PassResult> {
  const { opset: before } = model
  if (opset === null && before > OPSETS.to) throw hasAlready(before)
  const result = await upgradeOpset(model, opset ?? OPSETS.to)
  const nodes = result.changed.length - 1 // the first is the model itself
  const rewritten = nodes === 1 ? '1 node is written' : `${nodes} nodes are written`
  const what = nodes === 0 ? 'no node had to change.' : `${rewritten} in another way, and all mean the same.`
  return { ...result, notes: [`Opset ${before} → ${model.opset}: ${what}`] }
}
