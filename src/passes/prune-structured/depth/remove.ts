import type { Shapes } from '../../../analysis/shapes.js'
import type { Model } from '../../../ir/graph.js'
import { Edit } from '../../../rewrites/edit.js'
import { Facts } from '../../../rewrites/facts.js'
import { unused } from '../../../rewrites/rules/unused.js'
import type { ResidualBlock } from './residual-blocks.js'

/**
 * Lets x stand for x + f(x) in each of the blocks, and takes away what nobody reads then: nodes, and constants with
 * them. Inputs and outputs stay as they are.
 *
 * @param open  what was known of the values before
 */
export async function removeBlocks(model: Model, blocks: readonly ResidualBlock[], open: Shapes): Promise<void> {
  const edit = new Edit(model, new Facts(model, open))
  for (const { sum, skip } of blocks) {
    // What x is by now: a block before this one may be gone.
    const [x, y] = [sum.inputs[skip], sum.outputs[0]]
    if (!x || !y) throw new Error(`"${sum.label}" is no sum.`)
    edit.standIn(y, x, sum)
  }
  await unused.apply(edit)
}
