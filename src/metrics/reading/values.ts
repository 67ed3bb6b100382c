import { DataError } from '../../errors.js'
import type { Observation } from '../metric.js'

/**
 * The output and what it is compared with, element by element: the labels where there are some, else the reference.
 *
 * @returns  two arrays of size * width elements, without NaN
 * @throws DataError when there is nothing to compare with, it has another size, or a value is NaN
 */
export function pair(o: Observation, metric: string): readonly [ArrayLike<number>, ArrayLike<number>] {
  checkNaN(o.output, o, 'is')
  if (o.labels !== undefined) {
    if (o.labels.length !== o.output.length) {
      throw new DataError(
        `${metric} compares labels of the same shape as ${nameOf(o)}, [${o.shape.join(',')}]; ` +
          `here are ${o.labels.length} of them for ${o.size} samples.`,
        { suggestions: ['Class indices are judged by top1 or f1. --metric NAME:OUTPUT judges another output.'] },
      )
    }
    checkNaN(o.labels, o, 'has a label that is')
    return [o.output, o.labels]
  }
  return [o.output, referenceOf(o, metric)]
}

/**
 * The reference.
 *
 * @returns  size * width elements, without NaN
 * @throws DataError as for {@link pair}
 */
export function referenceOf(o: Observation, metric: string): ArrayLike<number> {
  if (o.reference === undefined) {
    throw new DataError(`${metric} compares with another model, and there is none.`, {
      suggestions: ['Name it: --baseline MODEL'],
    })
  }
  if (o.reference.length !== o.output.length) {
    throw new DataError(
      `${nameOf(o)} has ${o.output.length} elements for ${o.size} samples, that of the reference ${o.reference.length}.`,
      { suggestions: ['Compare models whose outputs have the same shape.'] },
    )
  }
  checkNaN(o.reference, o, 'of the reference is')
  return o.reference
}

/** @throws DataError that names the first element that is not a number */
export function checkNaN(values: ArrayLike<number>, o: Observation, is: string): void {
  refuse(values, o, Number.isNaN, `${is} NaN`, [
    'Look at that sample: an overflow in the model, or NaN or infinite values in the data.',
  ])
}

/** @throws DataError that names the first infinite element: norms and powers of it are not defined */
export function checkInfinite(values: ArrayLike<number>, o: Observation, metric: string): void {
  refuse(values, o, (v) => v === Infinity || v === -Infinity, `is infinite, which ${metric} cannot judge`, [
    'Use agreement or max-error, which can.',
  ])
}

function refuse(
  values: ArrayLike<number>,
  o: Observation,
  isBad: (value: number) => boolean,
  what: string,
  suggestions: readonly string[],
): void {
  for (let i = 0; i < values.length; i++) {
    if (!isBad(values[i] ?? 0)) continue
    throw new DataError(`${nameOf(o)} ${what}, at ${placeOf(i, o)}.`, { suggestions })
  }
}

/** `sample 17, element [2,0]`: the sample counted over all of the data. */
export function placeOf(index: number, o: Observation): string {
  const width = Math.max(1, o.width)
  const sample = `sample ${(o.first ?? 0) + Math.floor(index / width)}`
  let rest = index % width
  const coordinates: number[] = []
  for (const d of o.shape.slice(1).reverse()) {
    coordinates.push(rest % d)
    rest = Math.floor(rest / d)
  }
  coordinates.reverse()
  return coordinates.length === 0 ? sample : `${sample}, element [${coordinates.join(',')}]`
}

/** The difference; 0 between equal infinities. */
export function difference(a: number, b: number): number {
  return a === b ? 0 : a - b
}

export function nameOf(o: Observation): string {
  return o.name === undefined ? 'The output' : `Output "${o.name}"`
}
