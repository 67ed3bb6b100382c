import type { Graph, Node } from '../ir/graph.js'
import { isMadeUp } from '../ir/names.js'
import type { Division } from './division.js'
import type { Inventory, Piece } from './pieces.js'

/** A part of a model; the children make up the whole of it. */
export interface Part {
  readonly name: string
  readonly bytes: number
  readonly parameters: number
  readonly macs: number
  /** The largest first, those of `layer` in the order of the graph; at the end the smallest together as one. */
  readonly children: readonly Part[]
}

/** Parts below this share of bytes and MACs are put together, if there are more of them in one place than that. */
const SMALL = 0.0005
const FEW_SMALL = 3

/** Of names; what is longer was not made by people. */
const MOST_LEVELS = 50

/** Nobody reads it, or only an output does. */
const NO_NODE = '(read by no node)'
const NO_CONSTANT = '(no constant)'

/** One level of a tree: parts with one key are one part. */
interface Step {
  readonly key: string
  readonly name: string
}

/** How to divide: the way from the root to each piece, and what becomes of a part with a single child. */
const WAYS: Readonly<
  Record<Division, { readonly path: (piece: Piece, main: Graph) => readonly Step[]; readonly only: Only }>
> = {
  op: {
    path: (piece) => [step(piece.node?.type ?? NO_NODE), ...nodeSteps(piece.node), ...tensorSteps(piece)],
    only: 'dropped',
  },
  dtype: { path: (piece) => [step(piece.dtype ?? NO_CONSTANT), ...tensorSteps(piece)], only: 'kept' },
  layer: {
    path: (piece, main) => (piece.node === null ? [step(NO_NODE)] : placeSteps(piece.node, main)),
    only: 'kept',
  },
  name: { path: (piece) => words(nameOf(piece)), only: 'joined' },
}

/** The single tensor of an op's node says nothing more; of `a/` and `b` in it `a/b` is left. */
type Only = 'kept' | 'dropped' | 'joined'

/** A model as a tree. All children of a part add up to it, and the root to the files: the graph is a part, too. */
export function divide({ main, pieces, structure, unused }: Inventory, by: Division): Part {
  const { path, only } = WAYS[by]
  const root = new Branch('all')
  for (const piece of pieces) root.add(piece, path(piece, main))
  const parts = root.parts(only, by !== 'layer')
  const rest = [leaf('graph, names and metadata', structure), leaf('unused bytes of data files', unused)]
  const children = [...parts, ...rest.filter((part) => part.bytes > 0)]
  const whole = sum('all', by === 'layer' ? children : largestFirst(children))
  return gathered(whole, whole, by !== 'layer')
}

class Branch {
  readonly name: string
  readonly #own: Piece[] = []
  readonly #children = new Map<string, Branch>()

  constructor(name: string) {
    this.name = name
  }

  add(piece: Piece, [first, ...rest]: readonly Step[]): void {
    if (first === undefined) {
      this.#own.push(piece)
      return
    }
    const child = this.#children.get(first.key) ?? new Branch(first.name)
    this.#children.set(first.key, child)
    child.add(piece, rest)
  }

  /** @param depth  of the parts, from 1 below the root */
  parts(only: Only, sorted: boolean, depth = 1): readonly Part[] {
    const parts = [...this.#children.values()].map((child) => child.#part(only, sorted, depth))
    return sorted ? largestFirst(parts) : parts
  }

  #part(only: Only, sorted: boolean, depth: number): Part {
    const parts = this.parts(only, sorted, depth + 1)
    const own = sum(this.name, this.#own)
    if (parts.length === 0) return { ...own, name: trimmed(this.name), children: [] }
    const [single] = parts
    if (single !== undefined && parts.length === 1 && this.#own.length === 0) {
      if (only === 'joined') return { ...single, name: this.name + single.name }
      if (only === 'dropped' && depth === 2 && single.children.length === 0) return { ...single, name: this.name }
    }
    const itself = { ...own, name: trimmed(this.name), children: [] }
    const all = this.#own.length === 0 ? parts : [itself, ...parts]
    return sum(trimmed(this.name), sorted ? largestFirst(all) : all)
  }
}

function leaf(name: string, bytes: number): Part {
  return { name, bytes, parameters: 0, macs: 0, children: [] }
}

function sum(name: string, parts: readonly (Part | Piece)[]): Part {
  const total = (of: (part: Part | Piece) => number) => parts.reduce((n, part) => n + of(part), 0)
  return {
    name,
    bytes: total((p) => p.bytes),
    parameters: total((p) => p.parameters),
    macs: total((p) => p.macs),
    children: parts.filter((part): part is Part => 'children' in part),
  }
}

function largestFirst(parts: readonly Part[]): readonly Part[] {
  return [...parts].sort((a, b) => b.bytes - a.bytes || b.macs - a.macs || b.parameters - a.parameters)
}

/** Puts what is too small to be looked for together: thousands of scalars would make up most of a report. */
function gathered(part: Part, whole: Part, sorted: boolean): Part {
  const isSmall = ({ bytes, macs }: Part) => bytes < SMALL * whole.bytes && macs <= SMALL * whole.macs
  const small = part.children.filter(isSmall)
  if (small.length <= FEW_SMALL) return { ...part, children: part.children.map((c) => gathered(c, whole, sorted)) }
  const large = part.children.filter((child) => !isSmall(child)).map((c) => gathered(c, whole, sorted))
  const rest = { ...sum(`${small.length} smaller ones`, small), children: [] }
  return { ...part, children: sorted ? largestFirst([...large, rest]) : [...large, rest] }
}

function step(name: string): Step {
  return { key: name, name }
}

function nodeSteps(node: Node | null): readonly Step[] {
  return node === null ? [] : [{ key: `#${node.id}`, name: node.label }]
}

/** A node below those whose bodies it stands in, and below its function. */
function placeSteps(node: Node, main: Graph): readonly Step[] {
  const { owner, name } = node.graph
  if (owner !== null) return [...placeSteps(owner, main), ...nodeSteps(node)]
  return node.graph === main ? nodeSteps(node) : [step(`function ${name}`), ...nodeSteps(node)]
}

function tensorSteps({ value, name }: Piece): readonly Step[] {
  return name === null ? [] : [{ key: value === null ? name : `#${value.id}`, name }]
}

/** Names that exporters number say less than the node's. */
function nameOf({ name, node }: Piece): string {
  if (name !== null && (node === null || !isMadeUp(name))) return name
  return node?.label ?? name ?? ''
}

/** `layer1.0.conv.weight` in four; each keeps what stands behind it, so that they can be put together again. */
function words(name: string): readonly Step[] {
  const all = name.match(/[/.:]*[^/.:]+[/.:]*/g) ?? [name]
  const found =
    all.length <= MOST_LEVELS ? all : [...all.slice(0, MOST_LEVELS - 1), all.slice(MOST_LEVELS - 1).join('')]
  return found.map((word) => ({ key: word.replace(/[/.:]/g, ''), name: word }))
}

function trimmed(name: string): string {
  return name.replace(/[/.:]+$/, '') || name
}
