import { functionKey, type Graph, type Node } from '../../ir/graph.js'
import { graphs, walk } from '../../ir/walk.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/** Outputs that a node may leave out, from this index on, by op. */
const OPTIONAL_FROM: Readonly<Record<string, number>> = {
  BatchNormalization: 1,
  Dropout: 1,
  GRU: 0,
  LSTM: 0,
  LayerNormalization: 1,
  MaxPool: 1,
  RNN: 0,
}

/**
 * What no output hangs on is never seen:
 *
 *   y = f(x), z = g(x), only y is an output   =>   y = f(x)
 *
 * Nodes from the last to the first, so that one look is enough; then initializers, functions that nothing calls and
 * imports of domains that nothing is of. Optional outputs that nobody reads are left out.
 */
export const unused = defineRule({
  name: 'unused',
  apply: (edit) => {
    for (const graph of [...graphs(edit.model)].reverse()) removeNodes(edit, graph)
    for (const node of edit.nodes()) dropOutputs(edit, node)
    for (const graph of graphs(edit.model)) removeInitializers(edit, graph)
    for (const graph of graphs(edit.model)) removeAnnotations(edit, graph)
    removeFunctions(edit)
    removeImports(edit)
  },
})

function removeNodes(edit: Edit, graph: Graph): void {
  for (const node of [...graph.nodes].reverse()) {
    if (node.outputs.some((value) => value !== null && value.uses.size > 0)) continue
    edit.change(node.label, 'unused node removed')
    edit.model.removeNode(node)
  }
}

function dropOutputs(edit: Edit, node: Node): void {
  const from = node.domain === '' ? OPTIONAL_FROM[node.op] : undefined
  if (from === undefined) return
  for (const [index, output] of [...node.outputs.entries()].reverse()) {
    if (index < from || output === null || output.uses.size > 0) continue
    edit.change(node.label, `unused output ${index} left out`)
    edit.model.dropOutput(node, index)
  }
}

function removeInitializers(edit: Edit, graph: Graph): void {
  for (const value of [...graph.initializers]) {
    // An input with a default is a part of the interface.
    if (value.uses.size > 0 || graph.inputs.includes(value)) continue
    edit.change(value.name, 'unused initializer removed')
    edit.model.removeConstant(value)
  }
}

/** Quantization parameters that are stated for values that are gone. */
function removeAnnotations(edit: Edit, graph: Graph): void {
  const { quantizationAnnotation: all } = graph.extra
  if (!Array.isArray(all)) return
  const kept = all.filter(({ tensorName }) => graph.definitions.has(tensorName) || graph.outputNames.has(tensorName))
  if (kept.length === all.length) return
  edit.change(graph.name, 'quantization annotation of a value that is gone removed')
  edit.model.annotate(graph, { ...graph.extra, quantizationAnnotation: kept })
}

function removeFunctions(edit: Edit): void {
  const { model } = edit
  for (;;) {
    const called = new Set([...walk(model)].map(functionKey))
    const idle = [...model.functions].filter(([key]) => !called.has(key))
    if (idle.length === 0) return
    for (const [key, { name }] of idle) {
      edit.change(name, 'unused function removed')
      model.removeFunction(key)
    }
  }
}

/** The standard domain stays: a reader may expect it. */
function removeImports(edit: Edit): void {
  const { model } = edit
  const domains = new Set(['', 'ai.onnx'])
  for (const node of walk(model)) domains.add(node.domain)
  for (const f of model.functions.values()) domains.add(f.domain)
  for (const domain of [...model.opsets.keys()]) {
    if (domains.has(domain)) continue
    edit.change(domain, 'unused opset import removed')
    model.opsets.delete(domain)
  }
}
