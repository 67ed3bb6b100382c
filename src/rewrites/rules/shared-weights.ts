import type { Graph, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { graphs } from '../../ir/walk.js'
import { initializerBytes } from '../../onnx/bytes.js'
import { SparseTensor } from '../../onnx/sparse-tensor.js'
import { tensorDigest, tensorKey, tensorStart } from '../digest.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * Initializers with the same type, shape and bytes are one:
 *
 *   f(a), g(b), a = b   =>   f(a), g(a)
 *
 * The first keeps its name. Of equal ones in two branches the first moves out to where both see it.
 */
export const sharedWeights = defineRule({
  name: 'shared-weights',
  apply: (edit) => {
    // The dearer the question, the fewer are asked: whole weights are read only where their beginnings are equal.
    const alike = groups(groups([candidates(edit)], tensorKey), tensorStart)
    for (const equal of groups(alike, tensorDigest)) {
      const values = equal.map(([value]) => value)
      merge(edit, values)
    }
  },
})

type Candidate = readonly [Value, Tensor]

/** Defaults are no constants; an initializer that had to be an input before IR 4 stays a part of the interface. */
function candidates(edit: Edit): Candidate[] {
  const found: Candidate[] = []
  for (const graph of graphs(edit.model)) {
    for (const value of graph.initializers) {
      const { constant } = value
      if (constant === null || constant instanceof SparseTensor || graph.inputs.includes(value)) continue
      found.push([value, constant])
    }
  }
  return found
}

/** The members of each group that another member equals by a key; the key is asked only where there are others. */
function* groups(all: Iterable<readonly Candidate[]>, keyOf: (tensor: Tensor) => string): Iterable<Candidate[]> {
  for (const members of all) {
    if (members.length < 2) continue
    const found = new Map<string, Candidate[]>()
    for (const member of members) {
      const key = keyOf(member[1])
      const group = found.get(key)
      if (group) group.push(member)
      else found.set(key, [member])
    }
    for (const group of found.values()) if (group.length > 1) yield group
  }
}

/** Outer graphs come first, so the first is what the others may see; what it cannot serve looks for another. */
function merge(edit: Edit, values: readonly Value[]): void {
  const kept: Value[] = []
  for (const value of values) {
    const into = kept.find((other) => edit.replace(value, other))
    if (into !== undefined) {
      edit.change(value.name, 'duplicate initializer removed')
      edit.model.removeConstant(value)
    } else kept.push(value)
  }
  hoist(edit, kept)
}

/** Those in branches that do not see one another: one moves to the graph around all of them. */
function hoist(edit: Edit, values: readonly Value[]): void {
  const [first] = values
  if (first === undefined || first.constant === null || values.length < 2) return
  const home = values.map((value) => value.graph as Graph | null).reduce((a, b) => a && b && commonGraph(a, b))
  if (home === null || values.some((value) => value.graph === home) || !edit.takesInitializers(home)) return
  const name = edit.model.names.fresh(first.name)
  if (gain(values, name, first.constant) <= 0) return
  const moved = edit.model.addConstant(home, name, first.constant, { extra: first.extra })
  for (const value of values) {
    if (!edit.replace(value, moved)) continue
    edit.change(value.name, 'duplicate initializer removed')
    edit.model.removeConstant(value)
  }
  edit.drop([moved])
}

/** Bytes; the name is another one in the outer graph, and longer. */
function gain(values: readonly Value[], name: string, tensor: Tensor): number {
  const longer = values.map((value) => value.uses.size * (name.length - value.name.length))
  const were = values.reduce((n, value) => n + initializerBytes(value.name, tensor), 0)
  return were - initializerBytes(name, tensor) - longer.reduce((n, bytes) => n + bytes, 0)
}

function commonGraph(a: Graph, b: Graph): Graph | null {
  const around = new Set<Graph>()
  for (let graph: Graph | null = a; graph !== null; graph = graph.outer) around.add(graph)
  for (let graph: Graph | null = b; graph !== null; graph = graph.outer) if (around.has(graph)) return graph
  return null
}
