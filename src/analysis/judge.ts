import { asNumbers } from '../data/array/convert.js'
import { isFloat, isNumeric } from '../data/array/dtypes.js'
import type { NdArray } from '../data/dataset.js'
import { DataError, UsageError } from '../errors.js'
import { elementCount, shapeToString } from '../ir/type.js'
import { findMetric } from '../metrics/find.js'
import type { Accumulator, MetricChoice, Observation } from '../metrics/metric.js'
import { decisionsOf } from '../metrics/reading/decisions.js'
import { didYouMean } from '../nearest.js'
import { ofSamples } from './batch.js'
import type { Judgement } from './evaluate.js'

/** One batch, as the models left it. */
export interface Outcome {
  /** Index of the first sample in the data. */
  readonly first: number
  readonly size: number
  /** Samples that were run: `size`, and more where a fixed batch was filled up. */
  readonly ran: number
  readonly labels: ArrayLike<number> | null
  /** Of each model, by output name. */
  readonly outputs: readonly Readonly<Record<string, NdArray>>[]
}

/** What can be judged against. */
export interface Standards {
  /** Whether the labels are whole numbers by their type, so that 0 and 1 are classes and not targets. */
  readonly integerLabels: boolean
  /** Which of the models is the reference; null without one. */
  readonly reference: number | null
  /** How many of the models, the first ones, are judged. */
  readonly judged: number
}

/** A metric with the output that it judges. */
interface Bound extends MetricChoice {
  readonly output: string
  readonly against: 'labels' | 'reference'
}

/** Applies metrics to batch after batch. */
export class Judge {
  /** The outputs that are looked at. */
  readonly outputs: ReadonlySet<string>
  readonly #bound: readonly Bound[]
  readonly #standards: Standards
  /** Of each metric, for each model; null for the reference, beside itself. */
  readonly #accumulators: readonly (readonly (Accumulator | null)[])[]
  #samples = 0

  /**
   * Settles which metric judges which output, by what the first batch looks like.
   *
   * @param asked  none: they are chosen
   * @throws UsageError for an unknown output; DataError when there is nothing to judge by
   */
  constructor(asked: readonly MetricChoice[], outcome: Outcome, standards: Standards) {
    const candidates = candidatesIn(outcome)
    const bound = asked.length === 0 ? defaults(candidates, outcome, standards) : null
    this.#bound = bound ?? distinct(asked.map((choice) => bind(choice, candidates, outcome, standards)))
    this.#standards = standards
    this.outputs = new Set(this.#bound.map(({ output }) => output))
    this.#accumulators = this.#bound.map(({ metric, parameter, against }) =>
      Array.from({ length: standards.judged }, (_, model) =>
        against === 'reference' && model === standards.reference ? null : metric.create(parameter),
      ),
    )
  }

  /** @throws DataError when a metric cannot judge this */
  add(outcome: Outcome): void {
    const numbers = new Map<string, Observation>()
    const read = (model: number, output: string) => {
      const key = `${model} ${output}`
      const known = numbers.get(key)
      if (known !== undefined) return known
      const observation = observe(outcome, model, output)
      numbers.set(key, observation)
      return observation
    }
    for (const [i, { metric, output, against }] of this.#bound.entries()) {
      for (const [model, accumulator] of (this.#accumulators[i] ?? []).entries()) {
        if (accumulator === null) continue
        // A metric of the user's own may look at both.
        const reference = against === 'reference' || metric.needs === 'either' ? this.#standards.reference : null
        accumulator.add({
          ...read(model, output),
          ...(against === 'labels' && outcome.labels !== null && { labels: outcome.labels }),
          ...(reference !== null && { reference: sameShape(read(reference, output), read(model, output)).output }),
        })
      }
    }
    this.#samples += outcome.size
  }

  result(): Judgement[] {
    return this.#bound.map(({ metric, name, output, against }, i) => ({
      name,
      output,
      better: metric.better,
      unit: metric.unit,
      against,
      samples: this.#samples,
      values: (this.#accumulators[i] ?? []).map((accumulator) => accumulator?.result() ?? null),
    }))
  }
}

/** The outputs of the first model that a metric can read, in its order. */
function candidatesIn(outcome: Outcome): Observation[] {
  const outputs = Object.entries(outcome.outputs[0] ?? {})
  return outputs.flatMap(([name, array]) => {
    const own = isNumeric(array.dtype) ? ofSamples(array, outcome.ran, outcome.size) : null
    return own === null ? [] : [observe(outcome, 0, name)]
  })
}

function observe(outcome: Outcome, model: number, output: string): Observation {
  const array = outcome.outputs[model]?.[output]
  if (array === undefined) {
    throw new UsageError(`Not every model has an output "${output}".`, {
      suggestions: [`Those of one are: ${Object.keys(outcome.outputs[model] ?? {}).join(', ')}.`],
    })
  }
  const own = ofSamples(array, outcome.ran, outcome.size)
  if (own === null) {
    throw new DataError(
      `Output "${output}" is ${array.dtype}${shapeToString(array.shape)} for a batch of ${outcome.ran}: ` +
        'its first axis is not the batch.',
      { suggestions: ['Use --batch-size 1.', 'Or judge another output: --metric NAME:OUTPUT'] },
    )
  }
  return {
    name: output,
    first: outcome.first,
    size: outcome.size,
    width: elementCount(own.shape.slice(1)),
    shape: own.shape,
    output: asNumbers(own, `Output "${output}"`).data,
    decided: array.dtype === 'int64' || array.dtype === 'int32',
  }
}

function sameShape(theirs: Observation, ours: Observation): Observation {
  if (`${theirs.shape}` === `${ours.shape}`) return theirs
  throw new DataError(
    `Output "${ours.name}" is [${ours.shape.join(',')}], that of the reference [${theirs.shape.join(',')}].`,
    { suggestions: ['Compare models whose outputs have the same shape.'] },
  )
}

/** Chosen when the user asks for none. */
function defaults(candidates: readonly Observation[], outcome: Outcome, standards: Standards): Bound[] {
  const { labels } = outcome
  const named = (name: string, { name: output = '' }: Observation, against: Bound['against']): Bound => ({
    ...findMetric(name),
    output,
    against,
  })
  const classified = labels && candidates.find((o) => labelsAreClasses(labels, o, standards.integerLabels))
  if (classified) return [named('top1', classified, 'labels')]
  const compared = mainOutput(candidates, outcome)
  if (standards.reference !== null && compared !== undefined) {
    return [named('agreement', compared, 'reference'), named('sqnr', compared, 'reference')]
  }
  const fitted = labels && candidates.find((o) => labels.length === o.output.length)
  if (fitted) return [named('mse', fitted, 'labels')]
  throw nothingToJudgeBy(candidates, outcome)
}

function bind(choice: MetricChoice, candidates: readonly Observation[], outcome: Outcome, s: Standards): Bound {
  const { labels } = outcome
  const named = choice.output === null ? null : outputNamed(choice.output, outcome)
  const hasReference = s.reference !== null
  if (choice.metric.needs === 'reference' || (choice.metric.needs === 'either' && labels === null)) {
    if (!hasReference) throw noReference(choice)
    return { ...choice, output: named ?? mainName(candidates, outcome), against: 'reference' }
  }
  if (choice.metric.needs === 'labels') {
    const fit = labels && candidates.find((o) => labelsAreClasses(labels, o, s.integerLabels))
    return { ...choice, output: named ?? fit?.name ?? mainName(candidates, outcome), against: 'labels' }
  }
  // Labels that are class indices are no targets: what is left is the reference, if there is one.
  const targets = candidates.find((o) => o.output.length === labels?.length && (named === null || o.name === named))
  const against = targets === undefined && hasReference ? 'reference' : 'labels'
  return { ...choice, output: named ?? targets?.name ?? mainName(candidates, outcome), against }
}

/** Whether labels are class indices that this output decides between; 0 and 1 beside one score may be targets too. */
function labelsAreClasses(labels: ArrayLike<number>, o: Observation, integerLabels: boolean): boolean {
  const d = decisionsOf(o)
  if (d.kind === 'binary' && !integerLabels) return false
  if (labels.length !== o.size * d.positions || labels.length === 0) return false
  return Array.from(labels).every((c) => Number.isInteger(c) && c < d.classes && (c >= 0 || d.positions > 1))
}

/** What is compared when the user does not say: the first floating-point output, else the first. */
function mainOutput(candidates: readonly Observation[], outcome: Outcome): Observation | undefined {
  const outputs = outcome.outputs[0] ?? {}
  return candidates.find(({ name = '' }) => isFloat(outputs[name]?.dtype ?? null)) ?? candidates[0]
}

function mainName(candidates: readonly Observation[], outcome: Outcome): string {
  const main = mainOutput(candidates, outcome)?.name
  if (main === undefined) throw nothingToJudgeBy(candidates, outcome)
  return main
}

function outputNamed(name: string, outcome: Outcome): string {
  const names = Object.keys(outcome.outputs[0] ?? {})
  if (names.includes(name)) return name
  throw new UsageError(`The model has no output "${name}" that can be judged.`, {
    suggestions: didYouMean(name, names, 'outputs'),
  })
}

function distinct(bound: readonly Bound[]): Bound[] {
  return [...new Map(bound.map((b) => [`${b.name} ${b.output} ${b.metric.source}`, b])).values()]
}

function noReference({ name }: MetricChoice): DataError {
  return new DataError(`${name} compares with another model, and there is none.`, {
    suggestions: ['Name it: --baseline MODEL', 'Or judge by labels in the data: --metric top1'],
  })
}

function nothingToJudgeBy(candidates: readonly Observation[], { labels, outputs, size }: Outcome): DataError {
  const shapes = Object.entries(outputs[0] ?? {}).map(([name, { dtype, shape }]) => `"${name}" ${dtype}[${shape}]`)
  const why =
    candidates.length === 0
      ? 'no output holds numbers with the batch as its first axis'
      : labels === null
        ? 'the data have no labels, and there is no model to compare with'
        : `the labels (${labels.length} for ${size} samples) fit no output, and there is no model to compare with`
  return new DataError(`There is nothing to judge by: ${why}. The outputs are ${shapes.join(', ')}.`, {
    suggestions: [
      'Name the field with the labels: --label FIELD',
      'Or a model to compare with: --baseline MODEL',
      'Or a metric and an output: --metric NAME:OUTPUT',
    ],
  })
}
