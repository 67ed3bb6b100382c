import { type Weighed, weigh } from '../../encodings/builder.js'
import { DIGIT_FORMS, type DigitForm, digitForm, isShifted, wordsFor } from '../../encodings/digits.js'
import type { Encoded, Spec } from '../../encodings/encoding.js'
import { gapValuesShape } from '../../encodings/gaps.js'
import { MOST_FOLDED_BYTES, supports } from '../../encodings/index.js'
import { denseBytes } from '../../ir/type.js'
import { paretoOf } from './pareto.js'
import type { Bound, Plan } from './plan.js'
import type { Spacing } from './spacing.js'
import type { Survey } from './survey.js'
import {
  type Allowed,
  type Coding,
  channelCodings,
  elementOf,
  exactCodings,
  lossyCodings,
  plainCoding,
  wordBytes,
} from './values.js'
import { hasWords } from './words.js'

/** Looking up whole bytes saves time and memory from about here on; below, its table of all bytes costs more. */
const LEAST_ELEMENTS_IN_ROWS = 2 ** 19
type Sketch = Pick<Plan, 'encoded' | 'error'>

export interface PlanOptions {
  /** Of ai.onnx, in the model that the tensor is of; the first that has all ops of encodings unless told. */
  readonly opset?: number
}

/**
 * The ways to store a tensor that are worth to choose between: each takes less of the file, less memory at load or loses
 * less than every other. Smallest first; the last is the tensor as it is.
 */
export function plansOf(survey: Survey, bound: Bound, { opset }: PlanOptions = {}): Plan[] {
  const allowed = allowedOf(survey, bound)
  const sketches = isEncodable(survey) ? [...sketchesOf(survey, allowed)] : []
  const plans = sketches
    .filter(({ encoded }) => isDecoded(encoded, opset))
    .map(weighed)
    .filter(({ largestBytes }) => largestBytes <= MOST_FOLDED_BYTES)
  return paretoOf([...plans, weighed({ encoded: denseOf(survey), error: 0 })])
}

/** What a tensor of a shape may lose. */
export function mostError(shape: readonly number[], { maxError, maxVectorError }: Bound): number {
  return isVector(shape) ? maxVectorError : maxError
}

/** Whether the bound for vectors applies: all dimensions but one are 1. */
function isVector(shape: readonly number[]): boolean {
  return shape.filter((size) => size !== 1).length <= 1
}

/** Plans know their errors nearly: so that what is measured keeps to the bound, they keep a little more distance. */
const SURE = 0.99

function allowedOf({ shape }: Survey, bound: Bound): Allowed {
  return { maxError: SURE * mostError(shape, bound), mostValues: isVector(shape) ? null : bound.mostValues }
}

function isEncodable({ dtype, elements }: Survey): boolean {
  return hasWords(dtype) && elements > 0 && denseBytes(dtype, elements) <= MOST_FOLDED_BYTES
}

function* sketchesOf(survey: Survey, allowed: Allowed): Iterable<Sketch> {
  const { dtype, shape, repeated, spacing, weights, elements } = survey
  if (repeated !== null) {
    yield { encoded: { encoding: 'repeated', dtype, shape, element: elementOf(dtype, repeated) }, error: 0 }
    return
  }
  const exact = exactCodings(survey, 'all')
  const isLossy = weights !== null && allowed.maxError > 0
  const lossy = isLossy ? lossyCodings(weights, 'all', allowed) : []
  for (const coding of [...exact, ...lossy])
    yield* inRowsToo({ encoded: coding.plan(shape), error: coding.error }, elements)
  if (isLossy && allowed.mostValues === null) {
    for (const { error, plan } of channelCodings(weights)) {
      if (error <= allowed.maxError) yield { encoded: plan(shape), error }
    }
  }
  const exactly = (part: 'present' | 'present and zero') => [plainCoding(dtype), ...exactCodings(survey, part)]
  yield* sparse(survey, spacing, exactly)
  if (!isLossy) return
  yield* sparse(survey, weights.spacing, (part) => {
    const codings = lossyCodings(weights, part, allowed)
    // Nothing but the sign of zeros is lost.
    const unsigned = weights.hasNegativeZeros && allowed.mostValues === null ? [plainCoding(dtype)] : []
    return [...codings, ...unsigned.map((coding) => ({ ...coding, error: Number.MIN_VALUE }))]
  })
}

function* inRowsToo(sketch: Sketch, elements: number): Iterable<Sketch> {
  yield sketch
  const { encoded, error } = sketch
  if (encoded.encoding !== 'codebook' || elements < LEAST_ELEMENTS_IN_ROWS) return
  const { form, words } = encoded.codes
  if (form.perWord === 1 || !isShifted(form) || elements % form.perWord !== 0) return
  yield { encoded: { ...encoded, codes: { form, order: 'rows', words } }, error }
}

/** The places of what is not zero, and its values. */
function* sparse(
  survey: Survey,
  spacing: Spacing,
  codingsFor: (part: 'present' | 'present and zero') => readonly Coding[],
): Iterable<Sketch> {
  const { elements, dtype, shape } = survey
  const { present } = spacing
  if (present === 0 || present === elements) return
  const places = DIGIT_FORMS.map((form) => placesBy(form, spacing))
  const fitting = places.filter(({ entries }) => entries <= elements && entries * 8 <= MOST_FOLDED_BYTES)
  const codings = { filled: codingsFor('present and zero'), bare: codingsFor('present') }
  for (const isFilled of [true, false]) {
    const some = fitting.filter(({ fillers }) => fillers > 0 === isFilled)
    for (const coding of isFilled ? codings.filled : codings.bare) {
      for (const { form, fillers } of cheapest(some, coding)) {
        const entries = filled(present + fillers, form.perWord, coding.perWord)
        const row = gapValuesShape(dtype, elements, entries)
        const gaps = { form, order: 'planes' as const, words: wordsFor(row, form) }
        const values = coding.plan(row)
        yield { encoded: { encoding: 'gaps', dtype, shape, gaps, values }, error: coding.error }
      }
    }
  }
  const form = digitForm(2)
  const mask = { form, order: 'planes' as const, words: wordsFor([elements], form) }
  for (const { error, plan } of codings.filled) {
    yield { encoded: { encoding: 'bitmask', dtype, shape, mask, values: plan([1 + present]) }, error }
  }
}

interface Places {
  readonly form: DigitForm
  readonly fillers: number
  /** Elements that are not zero, fillers, and repetitions of the last up to a whole word. */
  readonly entries: number
}

function placesBy(form: DigitForm, spacing: Spacing): Places {
  const fillers = spacing.fillers(form.base)
  return { form, fillers, entries: filled(spacing.present + fillers, form.perWord) }
}

/** As many and a few more, so that words of each kind are full. */
function filled(entries: number, ...perWord: readonly number[]): number {
  const step = perWord.reduce((a, b) => (a * b) / greatestDivisor(a, b), 1)
  return Math.ceil(entries / step) * step
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}

/** The smallest, and the smallest that need no division to decode: nodes, of which others have more, may decide. */
function cheapest(places: readonly Places[], { bytes }: Coding): Iterable<Places> {
  const weight = ({ form, entries }: Places) => wordBytes(entries, form) + bytes(entries)
  const sorted = [...places].sort((a, b) => weight(a) - weight(b))
  return new Set([sorted[0], sorted.find(({ form }) => isShifted(form))].filter((each) => each !== undefined))
}

function denseOf({ dtype, shape }: Survey): Encoded<Spec> {
  return plainCoding(dtype).plan(shape)
}

function isDecoded(encoded: Encoded<Spec>, opset: number | undefined): boolean {
  if (!supports(encoded.encoding, encoded.dtype, opset)) return false
  if ('values' in encoded) return isDecoded(encoded.values, opset)
  return encoded.encoding !== 'cast' || supports('cast', encoded.stored.dtype, opset)
}

function weighed({ encoded, error }: Sketch): Plan & Weighed {
  return { encoded, error, ...weigh(encoded) }
}
