import type { NdArray } from '../../data/dataset.js'
import { DataError } from '../../errors.js'
import { elementCount, shapeToString } from '../../ir/type.js'
import { AgreementCount } from '../../metrics/agreement.js'
import type { Observation } from '../../metrics/metric.js'
import { decisionsOf } from '../../metrics/reading/decisions.js'
import { wilsonInterval } from '../../metrics/reading/wilson.js'
import { ofSamples } from '../batch.js'
import { Difference, type Numbers, numbersOf, type ValueDifference } from './difference.js'

export interface OutputDifference extends ValueDifference {
  /** How often both decide for the same class, with the 95 % confidence interval; null where there are no classes. */
  readonly agreement: {
    readonly share: number
    readonly low: number
    readonly high: number
    readonly decisions: number
  } | null
}

/** Which samples of the data a batch holds. */
export interface BatchPlace {
  readonly first: number
  readonly size: number
  /** `size`, and more where a fixed batch was filled up. */
  readonly ran: number
}

type Outputs = Readonly<Record<string, NdArray>>

interface Compared {
  readonly difference: Difference
  readonly agreement: AgreementCount
}

/** Compares the outputs of two models, batch after batch. */
export class OutputComparison {
  readonly #compared: Map<string, Compared>
  readonly #skipped: { readonly target: string; readonly why: string }[] = []

  constructor(names: readonly string[]) {
    this.#compared = new Map(
      names.map((name) => [name, { difference: new Difference(), agreement: new AgreementCount() }]),
    )
  }

  /** @throws DataError when no output is left that has the same shape in both */
  add(a: Outputs, b: Outputs, place: BatchPlace): void {
    for (const [name, compared] of [...this.#compared]) {
      const [x, y] = [a[name], b[name]]
      if (x === undefined || y === undefined) throw new Error(`Output "${name}" was not fetched.`)
      const why = addOutput(name, compared, x, y, place)
      if (why === null) continue
      this.#compared.delete(name)
      this.#skipped.push({ target: name, why })
    }
    if (this.#compared.size > 0) return
    const reasons = this.#skipped.map(({ target, why }) => `"${target}": ${why}`)
    throw new DataError(`No output can be compared: ${reasons.join('; ')}.`, {
      suggestions: ['Compare models whose outputs have the same shape.'],
    })
  }

  get skipped(): readonly { readonly target: string; readonly why: string }[] {
    return this.#skipped
  }

  result(): OutputDifference[] {
    return [...this.#compared].map(([name, { difference, agreement }]) => {
      const { same, decisions } = agreement.counted
      return {
        ...difference.result(name),
        agreement: decisions === 0 ? null : { share: same / decisions, ...wilsonInterval(same, decisions), decisions },
      }
    })
  }
}

/** @returns why it cannot be compared, or null */
function addOutput(name: string, compared: Compared, x: NdArray, y: NdArray, place: BatchPlace): string | null {
  const [a, b] = [realPart(x, place), realPart(y, place)]
  if (`${a.shape}` !== `${b.shape}`)
    return `its shape is ${shapeToString(a.shape)} in A and ${shapeToString(b.shape)} in B`
  const [numbersA, numbersB] = [numbersOf(a), numbersOf(b)]
  const ran = a.shape[0] === place.size ? place.size : place.ran
  compared.difference.add({ a: numbersA, b: numbersB, local: null, shape: a.shape, first: place.first, ran })
  if (a.shape[0] !== place.size) return null
  const observation: Observation = {
    name,
    first: place.first,
    size: place.size,
    width: elementCount(a.shape.slice(1)),
    shape: a.shape,
    output: numbersB,
    reference: numbersA,
    decided: x.dtype === 'int64' || x.dtype === 'int32',
  }
  if (hasClasses(observation, x)) countAgreement(compared.agreement, observation, numbersA, numbersB)
  return null
}

/** Without what a batch was filled up with; where the first axis is not the batch, that cannot be told apart. */
function realPart(array: NdArray, { ran, size }: BatchPlace): NdArray {
  return ofSamples(array, ran, size) ?? array
}

/** Class scores, or class numbers. A single floating-point value need not be a decision. */
function hasClasses(o: Observation, { dtype }: NdArray): boolean {
  if (o.decided === true) return true
  return decisionsOf(o).kind === 'scores' && (dtype === 'float32' || dtype === 'float16' || dtype === 'float64')
}

/** Samples with a NaN decide nothing: they are left out, and told otherwise. */
function countAgreement(count: AgreementCount, o: Observation, a: Numbers, b: Numbers): void {
  if (!a.some(Number.isNaN) && !b.some(Number.isNaN)) {
    count.add(o)
    return
  }
  for (let sample = 0; sample < o.size; sample++) {
    const [from, to] = [sample * o.width, (sample + 1) * o.width]
    const [reference, output] = [a.subarray(from, to), b.subarray(from, to)]
    if (reference.some(Number.isNaN) || output.some(Number.isNaN)) continue
    count.add({ ...o, size: 1, shape: [1, ...o.shape.slice(1)], reference, output })
  }
}
