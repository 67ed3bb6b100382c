import type { Graph, Node, Value } from '../../ir/graph.js'
import { numbersOf } from '../../ops/param.js'
import type { Edit } from '../edit.js'
import { transplant } from '../transplant.js'
import { defineRule } from './rule.js'

/**
 * An If whose condition is a constant is the branch that it always takes:
 *
 *   y = If(true, then: f(x), else: g(x))   =>   y = f(x)
 */
export const inlineBranches = defineRule({
  name: 'inline-branches',
  reveals: true,
  apply: (edit) => {
    for (const node of edit.nodes('If')) {
      const condition = edit.constant(node, 0)
      const [isTrue] = (condition && numbersOf(condition)) ?? []
      if (isTrue === undefined) continue
      const body = node.attrs.get(isTrue ? 'then_branch' : 'else_branch')
      if (body?.kind === 'graph') inline(edit, node, body.value)
    }
  },
})

function inline(edit: Edit, node: Node, body: Graph): void {
  const { model } = edit
  const values = new Map<Value, Value | null>()
  transplant(model, body, node.graph, node, values)
  for (const [i, output] of node.outputs.entries()) {
    const inner = body.outputs[i]?.value
    if (output === null || inner === undefined) continue
    edit.standIn(output, values.get(inner) ?? inner, node)
  }
  edit.change(node.label, 'If with a constant condition replaced by its branch')
  edit.remove(node)
}
