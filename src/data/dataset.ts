import type { DType } from '../ir/type.js'
import type { ArrayData, NdArray, Port } from '../runtime/array.js'

export type { ArrayData, NdArray, Port }

/** The type of one sample of a field, without the batch axis; null where samples differ. */
export interface FieldType {
  readonly dtype: DType
  readonly shape: readonly (number | null)[]
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
  /** Any key is allowed: the format hands them on (a module to its function). */
  readonly anyOption?: true
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
