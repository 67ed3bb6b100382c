import type { Model, Value } from '../../ir/graph.js'
import type { Weight } from '../../ops/weights.js'

/** What a finding is about. */
export type FindingKind =
  | 'duplicate-weights'
  | 'constant-nodes'
  | 'dead-nodes'
  | 'unused-initializers'
  | 'unused-data'
  | 'near-zero-weights'
  | 'zero-channels'
  | 'not-finite-weights'
  | 'float64-weights'
  | 'foldable-nodes'
  | 'foldable-norms'
  | 'idle-nodes'

/** Something in a model that takes room or time for nothing, and what to do about it. */
export interface Finding {
  readonly kind: FindingKind
  /** One sentence. */
  readonly what: string
  /** Nodes or constants, in the order of the graph. */
  readonly targets: readonly string[]
  /** Of the files, that the remedy saves; 0 when it saves none. */
  readonly bytes: number
  /** One sentence. */
  readonly remedy: string
}

/** What finders look at. */
export interface Subject {
  readonly model: Model
  readonly weights: readonly Weight[]
  /** Bytes of files of external data that no tensor refers to. */
  readonly unused: number
  /** What the data of a constant takes in its file; 0 where another one with the same range counts already. */
  bytesOf(value: Value): number
  /** Whether the file holds it as something smaller, which is decoded. */
  isPacked(value: Value): boolean
}

/** A member of the table: looks for one kind of thing. */
export type Finder = (subject: Subject) => readonly Finding[]

/** `1 node`, `12 nodes`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}
