import type { Division } from '../analysis/division.js'
import type { PackingReport } from './packing-report.js'
import type { GroupsReport, StructuredReport } from './structured-report.js'

export type { Division } from '../analysis/division.js'
export type * from './packing-report.js'
export type * from './structured-report.js'

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
  /** What was run, without the program: the words of the command, its arguments, what configuration added. Empty when no command line made the report. */
  readonly argv: readonly string[]
  /** One sentence each: what came out, and what to do about it. The first is the headline. */
  readonly headlines: readonly string[]
  readonly steps: readonly StepReport[]
  readonly seed: number
  readonly before: ModelReport
  /** null when the command makes no model. */
  readonly after: ModelReport | null
  readonly data: readonly DataReport[]
  readonly metrics: readonly MetricReport[]
  /** How the outputs of `before` and `after` differ; null when they were not compared. */
  readonly comparison: ComparisonReport | null
  /** Latency and memory; null when they were not measured. */
  readonly bench: BenchReport | null
  /** Where bytes, parameters and MACs are, and what could go; null when not asked for (`inspect --why`). */
  readonly why: WhyReport | null
  /** How weights were packed, and where the result was loaded; null when nothing was. */
  readonly packing: PackingReport | null
  /** What structured pruning removed, and what it could not; null when nothing was pruned so. */
  readonly structured: StructuredReport | null
  /** What structured pruning could remove; null when not asked for (`inspect --groups`). */
  readonly groups: GroupsReport | null
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
  /** The `.onnx` first. */
  readonly files: readonly FileReport[]
  /** null when not asked for (`--gzip`) and the model is not small. */
  readonly gzipBytes: number | null
  /** Of all files as frames of zstd at its default level; null when not measured, as `gzipBytes`. */
  readonly zstdBytes: number | null
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

export interface FileReport {
  /** Without its folder; null for a stream or a dry run. */
  readonly name: string | null
  readonly bytes: number
  /** Hexadecimal; null for large files, unless a report file was asked for. */
  readonly sha256: string | null
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
  /** As stored: of a packed weight what it takes in the file, its decoding included. */
  readonly bytes: number
  /** How the weight is stored: `codebook of 16`; null when it stands in the file as it is used. */
  readonly encoding: string | null
  readonly macs: number | null
  /** How the values are distributed; null when not looked at. */
  readonly distribution: DistributionReport | null
}

/** Of the finite values. */
export interface DistributionReport {
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly std: number
  /** Share of the values whose magnitude is at most a hundredth of the largest in the tensor; zeros count. 0..1 */
  readonly nearZero: number
  /**
   * Values in bins of equal width from `min` to `max`; zeros are not in it, or one bin would hide the others. A single
   * bin when all values are equal.
   */
  readonly histogram: readonly number[]
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

/** The parts of a report that a command leaves out which has nothing to say there. */
export const NOTHING_MORE = {
  argv: [],
  headlines: [],
  steps: [],
  data: [],
  metrics: [],
  comparison: null,
  bench: null,
  why: null,
  packing: null,
  structured: null,
  groups: null,
  verification: null,
} as const satisfies Partial<Report>

/** JSON has no numbers for the last three. */
export type MetricValue = number | 'Infinity' | '-Infinity' | 'NaN'

export interface ComparisonReport {
  /** As the user wrote them; null for a stream or a dry run. */
  readonly a: string | null
  readonly b: string | null
  readonly samples: number
  /** In the order of the model's outputs. */
  readonly outputs: readonly OutputDifferenceReport[]
  /** Values that both models have, in the order of the graph; null when only outputs were compared. */
  readonly layers: readonly LayerDifferenceReport[] | null
  /** Values of one model only; null when only outputs were compared. */
  readonly unmatched: { readonly a: number; readonly b: number } | null
  /** Outputs, and with layers values, of one name that could not be compared, or that one model lacks. */
  readonly skipped: readonly SkipReport[]
  /** The node that causes most of the error; null when there is none, or it was not looked for. */
  readonly culprit: string | null
}

/** How a value of model B differs from that of model A, over all samples. */
export interface DifferenceReport {
  readonly name: string
  /** Compared elements. */
  readonly elements: number
  /** Largest and mean absolute difference, and the largest magnitude of A beside them. */
  readonly maxError: MetricValue
  readonly meanError: MetricValue
  readonly maxMagnitude: MetricValue
  /** Signal-to-noise ratio: 10 log10(sum a^2 / sum (a - b)^2), dB. */
  readonly sqnrDb: MetricValue
  /** Of all samples as one vector: sum a b / sqrt(sum a^2 sum b^2). */
  readonly cosine: MetricValue
  /** The first NaN or infinity that one model has and the other has not; else the first NaN of both; null without one. */
  readonly nonFinite: NonFiniteReport | null
}

export interface NonFiniteReport {
  readonly model: 'a' | 'b' | 'both'
  readonly value: 'NaN' | 'Infinity' | '-Infinity'
  readonly sample: number
  /** Within the sample, flat. */
  readonly element: number
}

export interface OutputDifferenceReport extends DifferenceReport {
  /** How often the largest element is the same, with its 95 % confidence interval (Wilson); null where that means nothing. */
  readonly agreement: {
    readonly share: number
    readonly low: number
    readonly high: number
    readonly decisions: number
  } | null
}

export interface LayerDifferenceReport extends DifferenceReport {
  /** The node that makes the value, in A. */
  readonly node: string
  readonly op: string
  /** How the value of B was found: by its own name, or as the same output of a node of the same name. */
  readonly matchedBy: 'name' | 'node'
  /** Nodes of A between the value and the compared values that it is computed from; more than 1 where B has no counterpart. */
  readonly span: number
  /** The least SQNR among the compared values that it is computed from: where the error stood before. */
  readonly inputSqnrDb: MetricValue
  /** SQNR of what B makes of the values of A: only the error that arises here. null when that cannot be run. */
  readonly localSqnrDb: MetricValue | null
  /** Share of the error that arises here, 0..1; all shares sum to 1 unless there is no error. null when it cannot be told. */
  readonly share: number | null
}

export interface BenchReport {
  readonly threads: number | null
  readonly provider: string
  /** Samples of a run of the first model. */
  readonly batch: number
  /** `random`, or the data that was fed. */
  readonly data: string
  /** Values taken for dimensions that the models leave open; those of the first model that has them. */
  readonly dims: Readonly<Record<string, number>>
  /** Runs of each newly opened model that do not count. */
  readonly warmup: number
  /** Largest resident set of a process that has loaded ONNX Runtime and no model. */
  readonly emptyBytes: number
  /** The first is what the others are compared with. */
  readonly models: readonly BenchModelReport[]
  /** What makes the figures doubtful, a sentence each. */
  readonly warnings: readonly string[]
}

export interface BenchModelReport {
  readonly path: string | null
  /** Of all files. */
  readonly bytes: number
  /** What it was fed, with the shapes that it was fed in. */
  readonly inputs: readonly PortReport[]
  /** Samples of a run. */
  readonly batch: number
  /** Runs that count. */
  readonly runs: number
  /** Milliseconds of one run. */
  readonly medianMs: number
  readonly p95Ms: number
  readonly minMs: number
  readonly meanMs: number
  /** Interquartile range by the median, 0..1. */
  readonly spread: number
  /** Runs beyond 3 interquartile ranges above the third quartile. */
  readonly outliers: number
  /**
   * This model's time by the first one's in the same round: the median over groups of rounds, and its 95 % confidence
   * interval, of null for less than six rounds. null for the first model.
   */
  readonly ratio: { readonly value: number; readonly low: number | null; readonly high: number | null } | null
  /** Milliseconds to create a session, in a process of its own. */
  readonly createMs: number
  /** Largest resident set of a process that does nothing but load and run this model. */
  readonly peakBytes: number
  /** In the order in which they were measured; of more than 10 000 so many, evenly spaced. */
  readonly timesMs: readonly number[]
}

export interface WhyReport {
  /** One for each way to divide the model. */
  readonly trees: readonly { readonly by: Division; readonly root: PartReport }[]
  /** What takes room or time for nothing; what saves most bytes first. */
  readonly findings: readonly FindingReport[]
}

/**
 * A part of a model; the children make up the whole of it: the largest first, those of a tree by layer in the order of
 * the graph. Many that are small are one child, `42 smaller ones`.
 */
export interface PartReport {
  readonly name: string
  /** In the files; all of their bytes at the root. */
  readonly bytes: number
  readonly parameters: number
  readonly macs: number
  readonly children: readonly PartReport[]
}

export interface FindingReport {
  readonly kind: FindingKind
  /** One sentence. */
  readonly what: string
  /** Nodes or initializers. */
  readonly targets: readonly string[]
  /** Of the files, that the remedy saves; 0 when it saves none. */
  readonly bytes: number
  /** What to do about it, one sentence. */
  readonly remedy: string
}

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
