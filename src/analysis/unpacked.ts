import type { Packed } from '../encodings/packed.js'
import type { Model, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { constantOf, walk } from '../ir/walk.js'
import { storedTensor, tensorsIn } from './stored-tensors.js'

/** How a weight stands in the file, where nodes decode it. */
export interface Stored {
  /** `gaps below 40 + codebook of 16` */
  readonly encoding: string
  /** In the file, the nodes that decode it included; what several weights share is split among them. */
  readonly bytes: number
  /** What the file holds of it: constants, and numbers in attributes. What several weights share is the first's. */
  readonly tensors: readonly Tensor[]
}

/** A model as it is used: the nodes that decode weights are gone, and the weights are constants. */
export interface Unpacked {
  /** The model itself where nothing is packed; else a copy, whose nodes and values have the ids of the original's. */
  readonly model: Model
  /** Of the constants of `model` those that are packed. */
  readonly packed: ReadonlyMap<Value, Stored>
}

const NOTHING: ReadonlyMap<Value, Stored> = new Map()
const cache = new WeakMap<Model, { readonly version: number; readonly known: Promise<Unpacked> }>()
const stored = new WeakMap<Model, ReadonlyMap<Value, Stored>>()

/**
 * What everything that tells of weights looks at, so that it tells the same of a packed model as of a dense one. Kept
 * until the model changes; weights are decoded when they are read.
 */
export function unpacked(model: Model): Promise<Unpacked> {
  const cached = cache.get(model)
  if (cached?.version === model.version) return cached.known
  const known = unpackedAnew(model)
  cache.set(model, { version: model.version, known })
  return known
}

/** Of the constants of a model that `unpacked` gave those that are packed in the file. */
export function storedIn(model: Model): ReadonlyMap<Value, Stored> {
  return stored.get(model) ?? NOTHING
}

async function unpackedAnew(original: Model): Promise<Unpacked> {
  const asItIs = { model: original, packed: NOTHING }
  if (!mayBePacked(original)) return asItIs
  // Loaded when it is wanted: most models hold no packed weights, and few constants that anything is computed from.
  const [{ packedIn }, { unpackModel }] = await Promise.all([
    import('../encodings/packed.js'),
    import('../encodings/unpack.js'),
  ])
  const found = packedIn(original)
  const castOnly = found.some(isPackedByCast)
  if (!castOnly && found.every(({ viaCastOnly }) => viaCastOnly)) return asItIs
  const { model, of } = original.clone()
  const pieces = new Map(found.map((weight) => [of(weight.value), piecesOf(weight, of)]))
  const counted = new Set<Tensor>()
  const weights = unpackModel(model, { castOnly }).map(({ value, held, label, bytes }): [Value, Stored] => {
    // What stayed is there for others, too.
    const gone = (pieces.get(value) ?? []).filter(({ tensor, isGone }) => isGone() && !counted.has(tensor))
    const tensors = gone.map(({ tensor }) => tensor)
    for (const tensor of tensors) counted.add(tensor)
    return [held, { encoding: label, bytes, tensors }]
  })
  const known = { model, packed: new Map(weights) }
  cache.set(model, { version: model.version, known: Promise.resolve(known) })
  stored.set(model, known.packed)
  return known
}

/** Less is not worth a node; of a scalar exporters compute now and then. */
const LEAST_BYTES = 16
/** What makes much of little. */
const REPEATING: ReadonlySet<string> = new Set(['ConstantOfShape', 'Expand', 'Tile'])

/** Whether anything that counts is computed from constants alone, as every packed weight is. */
function mayBePacked(model: Model): boolean {
  for (const node of walk(model)) if (node.domain === '' && mayDecode(node)) return true
  return false
}

function mayDecode({ op, inputs }: Node): boolean {
  const constants = inputs.map((value) => value && constantOf(value))
  if (constants.length === 0 || constants.some((tensor, i) => tensor === null && inputs[i] !== null)) return false
  return REPEATING.has(op) || constants.some((tensor) => tensor !== null && tensor.byteLength >= LEAST_BYTES)
}

/**
 * A weight in a narrower type is what it is where an exporter made it so: it is pruned in that type, and known by the
 * name that it is stored under. Where `pack` did it, that name says nothing (`GraphBuilder`).
 */
function isPackedByCast({ viaCastOnly, nodes, constants: { own } }: Packed): boolean {
  return viaCastOnly && nodes.every(({ name }) => name === '') && own.every(({ name }) => /^[a-zA-Z]{1,2}$/.test(name))
}

interface Piece {
  readonly tensor: Tensor
  /** Whether the copy lacks it once its weights are unpacked. */
  readonly isGone: () => boolean
}

/** What the file holds of a packed weight: constants, and what nodes have as attributes. */
function piecesOf({ nodes, constants }: Packed, of: (value: Value) => Value): readonly Piece[] {
  const isGone = (value: Value) => value.graph.definitions.get(value.name) !== value
  const isFrozen = ({ producer }: Value) => producer === null // a weight that is unpacked keeps its value
  const stored = [...constants.own, ...constants.shared].flatMap((value) => {
    const tensor = storedTensor(value)
    return tensor === null ? [] : [{ tensor, isGone: () => isGone(of(value)) }]
  })
  const inNodes = nodes.flatMap(({ attrs, outputs: [value] }) => {
    const tensors = value ? [...attrs.values()].flatMap(tensorsIn) : []
    return value ? tensors.map((tensor) => ({ tensor, isGone: () => isFrozen(of(value)) || isGone(of(value)) })) : []
  })
  return [...stored, ...inNodes]
}
