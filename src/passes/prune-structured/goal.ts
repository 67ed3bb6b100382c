import { bytes } from '../../size.js'
import { DEFAULT_RATIO, type Values } from './index.js'

/** What was asked for, in words: `ratio 0.5 of each group, rounded to multiples of 8`. */
export function goalOf(values: Values): string {
  const { heads, roundTo } = values
  return [
    ...amountOf(values),
    ...(heads === null ? [] : [heads === 0 ? 'no heads' : `heads ${heads}`]),
    ...(roundTo > 1 ? [`widths in multiples of ${roundTo}`] : []),
  ].join(', ')
}

function amountOf({ targetMacs, targetParams, targetSize, targetLatency, ratio, scope }: Values): string[] {
  if (targetMacs !== null) return [`at most ${percent(targetMacs)} of the multiply-accumulate operations`]
  if (targetParams !== null) return [`at most ${percent(targetParams)} of the parameters`]
  if (targetSize !== null) return [`at most ${bytes(targetSize)}`]
  if (targetLatency !== null) {
    const { times, milliseconds } = { times: 0, milliseconds: 0, ...targetLatency }
    return [milliseconds > 0 ? `at most ${milliseconds} ms` : `at most ${times}x the latency`]
  }
  const where = {
    layer: 'of each group',
    global: 'of all channels',
    isomorphic: 'of the channels of each kind of group',
  }
  return [`ratio ${ratio ?? DEFAULT_RATIO} ${where[scope ?? 'layer']}`]
}

function percent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(2))} %`
}
