import { DataError } from '../../errors.js'
import type { Observation } from '../metric.js'
import { nameOf } from './values.js'

/**
 * How an output is read as decisions between classes.
 *
 *   [N], [N, 1]          one score for two classes, a decision per sample
 *   [N, C]               C scores, a decision per sample
 *   [N, T, C]            C scores, a decision per position of a sequence
 *   [N, C, H, W], ...    C scores, a decision per pixel
 *   int32, int64         a class index per element, whatever the shape
 *
 * An axis of one class ([N, T, 1], [N, 1, H, W]) is one score for two classes at each position.
 */
export interface Decisions {
  readonly kind: 'scores' | 'binary' | 'decided'
  /** Number of classes; Infinity where the model decides and the number is not known. */
  readonly classes: number
  /** Decisions per sample. */
  readonly positions: number
  /** Elements from one class to the next, and from one position to the next. */
  readonly classStride: number
  readonly positionStride: number
}

export function decisionsOf(o: Observation): Decisions {
  const [, ...rest] = o.shape
  if (o.decided === true) {
    return { kind: 'decided', classes: Infinity, positions: o.width, classStride: 0, positionStride: 1 }
  }
  const isSequence = rest.length === 2
  const classes = (isSequence ? rest[1] : rest[0]) ?? 1
  const positions = classes === 0 ? 0 : o.width / classes
  const [classStride, positionStride] = isSequence ? [1, classes] : [positions, 1]
  return classes === 1
    ? { kind: 'binary', classes: 2, positions, classStride, positionStride }
    : { kind: 'scores', classes, positions, classStride, positionStride }
}

/**
 * The class of each position: the first of the highest scores, or for one score whether it exceeds the threshold.
 *
 * @returns  [size * positions]
 */
export function decide(values: ArrayLike<number>, o: Observation, d: Decisions, threshold: number): Float64Array {
  const decided = new Float64Array(o.size * d.positions)
  for (let i = 0; i < decided.length; i++) {
    const at = startOf(i, o, d)
    if (d.kind === 'scores') decided[i] = argmax(values, at, d)
    else if (d.kind === 'binary') decided[i] = (values[at] ?? 0) > threshold ? 1 : 0
    else decided[i] = values[at] ?? 0
  }
  return decided
}

/** Where the scores of the i-th decision of a batch begin. */
export function startOf(i: number, o: Observation, d: Decisions): number {
  const sample = Math.floor(i / d.positions)
  return sample * o.width + (i % d.positions) * d.positionStride
}

function argmax(values: ArrayLike<number>, at: number, d: Decisions): number {
  let best = 0
  for (let c = 1; c < d.classes; c++) {
    if ((values[at + c * d.classStride] ?? 0) > (values[at + best * d.classStride] ?? 0)) best = c
  }
  return best
}

/**
 * The true class of each position. Labels are class indices, or targets of the shape of the output (one-hot, soft),
 * of which the highest counts. Where a sample has several positions, a negative label (padding) leaves one out.
 *
 * @returns  [size * positions], -1 for what is left out
 * @throws DataError for labels of another number, or that are no classes of this output
 */
export function trueClasses(o: Observation, d: Decisions, metric: string): Float64Array {
  if (o.labels === undefined) {
    throw new DataError(`${metric} needs labels, and the data have none.`, {
      suggestions: ['Say which field has them: --label FIELD'],
    })
  }
  const count = o.size * d.positions
  if (o.labels.length === count) return Float64Array.from(o.labels, (label, i) => checkedClass(label, i, o, d, metric))
  if (d.kind === 'scores' && o.labels.length === o.output.length) return decide(o.labels, o, d, 0)
  const per = d.positions === 1 ? '' : `, each with ${d.positions} positions`
  throw new DataError(
    `${metric} needs a class index for each of ${o.size} samples${per}; here are ${o.labels.length} labels. ` +
      `${nameOf(o)} is [${o.shape.join(',')}].`,
    { suggestions: ['Judge the output that the labels belong to: --metric NAME:OUTPUT', 'Or: --label FIELD'] },
  )
}

function checkedClass(label: number, i: number, o: Observation, d: Decisions, metric: string): number {
  if (Number.isInteger(label) && label >= 0 && label < d.classes) return label
  if (Number.isInteger(label) && label < 0 && d.positions > 1) return -1
  const sample = (o.first ?? 0) + Math.floor(i / d.positions)
  const range = d.classes === Infinity ? 'a whole number from 0' : `0 to ${d.classes - 1}`
  throw new DataError(`The label of sample ${sample} is ${label}; for ${metric} of ${nameOf(o)} it must be ${range}.`, {
    suggestions: [
      'Number the classes from 0 in the order of the model.',
      'Targets that are no classes are judged by mse or mae.',
    ],
  })
}
