import type { Model, Node, Value } from '../../ir/graph.js'
import { type DType, shapeToString, type Type } from '../../ir/type.js'
import type { Shapes } from '../shapes.js'
import { activations } from './dataflow.js'

/** A value of A and the one of B that stands for the same. */
export interface Match {
  readonly a: Value
  readonly b: Value
  readonly by: 'name' | 'node'
}

export interface Matching {
  /** In the order of A's graph. */
  readonly matches: readonly Match[]
  /** Values of one name that cannot be compared. */
  readonly skipped: readonly { readonly target: string; readonly why: string }[]
  /** How many values that are computed from the inputs have no counterpart, or none that can be compared. */
  readonly unmatched: { readonly a: number; readonly b: number }
}

/** A model with the types that its values have for the data at hand. */
export interface Typed {
  readonly model: Model
  readonly shapes: Shapes
}

/** Types that can be fetched from a session and read as numbers. */
const COMPARABLE: ReadonlySet<DType> = new Set<DType>([
  'float32',
  'float16',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
])
const FLOATS: ReadonlySet<DType> = new Set<DType>(['float32', 'float16', 'float64'])

/**
 * Finds for each value of A's main graph its counterpart in B: the value of the same name; else the same output of the
 * node of the same name and op, where names of values changed. Only what is computed from the inputs is looked at.
 */
export function matchValues(a: Typed, b: Typed): Matching {
  const ours = activations(a.model)
  const theirs = activations(b.model)
  const byName = new Map([...theirs].map((value) => [value.name, value]))
  const nodes = nodesByName(b.model)
  const taken = new Set([...ours].flatMap((value) => byName.get(value.name) ?? []))
  const matches: Match[] = []
  const skipped: { target: string; why: string }[] = []
  for (const value of ours) {
    const named = byName.get(value.name)
    const other = named ?? atSamePlace(value, nodes, theirs)
    if (other === undefined || (named === undefined && taken.has(other))) continue
    const why = obstacle(a.shapes.typeOf(value), b.shapes.typeOf(other))
    if (why === null) matches.push({ a: value, b: other, by: named === undefined ? 'node' : 'name' })
    else skipped.push({ target: value.name, why })
  }
  return {
    matches,
    skipped,
    unmatched: { a: ours.size - matches.length, b: theirs.size - matches.length },
  }
}

/** Named nodes of the main graph; a name that several have says nothing. */
function nodesByName({ main }: Model): Map<string, Node | null> {
  const found = new Map<string, Node | null>()
  for (const node of main.nodes) if (node.name !== '') found.set(node.name, found.has(node.name) ? null : node)
  return found
}

function atSamePlace(
  value: Value,
  nodes: ReadonlyMap<string, Node | null>,
  among: ReadonlySet<Value>,
): Value | undefined {
  const { producer } = value
  const node = producer === null ? undefined : nodes.get(producer.name)
  if (!node || producer?.type !== node.type) return undefined
  const output = node.outputs[producer.outputs.indexOf(value)]
  return output && among.has(output) ? output : undefined
}

/** Why two values cannot be compared; null when they can. */
function obstacle(a: Type | null, b: Type | null): string | null {
  const why = unfetchable(a, 'A') ?? unfetchable(b, 'B')
  if (why !== null) return why
  if (a?.kind !== 'tensor' || b?.kind !== 'tensor' || a.dtype === null || b.dtype === null) return 'it is no tensor'
  if (a.dtype !== b.dtype && !(FLOATS.has(a.dtype) && FLOATS.has(b.dtype))) {
    return `it is ${a.dtype} in A and ${b.dtype} in B`
  }
  if (a.shape === null || b.shape === null) return null
  const different =
    a.shape.length !== b.shape.length ||
    a.shape.some((dim, i) => typeof dim === 'number' && typeof b.shape?.[i] === 'number' && dim !== b.shape[i])
  return different ? `its shape is ${shapeToString(a.shape)} in A and ${shapeToString(b.shape)} in B` : null
}

/** Sequences, strings, and types that ONNX Runtime for Node.js has no arrays for (bfloat16, float8, 4 bits). */
function unfetchable(type: Type | null, model: 'A' | 'B'): string | null {
  if (type === null) return `its type in ${model} is not known`
  if (type.kind !== 'tensor') return `it is no tensor in ${model}`
  if (type.dtype === null) return `its type in ${model} cannot be fetched`
  return COMPARABLE.has(type.dtype) ? null : `it is ${type.dtype} in ${model}, which cannot be fetched`
}
