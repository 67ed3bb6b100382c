import type { Graph, Model, Node } from './graph.js'
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
    lines.push(`initializer ${v.name}: ${v.constant?.dtype}[${v.constant?.shape.join(',')}]`)
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
    .filter(([, a]) => a.kind !== 'graph')
    .map(([key, a]) => {
      if (a.kind === 'string') return `${key}="${new TextDecoder().decode(a.value)}"`
      if (a.kind === 'tensor') return `${key}=${a.value.dtype}[${a.value.shape.join(',')}]`
      return `${key}=${Array.isArray(a.value) ? `[${a.value.map(String).join(',')}]` : String(a.value)}`
    })
  const head = `${node.outputs.map(name).join(', ')} = ${node.type}(${node.inputs.map(name).join(', ')})`
  const lines = [attrs.length > 0 ? `${head} {${attrs.join(', ')}}` : head]
  for (const [key, a] of node.attrs) {
    if (a.kind === 'graph') lines.push(`  ${key}:`, ...printGraph(a.value).map((line) => `    ${line}`))
  }
  return lines
}
