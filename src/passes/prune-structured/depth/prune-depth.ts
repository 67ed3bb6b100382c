import { countMacs } from '../../../analysis/macs.js'
import { inferShapes } from '../../../analysis/shapes.js'
import { NothingToDoError, UsageError } from '../../../errors.js'
import type { Model } from '../../../ir/graph.js'
import { globMatcher } from '../../glob.js'
import type { Change, PassContext, Skip } from '../../pass.js'
import type { Choice } from './choose.js'
import { removeBlocks } from './remove.js'
import { type ResidualBlock, residualBlocks } from './residual-blocks.js'
import { chosenBlocks, type ScoreOutput } from './score.js'

export interface DepthOptions {
  /** How many blocks go; a block with others inside it counts for them as well. */
  readonly layers: number
  /** Globs: a block may go when one matches its name, or that of one of its nodes or constants. All may without one. */
  readonly include: readonly string[]
  /** Globs: a block stays when one matches, in it or in a block inside it. */
  readonly exclude: readonly string[]
  /** How many samples are looked at; by the cost of the model unless told. */
  readonly samples?: number | null
}

/** A residual block, as a report lists it. */
export interface BlockReport {
  readonly name: string
  /**
   * How much the outputs change without this block alone: sum (y' - y)^2 / sum y^2, mean over the outputs. Infinity when
   * they are not finite then; null for a block that had to stay.
   */
  readonly score: number | null
  readonly macs: number
  /** Of the constants that go with it. */
  readonly bytes: number
  readonly removed: boolean
}

export interface DepthResult {
  readonly changed: readonly Change[]
  readonly skipped: readonly Skip[]
  /** All residual blocks, in the order of the graph. */
  readonly blocks: readonly BlockReport[]
  /** How much the outputs change without all that were removed, on the same samples, measured as the scores are. */
  readonly error: number
  readonly samples: number
  /** Sentences for the head of a report. */
  readonly notes: readonly string[]
}

/**
 * Depth pruning: removes the residual blocks without which the outputs of the model change least, one after the other,
 * measured on the data to learn from, or on made-up inputs where there are none.
 *
 * @param model  with shapes and constants folded as far as they are known; changed in place
 * @throws NothingToDoError when there is no residual block, or none that may go
 * @throws UsageError when more are to go than there are
 * @throws DataError, UnsupportedModelError when the model does not run on the data, or at all
 * @see Men et al. 2024, "ShortGPT", arXiv:2403.03853; Song et al. 2024, "SLEB", arXiv:2402.09025
 */
export async function pruneDepth(model: Model, options: DepthOptions, context: PassContext): Promise<DepthResult> {
  const shapes = await inferShapes(model, { dims: context.data?.dims ?? {} })
  const open = await inferShapes(model, { open: true })
  const macs = countMacs(model, shapes)
  const { blocks, refused } = residualBlocks(model, { shapes, open, macs })
  const eligible = mayGo(blocks, options)
  checkCount(blocks, eligible, options, refused)
  const candidates = { eligible, inside: insides(blocks) }
  const scoring = { shapes, macs: macs.total, samples: options.samples ?? null }
  const choice = await chosenBlocks(model, blocks, candidates, options.layers, scoring, context)
  const gone = new Set(choice.removed)
  await removeBlocks(
    model,
    blocks.filter((_, i) => gone.has(i)),
    open,
  )
  return { ...reported(blocks, choice), skipped: refused, ...saidOf(choice, context) }
}

/** A block goes with those inside it, so all of them must be allowed to. */
function mayGo(blocks: readonly ResidualBlock[], { include, exclude }: DepthOptions): boolean[] {
  const [included, excluded] = [include.map(globMatcher), exclude.map(globMatcher)]
  const stays = new Set<ResidualBlock>()
  // Inner ones stand before outer ones.
  for (const block of blocks) {
    const isMeant = included.length === 0 || included.some((matches) => matches(block.names))
    if (!isMeant || excluded.some((matches) => matches(block.names))) stays.add(block)
    if (stays.has(block) && block.within !== null) stays.add(block.within)
  }
  return blocks.map((block) => !stays.has(block))
}

/** @returns for each block those that it takes with it, by index */
function insides(blocks: readonly ResidualBlock[]): number[][] {
  const inside = new Map(blocks.map((block) => [block, [] as number[]]))
  for (const [i, block] of blocks.entries()) {
    for (let outer = block.within; outer !== null; outer = outer.within) inside.get(outer)?.push(i)
  }
  return [...inside.values()]
}

function checkCount(
  blocks: readonly ResidualBlock[],
  eligible: readonly boolean[],
  { layers, include, exclude }: DepthOptions,
  refused: readonly Skip[],
): void {
  if (blocks.length === 0) {
    throw new NothingToDoError('The model has no residual block: no layer can be left out.', {
      suggestions: [
        'A layer can be left out where its output is added to its input, both of one shape: x + f(x).',
        ...refused.slice(0, SHOWN).map(({ target, why }) => `"${target}" is no such sum: ${why}.`),
        'Remove channels instead: --ratio 0.5',
      ],
    })
  }
  const fitting = blocks.filter((_, i) => eligible[i])
  if (layers <= fitting.length) return
  const all = `${blocks.length} residual block${blocks.length === 1 ? '' : 's'}`
  if (layers > blocks.length) {
    throw new UsageError(`--layers ${layers}: the model has ${all}.`, {
      suggestions: [`Its blocks: ${listed(blocks)}.`],
    })
  }
  const globs = [...(include.length > 0 ? ['--include'] : []), ...(exclude.length > 0 ? ['--exclude'] : [])]
  const leave = globs.length === 1 ? 'leaves' : 'leave'
  throw new UsageError(`--layers ${layers}: ${globs.join(' and ')} ${leave} ${fitting.length} of ${all}.`, {
    suggestions: [
      fitting.length === 0 ? `The blocks: ${listed(blocks)}.` : `Those that may go: ${listed(fitting)}.`,
      'A glob is held against the names of the nodes and constants in a block.',
    ],
  })
}

const SHOWN = 20

function listed(blocks: readonly ResidualBlock[]): string {
  const more = blocks.length > SHOWN ? ` and ${blocks.length - SHOWN} more` : ''
  return `${blocks
    .slice(0, SHOWN)
    .map(({ name }) => name)
    .join(', ')}${more}`
}

function reported(
  blocks: readonly ResidualBlock[],
  { scores, removed }: Choice,
): Pick<DepthResult, 'blocks' | 'changed'> {
  const gone = new Set(removed)
  const reports = blocks.map(({ name, macs, bytes }, i) => {
    return { name, score: scores[i] ?? null, macs, bytes, removed: gone.has(i) }
  })
  const changed = removed.map((i) => ({ target: blocks[i]?.name ?? '', what: whatOf(reports[i]) }))
  return { blocks: reports, changed }
}

/** `residual block removed: alone it changes the outputs by 1.3 %` */
function whatOf(block: BlockReport | undefined): string {
  const score = block?.score ?? null
  const alone = score === null ? '' : `: alone it changes the outputs by ${percent(score)}`
  return `residual block removed${alone}`
}

/** Of the root mean square, which people read errors as. */
function percent(error: number): string {
  return Number.isFinite(error) ? `${(100 * Math.sqrt(error)).toPrecision(2)} %` : 'numbers that are not finite'
}

function saidOf(
  { error, samples }: ScoreOutput,
  { data }: PassContext,
): Pick<DepthResult, 'error' | 'samples' | 'notes'> {
  const on = `${samples} sample${samples === 1 ? '' : 's'}`
  const notes =
    data === undefined
      ? [
          `Which residual blocks matter least was measured on ${on} made up at random, which need not look like real ones: --data SPEC is a better judge.`,
        ]
      : []
  return { error, samples, notes }
}
