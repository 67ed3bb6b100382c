import type { Graph } from './graph.js'
import type { Tensor } from './tensor.js'
import type { Type } from './type.js'

/** What the IR does not model of a message: kept by the reader, written back by the writer, opaque in between. */
export type Unmodelled = Readonly<Record<string, unknown>>

interface Kinds {
  float: number
  int: bigint
  string: Uint8Array
  tensor: Tensor
  'sparse-tensor': Tensor
  graph: Graph
  type: Type
  floats: readonly number[]
  ints: readonly bigint[]
  strings: readonly Uint8Array[]
  tensors: readonly Tensor[]
  'sparse-tensors': readonly Tensor[]
  graphs: readonly Graph[]
  types: readonly Type[]
  /** In a function body: the attribute of this name at the call. */
  ref: string
  /** Declared without a type that we know; kept as it is. */
  unknown: null
}
export type AttrKind = keyof Kinds
export type Attr = {
  [K in AttrKind]: { readonly kind: K; readonly value: Kinds[K]; readonly extra?: Unmodelled }
}[AttrKind]

export const attr = {
  int: (value: number | bigint): Attr => ({ kind: 'int', value: BigInt(value) }),
  ints: (value: readonly (number | bigint)[]): Attr => ({ kind: 'ints', value: value.map(BigInt) }),
  float: (value: number): Attr => ({ kind: 'float', value }),
  floats: (value: readonly number[]): Attr => ({ kind: 'floats', value }),
  string: (value: string): Attr => ({ kind: 'string', value: new TextEncoder().encode(value) }),
  tensor: (value: Tensor): Attr => ({ kind: 'tensor', value }),
  graph: (value: Graph): Attr => ({ kind: 'graph', value }),
}

/** The graphs that an attribute holds: bodies of If, Loop, Scan. */
export function graphsOf(a: Attr): readonly Graph[] {
  if (a.kind === 'graph') return [a.value]
  return a.kind === 'graphs' ? a.value : []
}
