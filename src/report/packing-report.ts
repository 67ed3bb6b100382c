import type { MetricReport, MetricValue } from './report.js'

/** How the weights of a result are packed: a part of the report. */
export interface PackingReport {
  /** What bounds the loss, in words: `lossless`, `error of each weight at most 1 %`. */
  readonly bound: string
  /** Every constant that is stored otherwise than before, the largest first. */
  readonly weights: readonly PackedWeightReport[]
  /** Where the result was loaded, beside the model as it came in; empty when it was not. */
  readonly consumers: readonly ConsumerReport[]
  /** Packings that were measured on data, the smallest first; empty when none were. */
  readonly curve: readonly PackingPointReport[]
}

export interface PackedWeightReport {
  readonly weight: string
  /** The first node that reads it; null when none does. */
  readonly node: string | null
  readonly op: string | null
  readonly dtype: string
  readonly shape: readonly number[]
  readonly elements: number
  /** `gaps below 40 + codebook of 16` */
  readonly encoding: string
  /** Dense, and as stored with all that decodes it. */
  readonly bytesBefore: number
  readonly bytes: number
  readonly bitsPerWeight: number
  /** Share of the elements that are zero, 0..1. */
  readonly sparsity: number
  /** Root of the sum of squared errors by the root of the sum of squares, 0..; 0 is bit for bit. */
  readonly error: number
}

/** An engine in which the result was loaded and run, beside the model as it came in. */
export interface ConsumerReport {
  /** `onnxruntime-node`, `onnxruntime-web` */
  readonly name: string
  readonly version: string
  /** Of graph optimizations: `all`, `basic`, `disabled`. */
  readonly level: string
  /** Why something is not known, a sentence: it does not load one of the two, or they do not run. null when all is. */
  readonly problem: string | null
  /** Whether weights are decoded at load, once; else in every run. null when not known, as all that follows. */
  readonly folds: boolean | null
  /** Whether it makes the same outputs of both, bit for bit. */
  readonly equalOutputs: boolean | null
  /** Milliseconds to create a session: the best of fresh processes. */
  readonly createMs: BesideReport | null
  /** Milliseconds of one run: the best of many. */
  readonly runMs: BesideReport | null
  /** Largest resident set while loading, beyond that of a process that has loaded no model. */
  readonly peakBytes: BesideReport | null
}

/** The same of the model as it came in, and of the result. */
export interface BesideReport {
  readonly before: number
  readonly after: number
}

/** A packing that was tried. */
export interface PackingPointReport {
  /** `4 bits`, `error at most 2%` */
  readonly bound: string
  readonly bytes: number
  /** The metric and its value on the data; agreement with the input model unless there are labels. */
  readonly metric: string
  readonly unit: MetricReport['unit']
  readonly better: MetricReport['better']
  readonly value: MetricValue
  /** The value of the model as it came in, on the same data. */
  readonly base: MetricValue
  /** Whether this one was taken. */
  readonly chosen: boolean
}
