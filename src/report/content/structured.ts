import { bytes, count, NONE, number, numeric, percent, plural } from '../format.js'
import type {
  DepthBlockReport,
  FrozenReport,
  GroupReport,
  GroupsReport,
  MetricValue,
  OracleReport,
  PrunedGroupReport,
  RecoveredReport,
  StructuredReport,
} from '../report.js'

/** A group as every form shows it. */
export interface PrunedRow {
  readonly name: string
  /** `12 → 9 heads` has what its units are; channels need not be named. */
  readonly kind: string
  readonly before: string
  readonly after: string
  /** Of the units those that stayed, 0..1. */
  readonly left: number
  readonly leftText: string
  /** How many layers lose them together. */
  readonly layers: string
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
}

/** The `most` groups that most was removed of, in the order of the graph. */
export function prunedRows({ groups }: StructuredReport, most: number): readonly PrunedRow[] {
  const lost = ({ channels, channelsAfter }: PrunedGroupReport) => channels - channelsAfter
  return inOrder(groups, most, lost).map((group) => {
    const [before, after] = widthOf(group)
    const left = before === 0 ? 1 : after / before
    return {
      name: group.name,
      kind: group.kind === 'heads' ? 'heads' : '',
      before: count(before),
      after: count(after),
      left,
      leftText: after === before ? 'all' : percent(left, 0),
      layers: layersText(group),
      producers: group.producers,
      consumers: group.consumers,
    }
  })
}

/** In channels, or in heads: before and after. */
export function widthOf(group: PrunedGroupReport): readonly [before: number, after: number] {
  return group.kind === 'heads' ? [group.units, group.unitsAfter] : [group.channels, group.channelsAfter]
}

/** A group that something could be removed of. */
export interface GroupRow {
  readonly name: string
  readonly kind: string
  readonly units: string
  readonly channels: string
  readonly macs: string
  readonly bytes: string
  /** Of the bytes of the largest group, 0..1. */
  readonly share: number
  readonly producers: readonly string[]
  readonly consumers: readonly string[]
}

/** The `most` largest groups, in the order of the graph. */
export function groupRows({ groups }: GroupsReport, most: number): readonly GroupRow[] {
  const largest = Math.max(1, ...groups.map((group) => group.bytes))
  return inOrder(groups, most, (group) => group.bytes).map((group) => ({
    name: group.name,
    kind: group.kind === 'heads' ? 'heads' : '',
    units: count(group.units),
    channels: count(group.channels),
    macs: group.macs === null ? NONE : count(group.macs, 7),
    bytes: bytes(group.bytes),
    share: group.bytes / largest,
    producers: group.producers,
    consumers: group.consumers,
  }))
}

function inOrder<T>(all: readonly T[], most: number, weightOf: (item: T) => number): readonly T[] {
  if (all.length <= most) return all
  const kept = new Set([...all].sort((a, b) => weightOf(b) - weightOf(a)).slice(0, most))
  return all.filter((item) => kept.has(item))
}

function layersText({ producers, consumers }: Pick<GroupReport, 'producers' | 'consumers'>): string {
  return count(new Set([...producers, ...consumers]).size)
}

/** `made by conv1, conv2; read by conv3` */
export function membersText({ producers, consumers }: Pick<GroupReport, 'producers' | 'consumers'>): string {
  return `made by ${producers.join(', ')}; read by ${consumers.length === 0 ? 'none' : consumers.join(', ')}`
}

/** How many of all groups lost something: `48 of 52 groups were cut: of 9 128 channels that could go, 4 564 stayed.` */
export function groupsText({ groups }: StructuredReport): string {
  if (groups.length === 0) return 'No channels could be removed.'
  const cut = groups.filter(({ units, unitsAfter }) => unitsAfter < units).length
  const [all, left] = [0, 1].map((i) => sum(groups, (group) => widthOf(group)[i] ?? 0))
  const were = `${count(cut)} of ${plural(groups.length, 'group')} ${cut === 1 ? 'was' : 'were'} cut`
  return `${were}: of ${count(all ?? 0)} ${unitsText(groups)} that could go, ${count(left ?? 0)} stayed.`
}

/** What `inspect --groups` found, a sentence. */
export function foundText({ groups, frozen }: GroupsReport): string {
  const units = `${count(sum(groups, ({ kind, units, channels }) => (kind === 'heads' ? units : channels)))} ${unitsText(groups)}`
  const can =
    groups.length === 0 ? 'Nothing can be removed' : `${units} can be removed, in ${plural(groups.length, 'group')}`
  const keeps = frozen.length === 1 ? 'keeps' : 'keep'
  return frozen.length === 0 ? `${can}.` : `${can}; ${plural(frozen.length, 'layer')} ${keeps} some or all of theirs.`
}

function unitsText(groups: readonly Pick<GroupReport, 'kind'>[]): string {
  const kinds = new Set(groups.map(({ kind }) => kind))
  return (['channels', 'heads'] as const).filter((kind) => kinds.has(kind)).join(' and ')
}

/** What the table of groups is about. */
export const PREPARED =
  'Seen as prune structured sees it: with the shapes and constants that are known worked out, functions and branches that are taken put in their places, and packed weights unpacked.'

/** Layers that one node keeps for one reason. */
export interface Hindrance {
  /** The node, `the model` for its interface, or `the layer itself`. */
  readonly by: string
  readonly why: string
  readonly layers: readonly FrozenReport[]
  readonly bytes: number
}

/** What keeps most bytes first. */
export function hindrances(frozen: readonly FrozenReport[]): readonly Hindrance[] {
  const found = new Map<string, { by: string; why: string; layers: FrozenReport[]; bytes: number }>()
  for (const layer of frozen) {
    const key = JSON.stringify([layer.node, layer.why])
    const known = found.get(key) ?? { by: keeperOf(layer), why: layer.why, layers: [], bytes: 0 }
    found.set(key, known)
    known.layers.push(layer)
    known.bytes += layer.bytes
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes)
}

function keeperOf({ node, why }: FrozenReport): string {
  return node ?? (why.endsWith(' of the model') ? 'the model' : 'the layer itself')
}

/** `keeps 3 layers, 1.2 MB (conv1, conv2 and 1 more): it is normalized over`. */
export function hindranceText({ why, layers, bytes: size }: Hindrance, most: number): string {
  return `keeps ${plural(layers.length, 'layer')}, ${bytes(size)} (${named(layers.map(keptText), most)}): ${why}`
}

/** `conv1`, or `conv1: 3 of 64` where not all has to stay. */
export function keptText({ target, channels, of }: FrozenReport): string {
  return channels === of ? target : `${target}: ${count(channels)} of ${count(of)}`
}

/** `conv1, conv2 and 4 more` */
export function named(names: readonly string[], most: number): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${count(more)} more` : names.join(', ')
}

export interface BlockRow {
  readonly name: string
  /** `1.3 %`: the root of the relative mean squared error that outputs have without it. */
  readonly change: string
  readonly macs: string
  readonly bytes: string
  readonly removed: boolean
}

/** The blocks that were removed, and all others beside them, in the order of the graph. */
export function blockRows({ blocks }: StructuredReport, most: number): readonly BlockRow[] {
  const first = ({ removed, score }: DepthBlockReport) => (removed ? 2 : 1 / (1 + (numeric(score) ?? Infinity)))
  return inOrder(blocks, most, first).map((block) => ({
    name: block.name,
    change: block.score === null ? 'stays' : rootPercent(block.score),
    macs: block.macs === null ? NONE : count(block.macs, 7),
    bytes: bytes(block.bytes),
    removed: block.removed,
  }))
}

export interface RecoveredRow {
  readonly target: string
  readonly what: string
  readonly before: string
  readonly after: string
}

/** The `most` layers whose error fell most, in the order of the graph. */
export function recoveredRows({ recovered }: StructuredReport, most: number): readonly RecoveredRow[] {
  const gain = ({ errorBefore, errorAfter }: RecoveredReport) =>
    (numeric(errorBefore) ?? 0) - (numeric(errorAfter) ?? 0)
  return inOrder(recovered, most, gain).map(({ target, what, errorBefore, errorAfter }) => ({
    target,
    what,
    before: errorBefore === null ? '' : rootPercent(errorBefore),
    after: errorAfter === null ? '' : rootPercent(errorAfter),
  }))
}

/** Of squared errors the root, as people read errors. */
function rootPercent(value: MetricValue): string {
  const root = Math.sqrt(Number(value))
  if (!Number.isFinite(root)) return 'not finite'
  return root === 0 ? '0 %' : `${Number((100 * root).toPrecision(2))} %`
}

/** `equal to the original with zeros ...: largest difference 1.4e-7 of an output's range, on 2 inputs` */
export function oracleText({ maxError, limit, inputs }: OracleReport): string {
  return `equal to the original without what was removed: outputs differ by at most ${number(maxError, 3)} of their range, on ${plural(inputs, 'input')} (up to ${number(limit, 3)} is rounding)`
}

function sum<T>(all: readonly T[], of: (item: T) => number): number {
  return all.reduce((total, item) => total + of(item), 0)
}
