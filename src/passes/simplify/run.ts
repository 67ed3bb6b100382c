import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { walk } from '../../ir/walk.js'
import { encodeModel } from '../../onnx/write.js'
import type { Note } from '../../rewrites/edit.js'
import { rules } from '../../rewrites/rules/index.js'
import { simplify } from '../../rewrites/simplify.js'
import type { ValuesOf } from '../option.js'
import type { PassContext, PassResult } from '../pass.js'
import type { options } from './index.js'

const MOST_REASONS = 3

/** Applies every rule that is not left out, until none finds anything more. */
export async function run(
  model: Model,
  { skip }: ValuesOf<typeof options>,
  { signal, onProgress }: PassContext,
): Promise<PassResult> {
  const before = { bytes: encodeModel(model).length, nodes: nodesIn(model) }
  const { changed, skipped } = await simplify(model, {
    rules: rules.filter((rule) => !skip.includes(rule.name)),
    signal,
    // How many rounds there will be nobody knows; mostly half of the work is left after each.
    onRound: (round) => onProgress?.(1 - 0.5 ** round),
  })
  if (changed.length === 0) {
    throw new NothingToDoError('The graph is as simple as the rules make it: nothing to change.', {
      suggestions: [...leftTexts(skipped), 'Keep the file as it is. --allow-unchanged makes this no error.'],
    })
  }
  const after = { bytes: encodeModel(model).length, nodes: nodesIn(model) }
  if (after.bytes > before.bytes) {
    throw new NothingToDoError(
      `What the rules make of it would be larger: ${after.bytes} bytes instead of ${before.bytes}.`,
      { suggestions: ['Keep the file as it is, and please report it: each rule should see to that.'] },
    )
  }
  onProgress?.(1)
  return {
    changed,
    skipped: skipped.map(({ target, what }) => ({ target, why: what })),
    notes: [
      `The graph has ${after.nodes} ${after.nodes === 1 ? 'node' : 'nodes'} instead of ${before.nodes}; its outputs are equal but for rounding.`,
    ],
  }
}

/** What might have changed but for a reason: there is no report to tell it. */
function leftTexts(skipped: readonly Note[]): string[] {
  const texts = skipped.slice(0, MOST_REASONS).map(({ target, what }) => `"${target}": ${what}.`)
  const more = skipped.length - texts.length
  return more > 0 ? [...texts, `And ${more} more like these.`] : texts
}

function nodesIn(model: Model): number {
  return [...walk(model)].length
}
