import {
  bytes,
  count,
  metricTexts,
  milliseconds,
  NONE,
  percent,
  plural,
  ratio,
  SIZE_WORDS,
  sizeChange,
} from '../format.js'
import type {
  BesideReport,
  ConsumerReport,
  PackedWeightReport,
  PackingPointReport,
  PackingReport,
  Report,
} from '../report.js'
import type { Verdict } from './verdict.js'

/** What nobody should expect of packing. */
export const AFTER_LOAD =
  'Only the file is smaller: once a model is loaded, its memory and its speed are those of dense weights.'

/** A packed weight as every form shows it. */
export interface PackedRow {
  readonly weight: string
  readonly op: string
  readonly shape: readonly number[]
  readonly encoding: string
  readonly sparsity: string
  readonly bits: string
  readonly before: string
  readonly after: string
  /** How many times smaller: `12.3x`. */
  readonly factor: string
  /** `exact`, or how large it is beside the weights: `0.93 %`. */
  readonly error: string
}

/** The first `most` weights, which are the largest. */
export function packedRows({ weights }: PackingReport, most: number): readonly PackedRow[] {
  return weights.slice(0, most).map((weight) => ({
    weight: weight.weight,
    op: weight.op ?? '',
    shape: weight.shape,
    encoding: weight.encoding,
    sparsity: weight.sparsity === 0 ? '' : percent(weight.sparsity, 1),
    ...sizes(weight),
    error: errorText(weight.error),
  }))
}

/** Of all of them together; the error is the largest. */
export function packedTotal({ weights }: PackingReport): Omit<PackedRow, 'op' | 'shape' | 'encoding'> {
  const sum = (of: (weight: PackedWeightReport) => number) => weights.reduce((total, weight) => total + of(weight), 0)
  const elements = sum((w) => w.elements)
  const zeros = sum((w) => w.sparsity * w.elements)
  return {
    weight: `all ${plural(weights.length, 'weight')}`,
    sparsity: zeros === 0 ? '' : percent(zeros / elements, 1),
    ...sizes({ elements, bytesBefore: sum((w) => w.bytesBefore), bytes: sum((w) => w.bytes) }),
    error: errorText(Math.max(0, ...weights.map((w) => w.error))),
  }
}

function sizes(of: Pick<PackedWeightReport, 'elements' | 'bytesBefore' | 'bytes'>) {
  const bits = of.elements === 0 ? 0 : (8 * of.bytes) / of.elements
  return {
    bits: bits.toFixed(bits < 0.995 ? 2 : 1),
    before: bytes(of.bytesBefore),
    after: bytes(of.bytes),
    factor: ratio(of.bytesBefore / Math.max(1, of.bytes)),
  }
}

/** Two digits: nobody needs more of an error. */
function errorText(error: number): string {
  if (error === 0) return 'exact'
  const percents = 100 * error
  return `${percents < 99.5 ? percents.toPrecision(2) : Math.round(percents)} %`
}

/** `and 12 smaller ones with 0.3 % of the bytes`; null when none are left out. */
export function packedRest({ weights }: PackingReport, most: number): string | null {
  const rest = weights.slice(most)
  if (rest.length === 0) return null
  const sum = (some: readonly PackedWeightReport[]) => some.reduce((total, { bytes }) => total + bytes, 0)
  const share = percent(sum(rest) / Math.max(1, sum(weights)), 1)
  return `and ${count(rest.length)} smaller ones with ${share} of the packed bytes`
}

/** Both models in one form: as they are, or compressed. */
export interface CompressedSize {
  readonly label: string
  readonly before: number
  readonly after: number
  readonly change: string
}

/** As files lie on a disk, and as a server may send them; those that are known. */
export function compressedSizes({ before, after }: Pick<Report, 'before' | 'after'>): readonly CompressedSize[] {
  if (after === null) return []
  const all = [
    ['raw', before.bytes, after.bytes],
    ['gzip', before.gzipBytes, after.gzipBytes],
    ['zstd', before.zstdBytes, after.zstdBytes],
  ] as const
  return all.flatMap(([label, was, is]) =>
    was === null || is === null ? [] : [{ label, before: was, after: is, change: sizeChange(was, is, SIZE_WORDS) }],
  )
}

/** One quantity in one consumer, dense and packed. */
export interface ConsumerRow {
  readonly quantity: string
  readonly before: string
  readonly after: string
  readonly change: string
  readonly verdict: Verdict
}

/** `onnxruntime-node 1.30.0, level disabled` */
export function consumerName(consumer: ConsumerReport): string {
  return `${consumer.name} ${versionText(consumer)}`
}

/** With the level where it is not the usual one. */
export function versionText({ version, level }: ConsumerReport): string {
  return `${version}${level === 'all' ? '' : `, level ${level}`}`
}

/** What is known of it: none when it did not load. */
export function consumerRows(consumer: ConsumerReport): readonly ConsumerRow[] {
  const { createMs, peakBytes, runMs } = consumer
  return [
    ...(createMs === null ? [] : [besideRow('time to load', createMs, milliseconds, 'longer', 'shorter')]),
    ...(peakBytes === null ? [] : [besideRow('peak memory', peakBytes, bytes, 'more', 'less')]),
    ...(runMs === null ? [] : [runRow(consumer, runMs)]),
  ]
}

/** When weights are decoded there; empty when that is not known. */
export function decodingText({ folds }: ConsumerReport): string {
  return folds === null ? '' : folds ? 'decoded once, at load' : 'decoded in every run'
}

/** Empty where they differ: after a packing that loses something they do. */
export function outputsText({ equalOutputs }: ConsumerReport): string {
  return equalOutputs ? 'equal bit for bit' : ''
}

/** Below that, runs differ by chance. */
const SAME_RUN = 0.05

function runRow({ folds }: ConsumerReport, beside: BesideReport): ConsumerRow {
  const row = besideRow('a run', beside, milliseconds, 'longer', 'shorter')
  if (folds === false) return { ...row, verdict: 'worse' }
  const same = Math.abs(beside.after / beside.before - 1) < SAME_RUN
  return same || folds ? { ...row, change: same ? 'as fast' : row.change, verdict: 'same' } : row
}

function besideRow(
  quantity: string,
  { before, after }: BesideReport,
  format: (n: number) => string,
  more: string,
  less: string,
): ConsumerRow {
  const known = before > 0 && after > 0
  const factor = known ? Math.max(after / before, before / after) : 1
  const change = factor < 1.05 ? 'the same' : `${factorText(factor)} ${after > before ? more : less}`
  return {
    quantity,
    before: format(before),
    after: format(after),
    change: known ? change : NONE,
    verdict: factor < 1.05 ? 'same' : 'neutral',
  }
}

/** Of little factors two decimals, as 1.0 tells nothing. */
function factorText(factor: number): string {
  return factor < 1.995 ? `${factor.toFixed(2)}x` : ratio(factor)
}

/** A packing that was tried. */
export interface CurveRow {
  readonly bound: string
  readonly bytes: string
  /** Beside the file as it came in. */
  readonly change: string
  readonly value: string
  /** By how much it is better or worse than the original. */
  readonly loss: string
  readonly chosen: boolean
}

/** The smallest first; the last is the model as it came in. */
export function curveRows({ packing, before }: Pick<Report, 'packing' | 'before'>): readonly CurveRow[] {
  const curve = packing?.curve ?? []
  const [first] = curve
  if (first === undefined) return []
  return [
    ...curve.map((point) => curveRow(point, before.bytes)),
    {
      bound: 'as it came in',
      bytes: bytes(before.bytes),
      change: '',
      value: pointTexts(first).before,
      loss: '',
      chosen: false,
    },
  ]
}

function curveRow(point: PackingPointReport, original: number): CurveRow {
  const { after, change } = pointTexts(point)
  return {
    bound: point.bound,
    bytes: bytes(point.bytes),
    change: sizeChange(original, point.bytes, SIZE_WORDS),
    value: after,
    loss: change ?? '',
    chosen: point.chosen,
  }
}

function pointTexts({ unit, base, value }: PackingPointReport) {
  return metricTexts({ unit, before: base, after: value })
}

/** What the curve says, a sentence: `9 packings were tried; the one that was taken has 41.2 kB, and top1 at 89.6 %.` */
export function curveText({ curve }: PackingReport): string {
  const chosen = curve.find((point) => point.chosen)
  const tried = `${plural(curve.length, 'packing was', 'packings were')} tried`
  if (chosen === undefined) return `${tried}.`
  return `${tried}; the one that was taken has ${bytes(chosen.bytes)}, and ${chosen.metric} at ${pointTexts(chosen).after}.`
}
