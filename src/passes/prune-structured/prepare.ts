import type { Model } from '../../ir/graph.js'
import { rules } from '../../rewrites/rules/index.js'
import { simplify } from '../../rewrites/simplify.js'
import { raiseIrVersion } from '../../rewrites/upgrade-opset.js'

/**
 * What clears the view: shapes and constants that are known, calls in the place of functions, branches that are taken.
 * BatchNormalization stays, for its scales tell channels apart and it can be measured again; what stays as it is of the
 * layout of the model stays, so that the result can be compared with it.
 */
const CLEARING: ReadonlySet<string> = new Set([
  'unused',
  'identity',
  'fold-shapes',
  'fold-constants',
  'inline-branches',
  'inline-functions',
  'no-ops',
])

/** Makes the model ready to be looked at: its outputs stay equal. */
export async function prepare(model: Model, signal: AbortSignal | undefined): Promise<void> {
  raiseIrVersion(model, Math.max(model.opset, 9)) // before, every initializer was an input as well
  await simplify(model, { rules: rules.filter(({ name }) => CLEARING.has(name)), signal })
}

/** Takes away what nothing reads any more, and shapes that are known now. */
export async function tidy(model: Model, signal: AbortSignal | undefined): Promise<void> {
  await simplify(model, { rules: rules.filter(({ name }) => name === 'unused'), signal })
}
