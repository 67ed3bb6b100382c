import { type Dependencies, keptOf, type Removal } from '../../analysis/dependencies/dependencies.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { constantOf, graphs, valuesOf, walk } from '../../ir/walk.js'
import { opOf } from '../../ops/index.js'
import { cutTensor } from './cut-tensor.js'
import { NodeCutter } from './node-cutter.js'

/** A constant that is smaller than before. */
export interface CutConstant {
  readonly value: Value
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** For each axis the indices that stay; null for all. */
type Kept = readonly (Int32Array | null)[]

/**
 * Takes units out of a model, in place: every axis of every constant, and the attributes and constants of shapes that
 * follow. The model must be the one that was looked at, unchanged. Inputs and outputs stay as they are.
 */
export function cut(dependencies: Dependencies, removal: Removal): CutConstant[] {
  const { model, trace } = dependencies
  const keptOfInput = (node: Node, index: number): Kept | null =>
    keptAxes(trace.axesOfInput(node, index)?.map((axis) => keptOf(dependencies, axis, removal)) ?? [])
  const keptOfOutput = (node: Node, index: number): Kept | null =>
    keptAxes(trace.axesOfOutput(node, index)?.map((axis) => keptOf(dependencies, axis, removal)) ?? [])

  // All is looked up before anything changes: inputs are named by the values that stand there now.
  const nodes = [...walk(model)].map((node) => ({
    node,
    inputs: node.inputs.map((_, index) => keptOfInput(node, index)),
    outputs: node.outputs.map((_, index) => keptOfOutput(node, index)),
  }))
  const constants = nodes.flatMap(({ node, inputs }) => inputs.flatMap((kept, index) => placeOf(node, index, kept)))
  const touched = nodes.filter(({ inputs, outputs }) => [...inputs, ...outputs].some((kept) => kept !== null))
  const cutters = touched.map(({ node, inputs, outputs }) => new NodeCutter(dependencies, node, inputs, outputs))

  const changed = cutConstants(model, constants)
  for (const cutter of cutters) opOf(cutter.node)?.cut?.(cutter)
  forgetShapes(model, touched)
  return changed
}

function keptAxes(kept: Kept): Kept | null {
  return kept.some((axis) => axis !== null) ? kept : null
}

interface Place {
  readonly node: Node
  readonly index: number
  readonly value: Value
  readonly tensor: Tensor
  readonly kept: Kept | null
}

function placeOf(node: Node, index: number, kept: Kept | null): Place[] {
  const value = node.inputs[index] ?? null
  const tensor = value === null ? null : constantOf(value)
  return value === null || tensor === null ? [] : [{ node, index, value, tensor, kept }]
}

/** A constant that all readers cut alike stays the one that it is; otherwise those that cut it get copies. */
function cutConstants(model: Model, places: readonly Place[]): CutConstant[] {
  const byValue = grouped(places, ({ value }) => value)
  const changed: CutConstant[] = []
  for (const [value, readers] of byValue) {
    const ways = [...grouped(readers, ({ kept }) => keyOf(kept)).values()]
    const isReadElsewhere = value.uses.size > readers.length
    const [only] = ways
    const sole = ways.length === 1 && !isReadElsewhere
    for (const way of sole && only ? [only] : ways) {
      const [first] = way
      if (!first || first.kept === null) continue
      const tensor = cutTensor(first.tensor, first.kept)
      changed.push({ value, before: first.tensor.shape, after: tensor.shape })
      if (sole) model.setConstant(value, tensor)
      else {
        const copy = model.addConstant(value.graph, model.names.fresh(value.name), tensor)
        for (const { node, index } of way) model.setInput(node, index, copy)
      }
    }
    if (value.uses.size === 0 && value.constant !== null && !value.graph.inputs.includes(value)) {
      model.removeConstant(value)
    }
  }
  return changed
}

function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

function keyOf(kept: Kept | null): string {
  return kept === null ? '' : kept.map((axis) => axis?.join(',') ?? '*').join('|')
}

/** What the file declared of values that have changed is not true any more, but for element types. */
function forgetShapes(model: Model, touched: readonly { readonly node: Node }[]): void {
  const changed = new Set<Value>()
  for (const { node } of touched) for (const value of [...node.inputs, ...node.outputs]) if (value) changed.add(value)
  for (const graph of graphs(model)) {
    const isMain = graph === model.main
    for (const value of valuesOf(graph)) {
      if (!changed.has(value) || value.constant !== null || (isMain && graph.inputs.includes(value))) continue
      const { declared } = value
      if (declared?.kind !== 'tensor') continue
      model.declare(value, graph.inputs.includes(value) ? { ...declared, shape: null } : null)
    }
    if (isMain) continue
    for (const slot of graph.outputs) {
      if (changed.has(slot.value) && slot.declared?.kind === 'tensor') {
        model.declare(slot, { ...slot.declared, shape: null })
      }
    }
  }
}
