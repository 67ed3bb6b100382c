import { type Compared, compare, type LayerDifference, type ValueDifference } from '../analysis/compare.js'
import { openDimensions } from '../analysis/open-dimensions.js'
import { inferShapes } from '../analysis/shapes.js'
import { UsageError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import {
  type ComparisonReport,
  type DifferenceReport,
  type MetricValue,
  metricValue,
  NOTHING_MORE,
  type Report,
  SCHEMA_VERSION,
} from '../report/report.js'
import { requireProvider } from '../runtime/session.js'
import { comparisonHeadlines, ROUNDING_DB } from './comparison-headlines.js'
import { isMadeUp, madeUpDims } from './made-up.js'
import { ENGINE_DEFAULTS, type Engine, type Evaluation, type NamedModel } from './measure.js'
import { filesReport, modelReport } from './model-report.js'
import { readNamedModel } from './named-model.js'
import type { RunHooks } from './run.js'
import { STREAM, withInputFile } from './streams.js'
import { tool } from './tool.js'

/** Without data of the user's: as many made-up inputs as make errors stable, and take seconds. */
export const MADE_UP = 'random?n=64'

export interface CompareRequest extends Partial<Engine> {
  /** Paths; one of them may be `-`, which is stdin. The first is what counts as right. */
  readonly a: string
  readonly b: string
  /** null, and unless told, inputs are made up. */
  readonly evaluation?: Evaluation | null
  /** Whether the values inside are compared, too; not unless told. */
  readonly layers?: boolean
  /** Whether sizes are measured gzipped, too; unless told they are not. */
  readonly gzip?: boolean | null
  /** For a report that is kept: hashes of large files, and how weights are distributed. Not unless told. */
  readonly detail?: boolean
}

/** Compares two models on the same inputs; nothing is changed or written. */
export async function compareFiles(request: CompareRequest, hooks: RunHooks = {}): Promise<Report> {
  if (request.a === STREAM && request.b === STREAM) {
    throw new UsageError('Two models do not fit through one stdin.', { suggestions: ['Name a file for one of them.'] })
  }
  return withInputFile(request.a, hooks.signal, (pathA, shownA) =>
    withInputFile(request.b, hooks.signal, (pathB, shownB) =>
      reportOn({ path: pathA, shown: shownA }, { path: pathB, shown: shownB }, request, hooks),
    ),
  )
}

/** A file, and what the user called it; null for a stream. */
interface ShownModel {
  readonly path: string
  readonly shown: string | null
}

async function reportOn(a: ShownModel, b: ShownModel, request: CompareRequest, hooks: RunHooks): Promise<Report> {
  const { evaluation: asked = null, layers = false, gzip = false, detail = false, a: _a, b: _b, ...rest } = request
  const startedAt = new Date()
  hooks.onProgress?.('Reading', null)
  const given: Engine = { ...ENGINE_DEFAULTS, ...rest }
  if (given.provider !== null) await requireProvider(given.provider)
  const [fileA, fileB] = [readNamedModel(a.path), readNamedModel(b.path)]
  await inferShapes(fileA.model, { dims: given.dims }) // a wrong --dim shows here, before any work
  const { evaluation, engine } = await settledData(asked, given, fileA.model)
  const compared = await compareNamed(named(a), named(b), evaluation, layers, engine, hooks)
  const comparison = comparisonReport(a.shown, b.shown, compared)
  hooks.onProgress?.('Describing', null)
  const describe = async ({ model, source, external }: typeof fileA, shown: string | null) => {
    const paths = [source, ...external].map((file) => file.path)
    return modelReport(
      model,
      await filesReport(shown, paths, { gzip, hash: detail }, hooks),
      dimsOf(model, engine.dims),
      { distributions: detail, ...hooks },
    )
  }
  const before = await describe(fileA, a.shown)
  const after = await describe(fileB, b.shown)
  hooks.signal?.throwIfAborted()
  return {
    ...NOTHING_MORE,
    schemaVersion: SCHEMA_VERSION,
    tool: tool(),
    command: 'compare',
    headlines: comparisonHeadlines(comparison, {
      weights: before.layers,
      span: compared.layers?.find(({ node }) => node === comparison.culprit)?.span ?? [],
      madeUp: madeUpBy(evaluation, newDims(engine, given)),
    }),
    seed: engine.seed,
    before,
    after,
    data: [{ role: 'evaluation', spec: evaluation.data, samples: compared.samples }],
    comparison,
    times: { startedAt: startedAt.toISOString(), seconds: (Date.now() - startedAt.getTime()) / 1000 },
  }
}

/**
 * Compares what a model was before with what it is after; for commands that make a model.
 *
 * @param evaluation  null: inputs are made up
 * @throws as `compare` does
 */
export async function compareModels(
  request: {
    readonly a: NamedModel
    readonly b: NamedModel
    readonly evaluation: Evaluation | null
    readonly layers: boolean
    readonly engine: Engine
  },
  hooks: RunHooks = {},
): Promise<ComparisonReport> {
  const { a, b, layers } = request
  const { evaluation, engine } = await settledData(request.evaluation, request.engine, readNamedModel(a.path).model)
  return comparisonReport(a.shown, b.shown, await compareNamed(a, b, evaluation, layers, engine, hooks))
}

/** Where there is no data, made-up inputs; wherever inputs are made up, numbers for what the model leaves open. */
async function settledData(
  evaluation: Evaluation | null,
  engine: Engine,
  model: Model,
): Promise<{ readonly evaluation: Evaluation; readonly engine: Engine }> {
  if (evaluation !== null && !isMadeUp(evaluation.data)) return { evaluation, engine }
  const dims = await madeUpDims(model, engine.dims)
  return { evaluation: evaluation ?? { data: MADE_UP }, engine: { ...engine, dims } }
}

/** What to tell of inputs that the user did not choose, or not wholly. */
function madeUpBy({ data }: Evaluation, dims: Readonly<Record<string, number>>) {
  return data === MADE_UP || Object.keys(dims).length > 0 ? { data, dims } : null
}

/** Those that a model has: the same axis may have another name in the other one. */
function dimsOf(model: Model, dims: Readonly<Record<string, number>>): Record<string, number> {
  const known = openDimensions(model).flatMap(({ name, axes }) => [name, ...axes])
  return Object.fromEntries(Object.entries(dims).filter(([name]) => known.includes(name)))
}

function newDims(engine: Engine, given: Engine): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(engine.dims).filter(([name]) => given.dims[name] === undefined))
}

const PHASES = { outputs: 'Comparing outputs', layers: 'Comparing layers' } as const

function compareNamed(
  a: NamedModel,
  b: NamedModel,
  { metrics: _, ...evaluation }: Evaluation,
  layers: boolean,
  { dims, seed, provider, threads }: Engine,
  hooks: RunHooks,
): Promise<Compared> {
  hooks.onProgress?.('Loading', null)
  const model = ({ path, shown }: NamedModel) => ({ path, name: shown })
  return compare(
    { ...evaluation, a: model(a), b: model(b), layers, dims, seed, provider, threads },
    { signal: hooks.signal, onProgress: ({ phase, done }) => hooks.onProgress?.(PHASES[phase], done) },
  )
}

function named({ path, shown }: ShownModel): NamedModel {
  return { path, shown: shown ?? 'stdin' }
}

function comparisonReport(a: string | null, b: string | null, compared: Compared): ComparisonReport {
  const { samples, outputs, layers, unmatched, skipped } = compared
  const report = {
    a,
    b,
    samples,
    outputs: outputs.map(({ agreement, ...difference }) => ({ ...differenceReport(difference), agreement })),
    layers:
      layers?.map(({ node, op, matchedBy, span, inputSqnrDb, localSqnrDb, share, ...difference }) => ({
        ...differenceReport(difference),
        node,
        op,
        matchedBy,
        span: span.length,
        inputSqnrDb: value(inputSqnrDb),
        localSqnrDb: metricValue(localSqnrDb),
        share,
      })) ?? null,
    unmatched,
    skipped,
  }
  return { ...report, culprit: layers === null ? null : culpritOf(layers, outputs) }
}

function differenceReport(difference: ValueDifference): DifferenceReport {
  const { name, elements, nonFinite } = difference
  const { maxError, meanError, maxMagnitude, sqnrDb, cosine } = difference
  return {
    name,
    elements,
    maxError: value(maxError),
    meanError: value(meanError),
    maxMagnitude: value(maxMagnitude),
    sqnrDb: value(sqnrDb),
    cosine: value(cosine),
    nonFinite,
  }
}

/** `metricValue` of what is a number. */
function value(number: number): MetricValue {
  return metricValue(number) ?? 'NaN'
}

/** Where a NaN or an infinity first appears in one model only; else the node with the largest share of the error. */
function culpritOf(layers: readonly LayerDifference[], outputs: readonly ValueDifference[]): string | null {
  const broken = layers.find(({ nonFinite }) => nonFinite !== null && !sameInBoth(nonFinite))
  if (broken !== undefined) return broken.node
  if (outputs.every(({ sqnrDb }) => sqnrDb >= ROUNDING_DB)) return null
  const shares = new Map<string, number>()
  for (const { node, share } of layers) shares.set(node, (shares.get(node) ?? 0) + share)
  const [first] = [...shares].sort(([, x], [, y]) => y - x)
  return first !== undefined && first[1] > 0 ? first[0] : null
}

function sameInBoth({ model }: { readonly model: string }): boolean {
  return model === 'both'
}
