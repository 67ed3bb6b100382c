import type { Model, Node, Value } from '../../../ir/graph.js'
import { tensorType } from '../../../ir/type.js'
import { upgradeOpset } from '../../../rewrites/upgrade-opset.js'
import type { ResidualBlock } from './residual-blocks.js'

/** A model that can be run without any of its residual blocks. */
export interface Gated {
  readonly model: Model
  /** For each block the name of an input, a single bool: without the block where it is false. */
  readonly gates: readonly string[]
}

/** The first at which Where takes all types. */
const OPSET_OF_WHERE = 9
/** What ONNX Runtime knows best of those that every exporter has written. */
const UPGRADED_TO = 13

/**
 * One session that measures them all:
 *
 *   y = x + f(x)   =>   y = gate ? x + f(x) : x
 *
 * A gate that is closed gives x bit for bit, whatever f computes, and so does a block inside of one that is closed.
 *
 * @param model  stays as it is
 * @throws UnsupportedModelError where a model of before opset 9 cannot be upgraded
 */
export async function gated(model: Model, blocks: readonly ResidualBlock[]): Promise<Gated> {
  const { model: copy, of } = model.clone()
  if (copy.opset < OPSET_OF_WHERE) await upgradeOpset(copy, UPGRADED_TO)
  const following = new Map<Node, Node>()
  let last: Node | null = null
  for (const node of copy.main.nodes) {
    if (last !== null) following.set(last, node)
    last = node
  }
  const gates = blocks.map(({ sum: original, skip }) => {
    const sum = of(original)
    const [x, y] = [sum.inputs[skip], sum.outputs[0]]
    if (!x || !y) throw new Error(`"${sum.label}" is no sum.`)
    const gate = copy.addInput(copy.main, copy.names.fresh('gate'), tensorType('bool', []))
    const where = copy.addNode(
      copy.main,
      { op: 'Where', inputs: [gate, y, x], outputs: [copy.names.fresh('gated')] },
      following.get(sum) ?? null,
    )
    copy.replaceUses(y, outputOf(where), { except: where })
    return gate.name
  })
  return { model: copy, gates }
}

function outputOf(node: Node): Value {
  const [output] = node.outputs
  if (!output) throw new Error(`"${node.label}" has no output.`)
  return output
}
