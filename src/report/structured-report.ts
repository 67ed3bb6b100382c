import type { MetricValue } from './report.js'

/** What structured pruning removed, and what it could not: a part of the report. */
export interface StructuredReport {
  /** What was asked for, in words: `ratio 0.5 of each group`. */
  readonly goal: string
  /** In the order of the graph. */
  readonly groups: readonly PrunedGroupReport[]
  /** Output channels that had to stay: what keeps most weights first. */
  readonly frozen: readonly FrozenReport[]
  /** Residual blocks that might have gone as a whole, in the order of the graph; empty when none were looked for. */
  readonly blocks: readonly DepthBlockReport[]
  /** Layers that were adjusted on data to make up for what is gone, in the order of the graph. */
  readonly recovered: readonly RecoveredReport[]
  /** The cut model beside the original, in which what is gone counts as zero; null when that was not asked for. */
  readonly oracle: OracleReport | null
}

/** Units that competed with one another. */
export interface PrunedGroupReport {
  /** The node that makes most of it. */
  readonly name: string
  readonly kind: 'channels' | 'heads'
  /** What can go one by one, and what of it stayed. */
  readonly units: number
  readonly unitsAfter: number
  /** Output channels of the weights that make them: a unit may be a channel, or a head of 64 of them. */
  readonly channels: number
  readonly channelsAfter: number
  /** Nodes whose weights make the units, and those whose weights sum over them. */
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
}

/** Output channels of a weight that have to stay. */
export interface FrozenReport {
  /** The node whose weight it is. */
  readonly target: string
  readonly channels: number
  readonly of: number
  /** Of the weight, as far as it stays for that. */
  readonly bytes: number
  /** The node that blocks them; null where it is the interface of the model. */
  readonly node: string | null
  readonly why: string
}

/** A residual block: x + f(x). */
export interface DepthBlockReport {
  readonly name: string
  /** How much the outputs change without it alone, relative mean squared error; null where it had to stay. */
  readonly score: MetricValue | null
  /** Of one run; null when not known. */
  readonly macs: number | null
  readonly bytes: number
  readonly removed: boolean
}

export interface RecoveredReport {
  readonly target: string
  readonly what: 'absorbed' | 'refitted' | 're-estimated'
  /** Of what the layer computes, relative mean squared error; null where it was not measured. */
  readonly errorBefore: MetricValue | null
  readonly errorAfter: MetricValue | null
}

export interface OracleReport {
  /** Largest difference of any output, as a share of its range. */
  readonly maxError: number
  /** Up to this it counts as rounding. */
  readonly limit: number
  /** How many inputs both were run on. */
  readonly inputs: number
  /** What it could not tell, a sentence each. */
  readonly notes: readonly string[]
}

/** What of a model structured pruning could remove (`inspect --groups`). */
export interface GroupsReport {
  /** In the order of the graph. */
  readonly groups: readonly GroupReport[]
  /** Output channels that have to stay: what keeps most weights first. */
  readonly frozen: readonly FrozenReport[]
  /** Nodes around which nothing can be followed, and why. */
  readonly blocked: readonly { readonly node: string; readonly why: string }[]
}

export interface GroupReport {
  readonly name: string
  readonly kind: 'channels' | 'heads'
  /** What can go one by one. */
  readonly units: number
  /** Output channels of the weights that make them. */
  readonly channels: number
  /** Of the layers that make the units or sum over them: of one run; null when not known. */
  readonly macs: number | null
  /** Of the weights of these layers. */
  readonly bytes: number
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
}
