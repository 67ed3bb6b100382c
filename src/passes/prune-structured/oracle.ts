import { join } from 'node:path'
import {
  type Dependencies,
  dependenciesOf,
  type Group,
  type Removal,
} from '../../analysis/dependencies/dependencies.js'
import type { Preference } from '../../analysis/dependencies/space.js'
import { type FeedPlan, feedPlans } from '../../analysis/latency/latency.js'
import { openDimensions } from '../../analysis/open-dimensions.js'
import { inferShapes, type Shapes, shareShapes } from '../../analysis/shapes.js'
import { DataError, VerificationError } from '../../errors.js'
import type { Model, Value } from '../../ir/graph.js'
import { graphs, valuesOf, walk } from '../../ir/walk.js'
import { skeleton } from '../../onnx/skeleton.js'
import { cut as cutModel } from '../../rewrites/cut/cut.js'
import { maskedReference } from '../../rewrites/cut/reference.js'
import { settle } from '../../rewrites/settle.js'
import { runJob } from '../../runtime/host.js'
import type { ModelSource } from '../../runtime/session.js'
import type { OracleResult, PassContext } from '../pass.js'
import { type Choices, choicesIn } from './choices.js'
import { culprits } from './culprits.js'
import { isFlat, type OracleInput, type OracleOutput, type OutputError } from './oracle-job.js'

export interface CutToVerify {
  /** The model as it was looked at: a copy from before the cut. */
  readonly before: Model
  /** The same without what the removal takes away, and nothing else: before weights were adjusted. */
  readonly model: Model
  readonly removal: Removal
  /** As the dependencies were found with. */
  readonly preference?: Preference
  /** How a removal is carried out, to find what a mistake comes from. */
  readonly cut?: (dependencies: Dependencies, removal: Removal) => unknown
}

/** How many inputs both models are run on. */
const INPUTS = 2
/** Largest difference of an output, as a share of its range. */
const LIMIT = 1e-4
/** Where ONNX Runtime rounds the reference by that much with other optimizations, a cut may round by some times more. */
const TIMES_ROUNDING = 8

/** What single operations round to makes larger errors unavoidable. */
const COARSER: readonly { readonly limit: number; readonly what: string; readonly is: (model: Model) => boolean }[] = [
  { limit: 0.05, what: 'it quantizes while it runs', is: quantizes },
  { limit: 0.05, what: 'it computes in bfloat16', is: (model) => hasType(model, 'bfloat16') },
  { limit: 0.01, what: 'it computes in float16', is: (model) => hasType(model, 'float16') },
]

/**
 * Holds a cut model to what it has to compute: the model as it was, with zeros in the place of what is gone wherever
 * something is summed over it. Both are run by ONNX Runtime in a child process, without optimizations, on samples of
 * the user's data, else on made-up inputs.
 *
 * @throws VerificationError when they differ, naming the groups whose cut is wrong; the model must not be written
 * @throws DataError when the model as it was does not run on the inputs; UnsupportedModelError when it does not load
 */
export async function verifyCut(options: CutToVerify, context: PassContext): Promise<OracleResult> {
  const { before, removal } = options
  const looked = await lookAt(before, options, context)
  if (looked.dependencies.unitCount !== removal.length) throw new Error('The removal is that of another model.')
  const allowed = COARSER.find(({ is }) => is(before)) ?? { limit: LIMIT, what: null }
  const checked = await check(options.model, removal, looked, allowed.limit, context)
  const verdict = judge(checked, allowed.limit)
  if (verdict.failure !== null) {
    const ofGroups = (groups: readonly Group[]) => failureOf(groups, allowed.limit, options, context)
    throw differs(verdict.failure, await culprits(looked.dependencies, removal, ofGroups))
  }
  const { maxError, limit, notes } = verdict
  const why =
    allowed.what === null ? [] : [`Differences up to ${allowed.limit} of the range count as rounding: ${allowed.what}.`]
  return { maxError, limit, inputs: checked.inputs, notes: [...why, ...notes] }
}

interface Looked {
  readonly dependencies: Dependencies
  readonly shapes: Shapes
}

async function lookAt(model: Model, { preference }: CutToVerify, { engine }: PassContext): Promise<Looked> {
  const shapes = await inferShapes(model, { dims: engine?.dims ?? {} })
  const open = await inferShapes(model, { open: true })
  return { dependencies: dependenciesOf(model, shapes, open, preference), shapes }
}

/** Cuts these groups alone. @returns what is wrong then, if anything */
async function failureOf(
  groups: readonly Group[],
  limit: number,
  options: CutToVerify,
  context: PassContext,
): Promise<string | null> {
  const { model } = options.before.clone()
  shareShapes(options.before, model)
  const looked = await lookAt(model, options, context)
  const removal = new Uint8Array(looked.dependencies.unitCount)
  for (const { units } of groups) for (const unit of units) removal[unit] = options.removal[unit] ?? 0
  const { model: kept } = model.clone() // the reference and the choices are looked up in the model before it is cut
  shareShapes(model, kept)
  const lookedBefore = await lookAt(kept, options, context)
  const carryOut = options.cut ?? cutModel
  carryOut(looked.dependencies, removal)
  return judge(await check(model, removal, lookedBefore, limit, context), limit).failure
}

interface Checked extends OracleOutput {
  readonly choices: Choices
}

async function check(
  cut: Model,
  removal: Removal,
  { dependencies, shapes }: Looked,
  limit: number,
  context: PassContext,
): Promise<Checked> {
  const reference = maskedReference(dependencies, removal, shapes)
  const { model: copy } = cut.clone()
  const { data, engine, folder, signal } = context
  const threads = engine?.threads ?? null
  const choices = choicesIn(dependencies, removal, shapes)
  for (const { value } of choices.first) {
    for (const each of [reference, copy]) showAlso(each, value)
  }
  settle(copy, join(await folder(), 'cut.bin'), new Set())
  const source: ModelSource = { ...skeleton(reference), name: 'the model as it was' }
  const input: OracleInput = {
    plans: plansFor(dependencies.model, source, shapes, context),
    inputs: INPUTS,
    reference: source,
    cut: { ...skeleton(copy), name: 'the cut model' },
    limit,
    threads,
  }
  const { output } = await runJob<typeof import('./oracle-job.js').default>(
    new URL('./oracle-job.js', import.meta.url),
    input,
    { doing: 'comparing the cut model with the original', signal, threads: threads ?? undefined },
  ).catch((error: unknown) => {
    throw error instanceof DataError && data === undefined ? doesNotRun(error) : error
  })
  return { ...output, choices }
}

/** An inner value of both models, by its name. */
function showAlso(model: Model, { name }: Value): void {
  const value = model.main.definitions.get(name)
  if (value === undefined || model.main.outputNames.has(name) || model.main.inputs.includes(value)) return
  model.addOutput(model.main, value)
}

/** One sample first, then two where the model leaves that open: a size that is built in by mistake shows. */
function plansFor(
  model: Model,
  source: ModelSource,
  { assumed }: Shapes,
  { data, engine, seed }: PassContext,
): FeedPlan[] {
  const models = [{ model, source }]
  const dims = engine?.dims ?? {}
  if (data !== undefined) {
    return feedPlans({ models, data: data.data, binds: data.binds, dims, seed, batchSize: 1 })
  }
  const batches = new Set(openDimensions(model).flatMap(({ kind, name }) => (kind === 'batch' ? [name] : [])))
  const sizes = Object.entries({ ...assumed, ...dims }).filter(([name]) => !batches.has(name) || name in dims)
  const plan = (batchSize: number, nth: number): FeedPlan[] =>
    feedPlans({ models, dims: Object.fromEntries(sizes), batchSize, seed: seed + nth })
  const likely = [...plan(1, 0), ...(batches.size > 0 ? plan(2, 1) : []), ...plan(1, 1)]
  return [...likely, ...feedPlans({ models, dims, seed })]
}

interface Verdict {
  readonly maxError: number
  readonly limit: number
  readonly notes: readonly string[]
  /** What is wrong, in words. */
  readonly failure: string | null
}

/** Decides for each output whether it is as it must be, cannot be told, or is wrong. */
function judge({ outputs, refusal, choices }: Checked, limit: number): Verdict {
  if (refusal !== null) return { maxError: Number.NaN, limit, notes: [], failure: refusal }
  const readBy = new Map(choices.first.map(({ node, value }) => [value.name, node.label]))
  const limitOf = ({ rounding }: OutputError) => Math.max(limit, TIMES_ROUNDING * (rounding ?? 0))
  const isRight = (output: OutputError) => output.shapes === null && output.error <= limitOf(output)
  const notes: string[] = []
  const failures: string[] = []
  // An inner value with an axis that was cut has another shape in the two, and says nothing.
  const inner = outputs.filter(({ name, shapes }) => readBy.has(name) && shapes === null)
  const ahead = inner.length > 0 && inner.every(isRight)
  const counted: OutputError[] = []
  for (const output of outputs) {
    const reader = readBy.get(output.name)
    if (reader !== undefined && output.shapes !== null) continue
    const shown = reader === undefined ? `output "${output.name}"` : `what goes into ${reader} ("${output.name}")`
    if (isRight(output)) {
      counted.push(output)
      if (output.range === null) notes.push(`In ${shown} there is no number: it shows nothing.`)
      else if (isFlat(output.range))
        notes.push(`In ${shown} all elements are about ${number(output.range[0])}: it shows little.`)
    } else if (choices.outputs.has(output.name) && ahead) {
      const by = [...new Set(readBy.values())].slice(0, 3).join(', ')
      notes.push(`In ${shown} roundings became other choices: only what goes into ${by} was compared.`)
    } else failures.push(`${shown} ${differenceOf(output)}`)
  }
  const [failure = null] = failures
  const largest = (of: (output: OutputError) => number, least: number) =>
    counted.reduce((most, output) => Math.max(most, of(output)), least)
  const raised = largest((output) => (output.error > limit ? limitOf(output) : limit), limit)
  if (raised > limit) notes.push('Rounding alone makes much of a difference in this model: so more was allowed.')
  return { maxError: largest(({ error }) => error, 0), limit: raised, notes, failure }
}

function differenceOf({ shapes, error, range }: OutputError): string {
  if (shapes !== null) return `has the shape [${shapes.cut}] instead of [${shapes.reference}]`
  if (error < Number.POSITIVE_INFINITY) return `differs by ${number(error)} of its range`
  return range?.every((end) => end === 0)
    ? 'is not 0 throughout, as it should be'
    : 'has other NaN or infinite elements'
}

function number(value: number): string {
  return String(Number(value.toPrecision(2)))
}

function differs(what: string, groups: readonly Group[]): VerificationError {
  const named = groups.map(({ name, producers }) => {
    const made = [...new Set(producers.map(({ node }) => node.label))]
    return `"${name}" (made by ${made.slice(0, 5).join(', ')}${made.length > 5 ? ', ...' : ''})`
  })
  const where =
    named.length === 0
      ? ''
      : named.length === 1
        ? ` It is the cut of the group ${named[0]}.`
        : ` It is the cut of these groups together: ${named.slice(0, 4).join('; ')}${named.length > 4 ? `; and ${named.length - 4} more` : ''}.`
  const leave = groups.slice(0, 4).flatMap(({ producers }) => producers.map(({ node }) => `--exclude "${node.name}"`))
  return new VerificationError(
    `The cut model does not compute what the original does without what was removed: ${what}. No file was written.${where}`,
    {
      suggestions: [
        ...(leave[0] === undefined ? [] : [`Leave it alone: ${leave[0]}`]),
        'This is a bug of mcompress: please report it, with the model if you can.',
      ],
    },
  )
}

function doesNotRun(cause: DataError): DataError {
  return new DataError(`--verify has nothing to compare: ${cause.message}`, {
    suggestions: ['Give data that the model runs on: --data SPEC', 'Or leave --verify out.'],
    cause,
  })
}

function quantizes(model: Model): boolean {
  for (const { op } of walk(model)) if (/^(Dynamic)?Quantize|^QLinear|^MatMulNBits/.test(op)) return true
  return false
}

function hasType(model: Model, dtype: string): boolean {
  for (const graph of graphs(model)) {
    for (const { constant, declared } of valuesOf(graph)) {
      if (constant?.dtype === dtype || (declared?.kind === 'tensor' && declared.dtype === dtype)) return true
    }
  }
  return false
}
