import type { Graph, Model, Node, Value } from '../ir/graph.js'
import type { FileSource, Tensor } from '../ir/tensor.js'
import { type DType, elementCount } from '../ir/type.js'
import { constantOf, graphs, valuesOf, walk } from '../ir/walk.js'
import { extentsOf } from '../onnx/extents.js'
import { weightsOf } from '../ops/weights.js'
import type { MacCount } from './macs.js'
import { storedTensor, tensorsIn } from './stored-tensors.js'
import { type Stored, storedIn } from './unpacked.js'

/** The smallest thing that bytes, parameters and MACs are told of: a constant, or a node that multiplies without one. */
export interface Piece {
  /** Of the constant; null for a node without. */
  readonly name: string | null
  readonly value: Value | null
  readonly dtype: DType | null
  /** The node that it counts for: of a weight the one that multiplies by it, else the first that reads it. */
  readonly node: Node | null
  /** In the file: what several tensors share counts for the first. */
  readonly bytes: number
  readonly parameters: number
  readonly macs: number
}

/** A model in pieces; together with `rest` their bytes are those of its files. */
export interface Inventory {
  readonly main: Graph
  /** In the order of the graph. */
  readonly pieces: readonly Piece[]
  /** Bytes of the first file that hold no data of tensors: the graph, names, metadata. */
  readonly structure: number
  /** Bytes of files of external data that no tensor refers to: padding, and what was left behind. */
  readonly unused: number
}

type Draft = { -readonly [K in keyof Piece]: Piece[K] } & { readonly tensors: readonly Tensor[] }

/**
 * Takes stock of a model. The pieces of a packed weight count for it.
 *
 * @param model  unpacked, where weights are packed (`unpacked.ts`)
 * @param files  all of its files, the `.onnx` first
 */
export function inventoryOf(model: Model, macs: MacCount, files: readonly FileSource[]): Inventory {
  const drafts = [...constants(model, storedIn(model)), ...attributes(model)]
  const total = measure(drafts, files)
  const bearers = bearersOf(drafts)
  for (const [node, count] of macs.byNode) {
    const bearer = bearers.get(node)
    if (bearer !== undefined) bearer.macs += count
    else drafts.push({ ...NOTHING, node, macs: count })
  }
  const order = orderOf(model)
  const at = ({ node }: Draft) => (node === null ? order.size : (order.get(node) ?? order.size))
  const sorted = drafts.sort((a, b) => at(a) - at(b))
  const [structure = 0, ...external] = files.map((file) => file.size - (total.get(file) ?? 0))
  return {
    main: model.main,
    pieces: sorted.map(({ tensors, ...piece }) => piece),
    structure,
    unused: external.reduce((sum, bytes) => sum + bytes, 0),
  }
}

const NOTHING: Draft = {
  name: null,
  value: null,
  tensors: [],
  dtype: null,
  node: null,
  bytes: 0,
  parameters: 0,
  macs: 0,
}

function constants(model: Model, packed: ReadonlyMap<Value, Stored>): Draft[] {
  const readers = new Map(weightsOf(model).weights.map(({ value, main }) => [value, main.node]))
  const drafts: Draft[] = []
  for (const graph of graphs(model)) {
    for (const value of valuesOf(graph)) {
      const tensor = constantOf(value)
      if (tensor === null) continue
      const { dtype } = tensor
      const parameters = dtype === 'bool' || dtype === 'string' ? 0 : elementCount(tensor.shape)
      const node = readers.get(value) ?? firstReader(value)
      const tensors = packed.get(value)?.tensors ?? [storedTensor(value)].filter((stored) => stored !== null)
      drafts.push({ ...NOTHING, name: value.name, value, dtype, node, parameters, tensors })
    }
  }
  return drafts
}

function firstReader({ uses }: Value): Node | null {
  for (const use of uses) if ('node' in use) return use.node
  return null
}

/** Tensors that are no constants: attributes of other nodes than Constant. They are no parameters. */
function attributes(model: Model): Draft[] {
  const drafts: Draft[] = []
  for (const node of walk(model)) {
    if (node.type === 'Constant') continue
    for (const [name, a] of node.attrs) {
      for (const tensor of tensorsIn(a)) {
        drafts.push({ ...NOTHING, name: `${node.label}.${name}`, dtype: tensor.dtype, node, tensors: [tensor] })
      }
    }
  }
  return drafts
}

/**
 * Fills in the bytes. Files of external data may give two tensors the same range.
 *
 * @returns  for each file how many of its bytes are data
 */
function measure(drafts: readonly Draft[], files: readonly FileSource[]): ReadonlyMap<FileSource, number> {
  const [main] = files
  const total = new Map<FileSource, number>()
  const add = (draft: Draft, source: FileSource | undefined, bytes: number) => {
    draft.bytes += bytes
    if (source !== undefined) total.set(source, (total.get(source) ?? 0) + bytes)
  }
  const ranges = new Map<FileSource, { draft: Draft; offset: number; length: number }[]>()
  for (const draft of drafts) {
    const extents = draft.tensors.map(
      (tensor) => extentsOf(tensor) ?? [{ length: tensor.byteLength, source: null, offset: 0 }],
    )
    for (const { length, source, offset } of extents.flat()) {
      if (source === null) {
        add(draft, main, length)
        continue
      }
      const list = ranges.get(source) ?? []
      list.push({ draft, offset, length })
      ranges.set(source, list)
    }
  }
  for (const [source, list] of ranges) {
    let end = 0
    for (const { draft, offset, length } of list.sort((a, b) => a.offset - b.offset)) {
      add(draft, source, Math.max(0, offset + length - Math.max(offset, end)))
      end = Math.max(end, offset + length)
    }
  }
  return total
}

/** For each node the constant that it multiplies by: its largest. */
function bearersOf(drafts: readonly Draft[]): ReadonlyMap<Node, Draft> {
  const bearers = new Map<Node, Draft>()
  for (const draft of drafts) {
    if (draft.node === null || draft.value === null) continue
    if (draft.parameters > (bearers.get(draft.node)?.parameters ?? 0)) bearers.set(draft.node, draft)
  }
  return bearers
}

/** Nodes in bodies follow their node, functions come last. */
function orderOf(model: Model): ReadonlyMap<Node, number> {
  const order = new Map<Node, number>()
  const number = (graph: Graph) => {
    for (const node of graph.nodes) {
      order.set(node, order.size)
      for (const body of node.graphs()) number(body)
    }
  }
  number(model.main)
  for (const { graph } of model.functions.values()) number(graph)
  return order
}
