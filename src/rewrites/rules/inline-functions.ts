import type { Attr } from '../../ir/attr.js'
import { calledBy } from '../../ir/calls.js'
import type { FunctionBody, Node, Value } from '../../ir/graph.js'
import { walk, withBodies } from '../../ir/walk.js'
import type { Edit } from '../edit.js'
import { transplant } from '../transplant.js'
import { defineRule } from './rule.js'

/**
 * A function with a single call is its nodes at the place of the call:
 *
 *   f(x) = g(h(x)),  y = f(a)   =>   y = g(h(a))
 *
 * One that is called more often is the shorter way to say it, and stays.
 */
export const inlineFunctions = defineRule({
  name: 'inline-functions',
  reveals: true,
  apply: (edit) => {
    const calls = new Map<FunctionBody, Node[]>()
    for (const node of walk(edit.model)) {
      const f = calledBy(edit.model, node)
      if (f) calls.set(f, [...(calls.get(f) ?? []), node])
    }
    for (const [f, [call, ...others]] of calls) {
      // A call inside of a function is looked at when that one has found its place.
      const isOutside = call && outermost(call) === edit.model.main
      if (isOutside && others.length === 0 && readsAlike(edit, f)) inline(edit, call, f)
    }
  },
})

function outermost({ graph }: Node) {
  let outer = graph
  while (outer.outer !== null) outer = outer.outer
  return outer
}

/** Whether the model reads the function's nodes by the same versions as the function. */
function readsAlike({ model }: Edit, f: FunctionBody): boolean {
  const domains = new Set([...withBodies(f.graph)].flatMap((graph) => [...graph.nodes].map((node) => node.domain)))
  return [...domains].every((domain) => {
    const version = f.opsets.get(domain)
    return version === undefined || version === (model.opsets.get(domain) ?? version)
  })
}

function inline(edit: Edit, call: Node, f: FunctionBody): void {
  const { model } = edit
  const { inputs } = f.graph
  const values = new Map<Value, Value | null>(inputs.map((input, i) => [input, call.inputs[i] ?? null]))
  const bind = (a: Attr): Attr | undefined =>
    a.kind === 'ref' ? (call.attrs.get(a.value) ?? f.defaults?.get(a.value)) : a
  for (const [domain, version] of f.opsets) if (!model.opsets.has(domain)) model.opsets.set(domain, version)
  transplant(model, f.graph, call.graph, call, values, bind)
  for (const [i, output] of call.outputs.entries()) {
    const inner = f.graph.outputs[i]?.value
    const result = inner && values.get(inner)
    if (output !== null && result) edit.standIn(output, result, call)
  }
  edit.change(call.label, 'call of a function replaced by its nodes')
  model.removeNode(call)
}
