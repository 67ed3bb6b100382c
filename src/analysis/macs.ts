import { bound, type Call, calledBy, enter, siteKey } from '../ir/calls.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'
import { opOf } from '../ops/index.js'
import type { NodeShapes } from '../ops/op.js'
import type { Shapes } from './shapes.js'

export interface MacCount {
  /** Of one run; null when nothing could be counted although there was something to count. */
  readonly total: number | null
  /** Of each node that has any, over all its runs; the branches of an If alike, of which `total` has the larger. */
  readonly byNode: ReadonlyMap<Node, number>
  /** Nodes that run and whose shapes are not known, and ops that nobody knows. */
  readonly unknown: readonly Node[]
  /** Of a node as one call runs it; null when it is not known or cannot run, 0 for ops without multiplications. */
  of(node: Node, call: Call | null): number | null
}

/** Their other ops have no multiply-accumulate operations; what is from elsewhere may have. */
const KNOWN_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml', 'com.microsoft'])

/**
 * Multiply-accumulate operations of one run of the model: in products with weights and between activations.
 *
 * - If: the larger of its branches, of those that suit the dimensions.
 * - Loop: the body as often as its trip count says, once when that is no constant. Scan: once for each slice.
 * - Functions: once for each call.
 */
export function countMacs(model: Model, shapes: Shapes): MacCount {
  const bySite = new Map<string, number | null>()
  const byNode = new Map<Node, number>()
  const unknown = new Set<Node>()

  const countNode = (node: Node, call: Call | null, times: number): number => {
    const macs = opMacs(node, call, shapes)
    if (macs === undefined) return 0
    bySite.set(siteKey(node, call), macs === null ? null : macs * times)
    if (macs === null) {
      unknown.add(node)
      return 0
    }
    byNode.set(node, (byNode.get(node) ?? 0) + macs * times)
    return macs * times
  }
  const countGraph = (graph: Graph, call: Call | null, times: number): number => {
    let sum = 0
    for (const node of graph.nodes) {
      const body = calledBy(model, node)
      const inner = body && enter(node, body, call)
      if (body !== undefined) sum += inner ? countGraph(inner.body.graph, inner, times) : 0
      else {
        const runs = times * tripsOf(node, call, shapes)
        const bodies = [...node.graphs()]
          .filter((g) => node.type !== 'If' || canRun(model, g, call, shapes))
          .map((g) => countGraph(g, call, runs))
        sum += node.type === 'If' ? Math.max(0, ...bodies) : bodies.reduce((a, b) => a + b, 0)
        sum += countNode(node, call, times)
      }
    }
    return sum
  }

  const total = countGraph(model.main, null, 1)
  const nothing = byNode.size === 0 && unknown.size > 0
  return {
    total: nothing ? null : total,
    byNode,
    unknown: [...unknown],
    of: (node, call) => bySite.get(siteKey(node, call)) ?? (opOf(node)?.macs ? null : 0),
  }
}

/** A branch with a node that refuses its shapes is one that these dimensions do not take. */
function canRun(model: Model, graph: Graph, call: Call | null, shapes: Shapes): boolean {
  for (const node of graph.nodes) {
    if (shapes.isRefused(node, call)) return false
    const body = calledBy(model, node)
    const inner = body && enter(node, body, call)
    if (inner && !canRun(model, inner.body.graph, inner, shapes)) return false
    const bodies = [...node.graphs()].map((g) => canRun(model, g, call, shapes))
    if (bodies.length > 0 && !bodies.includes(true)) return false
  }
  return true
}

/** @returns undefined for an op that has no multiply-accumulate operations */
function opMacs(node: Node, call: Call | null, shapes: Shapes): number | null | undefined {
  const macs = opOf(node)?.macs
  if (macs === undefined) return KNOWN_DOMAINS.has(node.domain) ? undefined : null
  const shapeOf = (value: Value | null | undefined) => (value ? shapes.shapeOf(value, call) : null)
  const around: NodeShapes = {
    input: (index) => shapeOf(node.inputs[index]),
    output: (index) => shapeOf(node.outputs[index]),
  }
  return macs(bound(node, call), around)
}

/** How often a node runs its bodies. */
function tripsOf(node: Node, call: Call | null, shapes: Shapes): number {
  if (node.type === 'Loop') {
    const limit = node.inputs[0] ? constantOf(node.inputs[0]) : null
    if (limit?.dtype !== 'int64') return 1
    return Number(new DataView(limit.read().buffer).getBigInt64(0, true))
  }
  if (node.type === 'Scan') {
    const states = node.inputs.length - node.int('num_scan_inputs', 0)
    const scanned = node.inputs[states]
    const axis = node.ints('scan_input_axes')?.[0] ?? 0
    return (scanned ? shapes.shapeOf(scanned, call)?.at(axis) : undefined) ?? 1
  }
  return 1
}
