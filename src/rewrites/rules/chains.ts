import { attr } from '../../ir/attr.js'
import type { Node } from '../../ir/graph.js'
import { param } from '../../ops/param.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * Two steps in a row that are one:
 *
 *   Transpose by q of Transpose by p     =>   Transpose by p[q]
 *   Reshape of any change of shape       =>   Reshape
 *   Squeeze of Unsqueeze, same axes      =>   nothing
 *   Relu of Relu (and the like)          =>   Relu
 *
 * The first stays where others read it, too.
 */
export const chains = defineRule({
  name: 'chains',
  reveals: true,
  apply: (edit) => {
    for (const node of edit.nodes()) {
      const first = node.inputs[0]?.producer
      if (!first || node.domain !== '' || first.domain !== '' || first.graph !== node.graph) continue
      const { label, op } = node
      const join = op === 'Reshape' ? joinReshape : JOINS[`${first.op} ${op}`]
      const { op: before } = first
      if (!join?.(edit, first, node)) continue
      edit.change(label, `${op} of ${before} joined`)
      if (first.outputs.every((output) => output === null || output.uses.size === 0)) edit.remove(first)
    }
  },
})

type Join = (edit: Edit, first: Node, second: Node) => boolean

const again: Join = (edit, first, second) => {
  const [x] = first.outputs
  return x ? edit.bypass(second, x) : false
}

const undone: Join = (edit, first, second) => {
  const [x] = first.inputs
  const [p, q] = [axesOf(edit, first), axesOf(edit, second)]
  return x && p !== null && q !== null && p === q ? edit.bypass(second, x) : false
}

const JOINS: Readonly<Record<string, Join>> = {
  'Transpose Transpose': joinTranspose,
  'Unsqueeze Squeeze': undone,
  'Squeeze Unsqueeze': undone,
  'Relu Relu': again,
  'Abs Abs': again,
  'Ceil Ceil': again,
  'Floor Floor': again,
  'Round Round': again,
  'Sign Sign': again,
}

function joinTranspose(edit: Edit, first: Node, second: Node): boolean {
  const [x] = first.inputs
  const rank = first.ints('perm')?.length ?? second.ints('perm')?.length ?? (x && edit.facts.rankOf(x)) ?? null
  if (!x || rank === null) return false
  const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i)
  const p = first.ints('perm') ?? reversed
  const joint = (second.ints('perm') ?? reversed).map((axis) => p[axis] ?? 0)
  if (joint.every((axis, i) => axis === i) && edit.bypass(second, x)) return true
  edit.model.setInput(second, 0, x)
  edit.model.setAttr(second, 'perm', attr.ints(joint))
  return true
}

const VIEWS: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'])

/** A zero copies an extent of what it reads, so that must stay. */
function joinReshape(edit: Edit, first: Node, second: Node): boolean {
  const [x] = first.inputs
  const shape = param(second, 'shape', (value) => edit.facts.constantOf(value))
  if (!x || !VIEWS.has(first.op) || typeof shape === 'string' || shape.includes(0)) return false
  if (edit.opsetOf(second) < 5) return false
  edit.model.setInput(second, 0, x)
  return true
}

/** Sorted axes as text, or null: negative ones would have to be told apart from others by the rank. */
function axesOf(edit: Edit, node: Node): string | null {
  const axes = param(node, 'axes', (value) => edit.facts.constantOf(value))
  if (typeof axes === 'string' || axes.some((axis) => axis < 0)) return null
  return [...axes].sort((a, b) => a - b).join(',')
}
