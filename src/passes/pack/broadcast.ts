import type { Importance } from './plan.js'

/** Lays the importance of a run of elements into an array. */
export type ImportanceReader = (first: number, count: number, into: Float64Array) => void

/** A dimension of the weight, neighbours of one kind taken together, and what a step along it is in the importance; 0 where that is the same. */
interface Run {
  readonly size: number
  readonly step: number
}

/**
 * The importance of every element of a weight, run by run.
 *
 * @throws RangeError when its shape does not broadcast to that of the weight
 */
export function importanceReader({ shape, values }: Importance, weight: readonly number[]): ImportanceReader {
  const runs = runsOf(shape, weight)
  const last = runs.at(-1) ?? { size: 1, step: 0 }
  return (first, count, into) => {
    for (let done = 0; done < count; ) {
      const within = (first + done) % last.size
      const n = Math.min(count - done, last.size - within)
      let at = placeOf(runs, first + done)
      if (last.step === 0)
        into.fill(values[at] as number, done, done + n) // inside, by its shape
      else for (let i = 0; i < n; i++) into[done + i] = values[at++] as number
      done += n
    }
  }
}

function placeOf(runs: readonly Run[], element: number): number {
  let rest = element
  let place = 0
  for (let r = runs.length - 1; r >= 0; r--) {
    const { size, step } = runs[r] as Run // in range
    if (step > 0) place += (rest % size) * step
    rest = Math.floor(rest / size)
  }
  return place
}

function runsOf(shape: readonly number[], weight: readonly number[]): Run[] {
  const runs: { size: number; step: number }[] = []
  let step = 1
  for (let back = 1; back <= Math.max(shape.length, weight.length); back++) {
    const size = weight[weight.length - back] ?? 1
    const own = shape[shape.length - back] ?? 1
    if ((own !== 1 && own !== size) || back > weight.length) {
      throw new RangeError(`Importance of shape [${shape}] does not broadcast to a weight of shape [${weight}].`)
    }
    const varies = own > 1
    const inner = runs[0]
    if (inner && varies === inner.step > 0) inner.size *= size
    else if (size !== 1) runs.unshift({ size, step: varies ? step : 0 })
    step *= own
  }
  return runs
}
