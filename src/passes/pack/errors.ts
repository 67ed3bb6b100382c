import type { ChannelMaxima } from './channels.js'
import { relativeError } from './palettes.js'
import type { WeightSurvey } from './survey.js'

/** Errors of encodings without a palette, as `Plan.error` has them. */

/** Steps of int8 to either side of zero. */
const STEPS = 127
/** Below it a float32 has fewer digits the smaller it is, and steps would be far from what was asked for. */
const LEAST_NORMAL = 2 ** -126

/** The step of int8 for weights up to a magnitude; 1 where they are too small for any: all of them become zero. */
export function stepFor(largest: number): number {
  const step = Math.fround(largest / STEPS)
  return step < LEAST_NORMAL ? 1 : step
}

/** Of float16: what is between two of its numbers is anywhere between them. */
export function castError({ density }: WeightSurvey): number {
  const { values, weights } = density
  const bits = new Int32Array(Float32Array.from(values).buffer)
  let squares = 0
  for (let i = 0; i < bits.length; i++) {
    const exponent = (((bits[i] as number) >>> 23) & 0xff) - 127 // in range, here and below
    const step = 2 ** Math.max(-24, exponent - 10)
    squares += ((weights[i] as number) * step * step) / 12
  }
  return relativeError(squares, density)
}

/** Of int8 with one step for all. */
export function stepError({ density, largest }: WeightSurvey): number {
  const { values, weights, scatter } = density
  const step = stepFor(largest)
  let squares = scatter
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number // in range, here and below
    const d = x - Math.round(x / step) * step
    squares += (weights[i] as number) * d * d
  }
  return relativeError(squares, density)
}

/**
 * Of int8 with a step for each channel. The largest weight of a channel is at a step, all others are anywhere between two;
 * zeros are spread evenly. Too high where most of a channel is far below its steps.
 */
export function channelError({ density, spacing }: WeightSurvey, { largest }: ChannelMaxima): number {
  const weight = density.weights.reduce((sum, w) => sum + w, 0)
  const between = Math.max(0, 1 - largest.length / spacing.present)
  const square = largest.reduce((sum, most) => sum + (most / STEPS) ** 2, 0) / largest.length
  return relativeError((between * weight * square) / 12, density)
}
