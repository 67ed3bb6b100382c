import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { encodeModel } from '../../onnx/write.js'
import { rules } from '../../rewrites/rules/index.js'
import { simplify } from '../../rewrites/simplify.js'
import type { ValuesOf } from '../option.js'
import type { PassContext, PassResult } from '../pass.js'
import type { options } from './index.js'

/** Applies every rule that is not left out, until none finds anything more. */
export async function run(
  model: Model,
  { skip }: ValuesOf<typeof options>,
  { signal, onProgress }: PassContext,
): Promise<PassResult> {
  const before = encodeModel(model).length
  const { changed, skipped } = await simplify(model, {
    rules: rules.filter((rule) => !skip.includes(rule.name)),
    signal,
    // How many rounds there will be nobody knows; mostly half of the work is left after each.
    onRound: (round) => onProgress?.(1 - 0.5 ** round),
  })
  if (changed.length === 0) {
    throw new NothingToDoError('The graph is as simple as the rules make it: nothing to change.', {
      suggestions: ['Keep the file as it is. --allow-unchanged makes this no error.'],
    })
  }
  const after = encodeModel(model).length
  if (after > before)
    throw new NothingToDoError(`What the rules make of it would be larger: ${after} bytes after ${before}.`)
  onProgress?.(1)
  return { changed, skipped: skipped.map(({ target, what }) => ({ target, why: what })) }
}
