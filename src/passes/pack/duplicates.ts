import type { Model } from '../../ir/graph.js'
import { sharedWeights } from '../../rewrites/rules/shared-weights.js'
import { simplify } from '../../rewrites/simplify.js'
import type { Change } from '../pass.js'

/** Constants of one type, shape and content are stored once. */
export async function shareDuplicates(model: Model): Promise<readonly Change[]> {
  const { changed } = await simplify(model, { rules: [sharedWeights] })
  return changed
}
