import type { Part } from '../data/part.js'
import { UsageError } from '../errors.js'
import type { Model, Value } from '../ir/graph.js'
import type { DType } from '../ir/type.js'
import type { Options, ValuesOf } from './option.js'

/** What a pass did to one initializer or node. */
export interface Change {
  readonly target: string
  readonly what: string
}

/** What it left alone, and why: often the most useful lines of a report. */
export interface Skip {
  readonly target: string
  readonly why: string
}

/** A constant that is stored otherwise than before. */
export interface PackedWeight {
  /** The value that the nodes around it read. */
  readonly value: Value
  readonly dtype: DType
  readonly shape: readonly number[]
  /** `gaps below 40 + codebook of 16` */
  readonly encoding: string
  /** Dense, and as stored with all that decodes it. */
  readonly bytesBefore: number
  readonly bytes: number
  /** Share of the elements that are zero, 0..1. */
  readonly sparsity: number
  /** Root of the sum of squared errors by the root of the sum of squares; 0 is bit for bit. */
  readonly error: number
}

/** A packing that was tried on data. */
export interface PackingPoint {
  readonly bound: string
  readonly bytes: number
  readonly metric: string
  readonly unit: 'fraction' | 'dB' | 'number'
  readonly better: 'higher' | 'lower'
  readonly value: number
  /** The value of the model as it came in, on the same data. */
  readonly base: number
  readonly chosen: boolean
}

export interface Packing {
  /** What bounds the loss, in words: `lossless`. */
  readonly bound: string
  readonly weights: readonly PackedWeight[]
  /** Empty when nothing was tried. */
  readonly curve: readonly PackingPoint[]
}

/** A group of units that structured pruning ranks together. */
export interface PrunedGroup {
  /** The node that makes most of it. */
  readonly name: string
  readonly kind: 'channels' | 'heads'
  /** What can be removed one by one, and what of it stayed. */
  readonly units: number
  readonly unitsAfter: number
  /** Output channels of the weights that make them: a unit may be a channel, or a head of 64 of them. */
  readonly channels: number
  readonly channelsAfter: number
  /** Nodes whose weights make the units, and those whose weights read them. */
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
}

/** Output channels of a weight that nothing could go of, and why. */
export interface FrozenWeight {
  readonly target: string
  readonly channels: number
  readonly of: number
  /** Of the weight, as far as it stays for that. */
  readonly bytes: number
  /** The node that blocks them; null where it is the interface of the model. */
  readonly node: string | null
  readonly why: string
}

/** A residual block that depth pruning looked at. */
export interface DepthBlock {
  readonly name: string
  /** How much the outputs change without it: relative mean squared error; null where it had to stay. */
  readonly score: number | null
  /** Multiply-accumulate operations of one run; null when not known. */
  readonly macs: number | null
  readonly bytes: number
  readonly removed: boolean
}

/** A layer whose weights were adjusted on data, so that it makes up for what is gone. */
export interface RecoveredLayer {
  readonly target: string
  readonly what: 'absorbed' | 'refitted' | 're-estimated'
  /** Relative mean squared error of what the layer computes, before and after; null where it was not measured. */
  readonly errorBefore: number | null
  readonly errorAfter: number | null
}

/** How a cut model compares with the original in which what was cut counts as zero. */
export interface OracleResult {
  /** Largest difference of any output, as a share of the output's range. */
  readonly maxError: number
  readonly limit: number
  readonly inputs: number
  /** Sentences: what it could not tell, and why more was allowed. */
  readonly notes: readonly string[]
}

export interface Structured {
  /** What was asked for, in words: `ratio 0.5 of each group`. */
  readonly goal: string
  readonly groups: readonly PrunedGroup[]
  readonly frozen: readonly FrozenWeight[]
  readonly blocks: readonly DepthBlock[]
  readonly recovered: readonly RecoveredLayer[]
  /** Null when it was not asked for. */
  readonly oracle: OracleResult | null
}

export interface PassResult {
  readonly changed: readonly Change[]
  readonly skipped: readonly Skip[]
  /** Sentences for the head of the report: what the user should know beyond the figures. */
  readonly notes?: readonly string[]
  /** How the weights are stored now, for a pass that stores them otherwise. */
  readonly packing?: Packing
  /** What was removed, and what could not be, for a pass that makes tensors smaller. */
  readonly structured?: Structured
  /** How many samples it learned from; absent when it learned from none. */
  readonly samples?: number
}

/** What a pass learns or calibrates from, and how models are run for it. */
export interface LearningData {
  /** `PATH[,PATH...][?key=value&...]` */
  readonly data: string
  /** Of these samples the ones that may be learned from: all, or those that are not kept for judging. */
  readonly part: Part
  /** The first samples only; the part is taken of them. */
  readonly limit: number | null
  readonly batchSize: number | null
  /** Input name to field name. */
  readonly binds: Readonly<Record<string, string>>
  /** The field that holds the labels. */
  readonly label: string | null
  /** Numbers for dimensions that the model leaves open. */
  readonly dims: Readonly<Record<string, number>>
  readonly provider: string | null
  readonly threads: number | null
  /** A folder for files: new tensors may lie in it, for it stays until the result is written. */
  readonly folder: string
}

export interface PassContext {
  readonly seed: number
  /** How models are run for it; ONNX Runtime's defaults, and no open dimension filled, unless told. */
  readonly engine?: {
    /** Numbers for dimensions that the model leaves open. */
    readonly dims: Readonly<Record<string, number>>
    readonly provider: string | null
    readonly threads: number | null
  }
  /** Makes a folder for files: new tensors may lie in it, for it stays until the result is written. */
  readonly folder: () => Promise<string>
  /** What the model takes in one file, as it came: before it was upgraded for the pass. */
  readonly bytesBefore?: number
  /** Only for a pass that learns with the values that it is given. */
  readonly data?: LearningData
  readonly signal?: AbortSignal
  /** @param done  a fraction 0..1 of the pass's work */
  readonly onProgress?: (done: number) => void
}

/** What a pass promises; laws in test/laws hold every pass to it. */
export interface Traits {
  readonly outputs: 'equal' | 'changed'
  /** A second run with the same options changes nothing. */
  readonly idempotent: boolean
  readonly bytes: 'never-more' | 'may-grow'
  readonly needs: readonly ('shapes' | 'data' | 'labels' | 'training')[]
  /**
   * What becomes of packed weights: a pass that works on weights gets them unpacked, and afterwards the runner packs
   * them again; others see nodes like any others, and leave those that decode; some decide how weights are stored.
   */
  readonly packed: 'keeps' | 'unpacks' | 'decides'
  readonly minOpset?: number
}

/**
 * What a user can name: the command with its flags, the recipe key, `mcompress passes` and the docs all
 * come from this. The work itself is behind `load`, so that help stays fast.
 */
export interface Pass<O extends Options = Options> {
  readonly name: string
  /** The words of the command: `prune`, `prune structured`. */
  readonly command: string
  readonly summary: string
  readonly description: string
  /** The paper or specification. */
  readonly source: string
  /** What stands in the output's default name: `model.pruned.onnx`. */
  readonly suffix: string
  readonly examples: readonly string[]
  readonly traits: Traits
  readonly options: O
  /** Checks what the options' own checks cannot: combinations. @throws UsageError */
  readonly check: (values: ValuesOf<O>) => void
  /** The options that make it need data to learn from, as a report names them: `--criterion wanda`; null when it needs none. */
  readonly learns?: (values: ValuesOf<O>) => string | null
  /** Whether it learns with these options where there is data, and does without where there is none. */
  readonly mayLearn?: (values: ValuesOf<O>) => boolean
  /** Options whose defaults mean nothing beside these values: a report that named them could not be run again. */
  readonly unused?: (values: ValuesOf<O>) => readonly (keyof O)[]
  /** Set where what it makes is often packed in the same run: its command has --pack, then. */
  readonly packable?: true
  /** What to try when the accuracy fell with these options; null when there is nothing better to say. */
  readonly whenAccuracyFell?: (values: ValuesOf<O>) => string | null
  readonly load: () => Promise<{ readonly run: Run<O> }>
}

/** Changes the model in place; the runner hands it a copy and throws that away on failure. */
export type Run<O extends Options> = (model: Model, values: ValuesOf<O>, context: PassContext) => Promise<PassResult>

/** @param what  that needs the data, as `learns` says it */
export function missingData(what: string): UsageError {
  return new UsageError(`${what} learns from data, but there is none.`, {
    suggestions: [
      'Add --data SPEC, for example --data train.npz: some hundred samples like those that the model is for.',
    ],
  })
}

/** Ties the option values to the declared options, and forgets the particular type for the table. */
export function definePass<O extends Options>(pass: Pass<O>): Pass {
  return pass as unknown as Pass // values reach run only through this pass's own options (recipe/recipe.ts)
}
