import type { MacCount } from '../../../analysis/macs.js'
import type { Shapes } from '../../../analysis/shapes.js'
import { type Call, sites } from '../../../ir/calls.js'
import type { Model, Node, Use, Value } from '../../../ir/graph.js'
import { type Dim, type DType, type Shape, shapeToString } from '../../../ir/type.js'
import { constantOf, valuesOf, withBodies } from '../../../ir/walk.js'
import { weightsOf } from '../../../ops/weights.js'
import type { Skip } from '../../pass.js'
import { PostDominators } from './post-dominators.js'

/** A sum x + f(x) that x alone may take the place of: then all that only serves f is gone. */
export interface ResidualBlock {
  /** Of the last of its own nodes that multiply. */
  readonly name: string
  readonly sum: Node
  /** Which operand of the sum is x. */
  readonly skip: 0 | 1
  /** What only serves f, without the nodes of blocks inside it; in the order of the graph. */
  readonly nodes: readonly Node[]
  /** Of its own nodes; 0 where they are not known. */
  readonly macs: number
  /** Of the constants that only its own nodes, or also those of blocks inside it, read. */
  readonly bytes: number
  /** Whatever a glob may call it by: its name, and those of its own nodes and constants. */
  readonly names: readonly string[]
  /** The innermost block that it is a part of. */
  readonly within: ResidualBlock | null
}

export interface Residuals {
  /** In the order of their sums; a block stands after those inside it. */
  readonly blocks: readonly ResidualBlock[]
  /** Sums that look like one, and why they are none. */
  readonly refused: readonly Skip[]
}

/** What may be known of the model that is looked at. */
export interface Known {
  /** With numbers for the open dimensions. */
  readonly shapes: Shapes
  /** What holds whatever the open dimensions are. */
  readonly open: Shapes
  readonly macs: MacCount
}

/**
 * Finds the residual blocks of the main graph. What only serves f is what every way to an output leads through the
 * operand f of the sum: the tree of post-dominators says that of all sums at once, in one sweep over the graph.
 *
 *   x + f(x), relu(x + f(x))     a block of a ResNet, of a MobileNet, of a ConvNeXt; the attention of a transformer, its MLP
 *   g(x) + f(x)                  none: a projection makes another shape, or at least another basis
 *
 * A sum without products of its own (x + 0.04 x^3 in a GELU) is none, nor is one that holds all the weights there are.
 */
export function residualBlocks(model: Model, known: Known): Residuals {
  const search = new Search(model, known)
  const all = search.drafts()
  const whys = new Map(all.map((draft) => [draft, search.isWhole(draft) ? WHOLE : unlike(draft, known)]))
  const drafts = search.withProducts(all.filter((draft) => whys.get(draft) === null))
  const refused = search.withProducts(all).flatMap((draft) => {
    const why = whys.get(draft)
    return why ? [{ target: draft.sum.label, why }] : []
  })
  return { blocks: search.finished(drafts), refused }
}

const WHOLE = 'all products of the model lie in its residual branch'

/** A sum whose one operand is read by what only serves the other. */
interface Draft {
  readonly sum: Node
  readonly skip: 0 | 1
  /** The vertex of the operand f. */
  readonly vertex: number
}

/** Reads what is no data: the extents of a value. */
const OF_EXTENTS: ReadonlySet<string> = new Set(['Shape', 'Size'])
const SUMS: ReadonlySet<string> = new Set(['Add', 'Sum'])

class Search {
  readonly #model: Model
  readonly #order: readonly Node[]
  readonly #tree = new PostDominators()
  readonly #vertices = new Map<Node | Value, number>()
  /** For each sum of two its operands. */
  readonly #operands = new Map<Node, readonly [number, number]>()
  /** Nodes that multiply, with weights or with one another. */
  readonly #products: ReadonlySet<Node>
  readonly #macs: ReadonlyMap<Node, number>

  constructor(model: Model, { macs }: Known) {
    this.#model = model
    this.#order = [...model.main.nodes]
    this.#macs = macsOf(model, macs)
    this.#products = new Set([...this.#macs.keys(), ...weighted(model)])
    for (const node of [...this.#order].reverse()) {
      this.#add(node, node.outputs)
      const vertex = this.#vertices.get(node)
      if (vertex !== undefined && SUMS.has(node.type) && node.inputs.length === 2) {
        this.#operands.set(node, [this.#tree.add([vertex]), this.#tree.add([vertex])])
      }
    }
    for (const value of model.main.initializers) this.#add(value, [value])
  }

  drafts(): Draft[] {
    return this.#order.flatMap((sum) => this.#draftOf(sum) ?? [])
  }

  /** Those with a product of their own, outside of others in them. */
  withProducts(drafts: readonly Draft[]): Draft[] {
    const owners = this.#owners(drafts)
    const withProducts = new Set([...this.#products].map((node) => owners(node)))
    return drafts.filter((draft) => withProducts.has(draft))
  }

  /** Whether every product of the model only serves it. */
  isWhole({ vertex }: Draft): boolean {
    for (const node of this.#products) {
      const own = this.#vertices.get(node)
      if (own !== undefined && !this.#tree.isPassedBy(vertex, own)) return false
    }
    return true
  }

  finished(drafts: readonly Draft[]): ResidualBlock[] {
    const owners = this.#owners(drafts)
    const parts = new Map(drafts.map((draft) => [draft, { nodes: [] as Node[], constants: [] as Value[] }]))
    const partsOf = (of: Node | Value) => parts.get(owners(of) as Draft) // undefined for none
    for (const node of this.#order) partsOf(node)?.nodes.push(node)
    for (const value of this.#model.main.initializers) partsOf(value)?.constants.push(value)
    const blocks = new Map<Draft, ResidualBlock>()
    // Outer ones first, so that a block knows what it is a part of.
    for (const draft of [...drafts].reverse()) {
      const outer = owners(draft.sum)
      const { nodes, constants } = parts.get(draft) ?? { nodes: [], constants: [] }
      const name = (nodes.findLast((node) => this.#products.has(node)) ?? draft.sum).label
      blocks.set(draft, {
        name,
        sum: draft.sum,
        skip: draft.skip,
        nodes,
        macs: nodes.reduce((sum, node) => sum + (this.#macs.get(node) ?? 0), 0),
        bytes: [...constants, ...nodes.flatMap(constantsIn)].reduce((sum, value) => sum + bytesOf(value), 0),
        names: [name, ...[...nodes, ...constants, ...outputsOf(nodes)].map((of) => of.name)].filter((n) => n !== ''),
        within: outer === null ? null : (blocks.get(outer) ?? null),
      })
    }
    return drafts.flatMap((draft) => blocks.get(draft) ?? [])
  }

  #add(of: Node | Value, outputs: readonly (Value | null)[]): void {
    const readers = outputs.flatMap((value) => [...(value?.uses ?? [])].flatMap((use) => this.#readerOf(use) ?? []))
    // What nothing reads binds nothing.
    if (readers.length > 0) this.#vertices.set(of, this.#tree.add(readers))
  }

  #readerOf(use: Use): number | undefined {
    if ('slot' in use && use.slot.graph === this.#model.main) return 0
    const reader = this.#inMain('slot' in use ? use.slot.graph.owner : use.node)
    if (reader === null) return undefined
    const operand = 'node' in use && use.node === reader ? this.#operands.get(reader)?.[use.index] : undefined
    return operand ?? this.#vertices.get(reader)
  }

  /** A node of a body counts for the node of the main graph that it lies in. */
  #inMain(node: Node | null): Node | null {
    let at = node
    while (at !== null && at.graph !== this.#model.main) at = at.graph.owner
    return at
  }

  #draftOf(sum: Node): Draft | null {
    const operands = this.#operands.get(sum)
    if (operands === undefined) return null
    for (const skip of [0, 1] as const) {
      const [x, f] = [sum.inputs[skip], sum.inputs[1 - skip]]
      const vertex = operands[1 - skip]
      if (!x || !f || vertex === undefined || x === f || constantOf(x) !== null) continue
      const reads = [...x.uses].some((use) => {
        const reader = this.#readerOf(use)
        const isData = !('node' in use) || !OF_EXTENTS.has(use.node.type)
        return isData && reader !== undefined && this.#tree.isPassedBy(vertex, reader)
      })
      if (reads) return { sum, skip, vertex }
    }
    return null
  }

  /** @returns  for a node or a constant the innermost of these sums whose f it serves alone */
  #owners(drafts: readonly Draft[]): (of: Node | Value) => Draft | null {
    const at = new Map(drafts.map((draft) => [draft.vertex, draft]))
    const owners: (Draft | null)[] = [null]
    for (let v = 1; v < this.#tree.size; v++) owners.push(at.get(v) ?? owners[this.#tree.parent(v)] ?? null)
    return (of) => owners[this.#vertices.get(of) ?? 0] ?? null
  }
}

/** Of each node of the main graph that has any; what runs inside a node counts for it. */
function macsOf(model: Model, macs: MacCount): Map<Node, number> {
  const found = new Map<Node, number>()
  for (const { node, call } of sites(model)) {
    const count = macs.of(node, call) ?? 0
    if (count === 0) continue
    const runs = outermost(node, call)
    found.set(runs, (found.get(runs) ?? 0) + count)
  }
  return found
}

/** Nodes of the main graph that multiply with weights. */
function weighted(model: Model): Node[] {
  const uses = weightsOf(model).weights.flatMap((weight) => weight.uses)
  return uses.filter(({ kind }) => kind === 'weight').map(({ node, call }) => outermost(node, call))
}

/** The node of the main graph within which a node runs. */
function outermost(node: Node, call: Call | null): Node {
  let at = node
  for (let c = call; c !== null; c = c.within) at = c.node
  while (at.graph.owner !== null) at = at.graph.owner
  return at
}

function outputsOf(nodes: readonly Node[]): Value[] {
  return nodes.flatMap((node) => node.outputs.filter((value) => value !== null))
}

/** What Constant nodes hold, and what the bodies of a node hold. */
function constantsIn(node: Node): Value[] {
  const inside = [...node.graphs()].flatMap((body) => [...withBodies(body)].flatMap((graph) => [...valuesOf(graph)]))
  return [...outputsOf([node]), ...inside].filter((value) => constantOf(value) !== null)
}

function bytesOf(value: Value): number {
  return constantOf(value)?.byteLength ?? 0
}

/** Why x cannot take the place of the sum; null when it can. */
function unlike({ sum, skip }: Draft, { shapes, open }: Known): string | null {
  const [x, y] = [sum.inputs[skip], sum.outputs[0]]
  if (!x || !y) return 'it has no output'
  const [a, b] = [x, y].map((value) => ({ now: tensorOf(shapes, value), always: tensorOf(open, value) }))
  if (a === undefined || b === undefined || a.now.shape === null || b.now.shape === null) {
    return 'the shapes of its operands are not known'
  }
  if (a.now.dtype !== b.now.dtype) return `it makes ${b.now.dtype} of ${a.now.dtype}`
  if (a.now.shape.length === b.now.shape.length && a.now.shape.every((dim, axis) => isSame(axis, dim))) return null
  return `it is ${shapeToString(b.now.shape)}, what it would be replaced by ${shapeToString(a.now.shape)}`

  /** A single element may be stretched in another run, where an open dimension happens to be 1 in this one. */
  function isSame(axis: number, dim: Dim): boolean {
    if (typeof dim !== 'number' || dim !== b?.now.shape?.[axis]) return false
    return dim !== 1 || a?.always.shape?.[axis] !== 1 || b.always.shape?.[axis] === 1
  }
}

function tensorOf(shapes: Shapes, value: Value): { readonly dtype: DType | null; readonly shape: Shape | null } {
  const type = shapes.typeOf(value)
  return type?.kind === 'tensor' ? type : { dtype: null, shape: null }
}
