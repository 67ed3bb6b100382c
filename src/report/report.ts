/** The one object that every form of the report is rendered from. Keys are only added within a schema version. */
export const SCHEMA_VERSION = 1

/** JSON-safe throughout: what is not known is null, never absent, NaN or a bigint. */
export interface Report {
  readonly schemaVersion: typeof SCHEMA_VERSION
  readonly tool: {
    readonly name: 'mcompress'
    readonly version: string
    readonly onnxruntime: string
    readonly node: string
  }
  /** `prune`, `evaluate`, `inspect`. */
  readonly command: string
  /** One sentence each: what came out, and what to do about it. The first is the headline. */
  readonly headlines: readonly string[]
  readonly steps: readonly StepReport[]
  readonly seed: number
  readonly before: ModelReport
  /** null when the command makes no model. */
  readonly after: ModelReport | null
  readonly data: readonly DataReport[]
  readonly metrics: readonly MetricReport[]
  readonly verification: VerificationReport | null
  readonly times: { readonly startedAt: string; readonly seconds: number }
}

export interface StepReport {
  readonly pass: string
  readonly options: Readonly<Record<string, unknown>>
  readonly changed: readonly ChangeReport[]
  readonly skipped: readonly SkipReport[]
}

export interface ChangeReport {
  /** Initializer or node that was changed. */
  readonly target: string
  readonly what: string
}

export interface SkipReport {
  readonly target: string
  readonly why: string
}

export interface ModelReport {
  /** As the user wrote it; null for a stream or a dry run. */
  readonly path: string | null
  /** Of all files: the `.onnx` and its external data. */
  readonly bytes: number
  /** null when not asked for (`--gzip`) and the model is not small. */
  readonly gzipBytes: number | null
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly producer: string | null
  readonly inputs: readonly PortReport[]
  readonly outputs: readonly PortReport[]
  readonly nodes: number
  readonly ops: Readonly<Record<string, number>>
  /** Elements of all floating-point and integer constants (initializers and Constant nodes). */
  readonly parameters: number
  readonly nonZeroParameters: number
  readonly macs: MacsReport
  readonly dtypes: readonly {
    readonly dtype: string
    readonly tensors: number
    readonly parameters: number
    readonly bytes: number
  }[]
  readonly layers: readonly LayerReport[]
}

export interface PortReport {
  readonly name: string
  readonly type: string
}

export interface MacsReport {
  /** Of one run with the dimensions of `assumed`; null when none could be computed. */
  readonly total: number | null
  /** Values taken for dimensions that the model leaves open: `x.N` or the symbolic name -> number. */
  readonly assumed: Readonly<Record<string, number>>
  /** Nodes whose shapes are not known; not in the total. */
  readonly unknown: readonly string[]
}

/** A weight tensor and the node that uses it. */
export interface LayerReport {
  readonly weight: string
  readonly node: string
  readonly op: string
  readonly dtype: string
  readonly shape: readonly number[]
  readonly parameters: number
  readonly nonZero: number
  readonly bytes: number
  readonly macs: number | null
}

export interface DataReport {
  readonly role: 'evaluation' | 'calibration'
  readonly spec: string
  readonly samples: number
}

export interface MetricReport {
  readonly name: string
  readonly output: string
  readonly better: 'higher' | 'lower'
  readonly unit: 'fraction' | 'dB' | 'number'
  /** What it was judged against: `labels`, or the reference model's path. */
  readonly against: string
  readonly samples: number
  /** Of the model as it came in, and the only value when no model was made; null for metrics against the model itself. */
  readonly before: MetricValue | null
  readonly after: MetricValue | null
}

/** JSON has no numbers for the last three. */
export type MetricValue = number | 'Infinity' | '-Infinity' | 'NaN'

export interface VerificationReport {
  /** `run`: loaded by ONNX Runtime; `structure`: the input does not load either, checked as far as that allows. */
  readonly level: 'run' | 'structure'
  /** What was checked, in words that tell the level too: `loaded by ONNX Runtime`. */
  readonly detail: string
}

/** What an accumulator returned, as the report holds it. */
export function metricValue(result: number | null): MetricValue | null {
  if (result === null || Number.isFinite(result)) return result
  return Number.isNaN(result) ? 'NaN' : result > 0 ? 'Infinity' : '-Infinity'
}
