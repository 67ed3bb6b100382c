import type { Node, Value } from '../../ir/graph.js'
import { param } from '../../ops/param.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * An Identity, a Dropout outside of training, and whatever else hands its first input on:
 *
 *   y = x,   f(y)   =>   f(x)
 *
 * One that makes an output of an input, an initializer or a value that is an output already stays: ONNX needs it.
 */
export const identity = defineRule({
  name: 'identity',
  reveals: true,
  apply: (edit) => {
    for (const node of edit.nodes('Identity', 'Dropout')) {
      const [input] = node.inputs
      if (input && (node.type === 'Identity' || isInference(edit, node))) bypass(edit, node, input)
    }
  },
})

function bypass(edit: Edit, node: Node, input: Value): void {
  const { label, type } = node
  const others = [...node.inputs.slice(1)]
  if (!edit.bypass(node, input)) return
  edit.change(label, `${type} removed`)
  edit.drop(others)
}

/** @see ONNX Dropout: `is_test` before opset 7, `training_mode` since 12, always inference in between */
function isInference(edit: Edit, node: Node): boolean {
  const opset = edit.opsetOf(node)
  if (opset < 7) return node.int('is_test', 0) === 1
  if (opset < 12) return true
  const mode = param(node, 'training_mode', (value) => edit.facts.constantOf(value))
  return mode === 'absent' || (mode !== 'computed' && mode[0] === 0)
}
