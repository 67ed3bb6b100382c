import type { DType } from '../ir/type.js'

/** The type of one sample of a field, without the batch axis; null where samples differ. */
export interface FieldType {
  readonly dtype: DType
  readonly shape: readonly (number | null)[]
}

export type ArrayData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array // float16 and bfloat16 as their bits, too
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | readonly string[]

/** A dense array, row-major. `bool` is a Uint8Array of 0 and 1. */
export interface NdArray {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: ArrayData
}

/** Samples side by side: the first axis of every field has length `size`. */
export interface Batch {
  readonly size: number
  readonly fields: Readonly<Record<string, NdArray>>
}

export interface BatchOptions {
  readonly size: number
  /** Sample indices in the order wanted; all in file order without it. Needs a known length. */
  readonly order?: Uint32Array
  /** What becomes of a last batch that is not full. */
  readonly last: 'keep' | 'drop'
}

/** Samples that are read in batches, as often as wanted; never all in memory unless the format forces it. */
export interface Dataset {
  /** What the user wrote, for reports. */
  readonly spec: string
  /** Number of samples; null when only reading to the end tells. */
  readonly length: number | null
  readonly fields: Readonly<Record<string, FieldType>>
  batches(options: BatchOptions): AsyncIterable<Batch>
}

/** An input or output of the model, as far as loaders and binding need it. */
export interface Port {
  readonly name: string
  readonly dtype: DType | null
  /** With the batch axis; a string is a symbolic dimension, null an unknown one. */
  readonly shape: readonly (number | string | null)[] | null
}

/** What a loader may ask about the job it loads for. */
export interface LoadContext {
  readonly inputs: readonly Port[]
  /** Values for symbolic dimensions (`--dim`). */
  readonly dims: Readonly<Record<string, number>>
  readonly seed: number
}

/** A member of the table: one format. */
export interface Loader {
  readonly name: string
  readonly summary: string
  /** As in `PATH?key=value`: key, value shown in help, meaning. */
  readonly options: readonly { readonly key: string; readonly value: string; readonly summary: string }[]
  /** True when these paths (the part of the spec before `?`) are of this format. */
  accepts(paths: readonly string[]): boolean
  /** Loads lazily: heavy packages are imported here and not before. */
  open(source: DataSource, context: LoadContext): Promise<Dataset>
}

/** A parsed spec: `a.idx,b.idx?key=value`. */
export interface DataSource {
  readonly spec: string
  readonly paths: readonly string[]
  readonly options: Readonly<Record<string, string>>
}
