import { type Attr, graphsOf } from './attr.js'
import type { Graph, Model, Node } from './graph.js'
import type { Tensor } from './tensor.js'
import { typeToString } from './type.js'

/** A model as text, a node a line: for goldens and for debugging. */
export function printModel(model: Model): string {
  const opsets = [...model.opsets].map(([domain, version]) => `${domain || 'ai.onnx'} ${version}`).join(', ')
  const lines = [`ir ${model.irVersion}, ${opsets}`, ...printGraph(model.main)]
  for (const f of model.functions.values()) lines.push(`function ${f.domain}.${f.name}`, ...printGraph(f.graph))
  return `${lines.join('\n')}\n`
}

function printGraph(graph: Graph): string[] {
  const lines = graph.inputs.map((v) => `input ${v.name}: ${typeToString(v.declared)}`)
  for (const v of graph.initializers) {
    lines.push(`initializer ${v.name}: ${v.constant === null ? '?' : tensorToString(v.constant)}`)
  }
  for (const node of graph.nodes) lines.push(...printNode(node))
  for (const slot of graph.outputs) {
    lines.push(`output ${slot.name}${slot.value.name === slot.name ? '' : ` = ${slot.value.name}`}`)
  }
  return lines
}

function printNode(node: Node): string[] {
  const name = (v: { name: string } | null) => v?.name ?? '-'
  const attrs = [...node.attrs]
    .filter(([, a]) => graphsOf(a).length === 0)
    .map(([key, a]) => `${key}=${attrToString(a)}`)
  const head = `${node.outputs.map(name).join(', ')} = ${node.type}(${node.inputs.map(name).join(', ')})`
  const lines = [attrs.length > 0 ? `${head} {${attrs.join(', ')}}` : head]
  for (const [key, a] of node.attrs) {
    for (const body of graphsOf(a)) lines.push(`  ${key}:`, ...printGraph(body).map((line) => `    ${line}`))
  }
  return lines
}

function attrToString(a: Attr): string {
  switch (a.kind) {
    case 'ref':
      return `@${a.value}`
    case 'string':
      return textOf(a.value)
    case 'strings':
      return `[${a.value.map(textOf)}]`
    case 'tensor':
    case 'sparse-tensor':
      return tensorToString(a.value)
    case 'tensors':
    case 'sparse-tensors':
      return `[${a.value.map(tensorToString)}]`
    case 'type':
      return typeToString(a.value)
    case 'types':
      return `[${a.value.map(typeToString)}]`
    case 'graph':
    case 'graphs':
      return 'graph'
    case 'unknown':
      return '?'
    default:
      return Array.isArray(a.value) ? `[${a.value}]` : String(a.value)
  }
}

function textOf(bytes: Uint8Array): string {
  return JSON.stringify(new TextDecoder().decode(bytes))
}

function tensorToString(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.shape}]`
}
