import { type Graph, hides, type Node, type Value } from './elements.js'
import type { NodeList } from './node-list.js'

/** @throws when the node was removed, or a node that it lies in */
export function checkPresent(node: Node): void {
  for (let n: Node | null = node; n !== null; n = n.graph.owner) {
    if (!(n.graph.nodes as NodeList).has(n)) throw new Error(`Node "${n.label}" is not in its graph any more.`)
  }
}

/** A graph sees what it defines itself, and what the graphs define that it lies in, unless one between hides the name. */
export function checkVisible(graph: Graph, value: Value): void {
  if (value.graph.definitions.get(value.name) !== value) throw new Error(`"${value.name}" was removed.`)
  for (let g: Graph | null = graph; g !== null; g = g.outer) {
    if (g === value.graph) return
    if (hides(g, value)) throw new Error(`Graph "${g.name}" has a "${value.name}" of its own.`)
  }
  throw new Error(`Graph "${graph.name}" does not see "${value.name}" of graph "${value.graph.name}".`)
}

/** No node reads what itself makes, or a node that it lies in. */
export function checkReadable(node: Node, value: Value): void {
  checkVisible(node.graph, value)
  if (value.producer !== null) checkOutside(node, value.producer, value)
}

/** A node that reads a value is not the one that makes it, and lies in none of its bodies. */
export function checkOutside(node: Node, producer: Node, value: Value): void {
  for (let reader: Node | null = node; reader !== null; reader = reader.graph.owner) {
    if (reader === producer) throw new Error(`Node "${reader.label}" would read its own output "${value.name}".`)
  }
}
