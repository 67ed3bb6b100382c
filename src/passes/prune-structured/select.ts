import type { Cost, Costs } from '../../analysis/dependencies/costs.js'
import type { Dependencies, Group, Removal } from '../../analysis/dependencies/dependencies.js'
import type { Shapes } from '../../analysis/shapes.js'
import { NothingToDoError, UnsupportedModelError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import type { PassContext } from '../pass.js'
import { blockersOf } from './blockers.js'
import { eligibleGroups } from './eligible.js'
import { goalOf } from './goal.js'
import { DEFAULT_RATIO, targetsOf, type Values } from './index.js'
import { fewestByLatency } from './latency-target.js'
import { latencyTrial } from './latency-trial.js'
import { Limits } from './limits.js'
import { named } from './named.js'
import { Plan, type Step } from './plan.js'
import { poolsOf } from './ranking.js'
import { type Scores, scoresOf, widthsOf } from './scores.js'
import { fewestByCost, fewestBySize, limitingFlags, type Searched } from './targets.js'

/** The model that something is to be removed from. */
export interface Selectable {
  readonly dependencies: Dependencies
  readonly costs: Costs
  readonly shapes: Shapes
  /** What the model cost as it came: shares of a target are shares of it. What it costs now, unless told. */
  readonly before?: Cost
  /** The model as it came, to measure beside; that of the dependencies, unless told. */
  readonly original?: Model
}

/** What is to be removed. */
export interface Selection {
  readonly removal: Removal
  /** By unit, what it is worth: for each of its channels, and by the others of its group. Empty where none was asked for. */
  readonly scores: Float64Array
  /** What was asked for, in words: `ratio 0.5 of each group`. */
  readonly goal: string
  /** What the user should know of it. */
  readonly notes: readonly string[]
  /** How many samples of --data it was learned from; absent when from none. */
  readonly samples?: number
}

/**
 * Chooses the units that matter least.
 *
 * Every unit gets a score; units are ranked within what competes (`Pool`); limits say which of them may go, and in which
 * order (`Plan`). A ratio takes so many, a target as many as it needs.
 *
 * @throws NothingToDoError when nothing can go, with the reasons; or a target is met already
 * @throws UsageError for a glob without a match and a target out of reach; UnsupportedModelError for NaN and Inf in weights
 */
export async function select(selectable: Selectable, values: Values, context: PassContext): Promise<Selection> {
  const { dependencies, costs } = selectable
  const goal = goalOf(values)
  const groups = eligibleGroups(dependencies, values)
  const hasTarget = targetsOf(values).length > 0
  if (groups.length === 0 && (hasTarget || values.layers === null)) throw nothingToCut(dependencies, values)
  const ratio = hasTarget ? null : (values.ratio ?? DEFAULT_RATIO)
  const { scores, notes, samples } = await scored(selectable, values, context, ratio)
  const scope = values.scope ?? (hasTarget ? 'global' : 'layer')
  const pools = poolsOf(groups, scores, { scope, ratio, heads: values.heads })
  const plan = new Plan(new Limits(dependencies, values), pools, widthsOf(dependencies))
  const before = selectable.before ?? costs.of(new Uint8Array(dependencies.unitCount))
  const limiting = limitingFlags(values)
  const original = selectable.original ?? dependencies.model
  const searched = { dependencies, costs, before, limiting, original, context }
  const { count, note } = hasTarget ? await met(plan, searched, values) : { count: plan.most, note: null }
  const step = plan.at(count)
  if (values.layers === null && !step.removal.includes(1)) throw tooLittle(groups, values, goal)
  return {
    removal: step.removal,
    scores,
    goal,
    notes: [
      ...notes,
      ...(note === null ? [] : [note]),
      ...notesOnHeads(dependencies, values),
      ...notesOnRounding(step, groups, values),
    ],
    ...(samples !== undefined && { samples }),
  }
}

/** Without anything to remove, nothing has to be looked at. */
async function scored(
  { dependencies, shapes }: Selectable,
  values: Values,
  context: PassContext,
  ratio: number | null,
): Promise<Scores> {
  if (ratio === 0 && (values.heads ?? 0) === 0) return { scores: new Float64Array(dependencies.unitCount), notes: [] }
  const subject = { dependencies, shapes, samples: values.samples, context }
  const { importance, reduce, normalize } = values
  if (importance !== null) return scoresOf(subject, { importance, reduce, normalize })
  if (context.data === undefined) return scoresOf(subject, { importance: 'l2', reduce, normalize })
  try {
    const scores = await scoresOf(subject, { importance: 'wanda', reduce, normalize })
    return { ...scores, notes: ['Channels are ranked by --importance wanda, on the data.', ...scores.notes] }
  } catch (error) {
    if (!(error instanceof UnsupportedModelError)) throw error
    const { notes, ...rest } = await scoresOf(subject, { importance: 'l2', reduce, normalize })
    return { ...rest, notes: [`Channels are ranked by their weights alone: ${error.message}`, ...notes] }
  }
}

async function met(plan: Plan, searched: Searched & { readonly original: Model }, values: Values) {
  const { targetSize, targetLatency } = values
  if (targetLatency !== null) {
    return fewestByLatency(plan, searched, targetLatency, await latencyTrial(searched.original, searched.context))
  }
  const count = targetSize === null ? fewestByCost(plan, searched, values) : await fewestBySize(plan, searched, values)
  return { count, note: null }
}

function nothingToCut({ groups, frozen }: Dependencies, { include, exclude, heads }: Values): NothingToDoError {
  if (groups.length === 0) {
    const why = frozen.length === 0 ? ['It has no weights that structured pruning knows.'] : blockersOf(frozen)
    return new NothingToDoError('The model has no channels that can be removed.', { suggestions: why })
  }
  const flags = [
    ...(include.length > 0 ? ['--include'] : []),
    ...(exclude.length > 0 ? ['--exclude'] : []),
    ...(heads === 0 ? ['--heads 0'] : []),
  ]
  return new NothingToDoError(
    `${flags.join(' and ')} ${flags.length > 1 ? 'leave' : 'leaves'} nothing that can be removed.`,
    {
      suggestions: [`What could be: ${named(groups.map(({ name }) => name))}.`, ...blockersOf(frozen)],
    },
  )
}

/** There are units, and none of them goes: shares of a few, or limits. */
function tooLittle(groups: readonly Group[], values: Values, goal: string): NothingToDoError {
  const largest = groups.reduce((most, { units }) => Math.max(most, units.length), 0)
  return new NothingToDoError(`By ${goal} not a single channel goes: the largest group has ${largest} that could.`, {
    suggestions: [
      'A larger --ratio removes some.',
      ...(values.roundTo > 1
        ? [`--round-to ${values.roundTo} keeps what is no wider: --round-to 1 rounds nothing.`]
        : []),
      ...(values.minChannels > 1 || values.maxLayerRatio < 1 ? ['--min-channels and --max-layer-ratio limit it.'] : []),
    ],
  })
}

function notesOnHeads({ groups }: Dependencies, { heads }: Values): string[] {
  if (heads === null || groups.some(({ kind }) => kind === 'heads')) return []
  return ['No attention heads that could go were found: --heads changed nothing. inspect --groups shows what there is.']
}

function notesOnRounding({ stuck }: Step, groups: readonly Group[], { roundTo }: Values): string[] {
  if (stuck.length === 0) return []
  const layers = groups.flatMap(({ producers }) =>
    producers.flatMap(({ node, units }) => {
      const isStuck = stuck.some((axis) => axis.length === units.length && axis.every((unit, i) => unit === units[i]))
      return isStuck ? [`${node.label} (${units.length})`] : []
    }),
  )
  return [`No width below its own of these layers is a multiple of ${roundTo}, so they stay: ${named(layers)}.`]
}
