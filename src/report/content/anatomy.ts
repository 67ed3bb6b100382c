import type { Division } from '../../analysis/division.js'
import { plural } from '../format.js'
import type { PartReport, WhyReport } from '../report.js'

/** A line of a tree. */
export interface PartRow {
  /** 0 for the parts of the whole. */
  readonly depth: number
  readonly name: string
  /** Whether it stands for several parts. */
  readonly gathered: boolean
  readonly bytes: number
  readonly macs: number
  /** Of the bytes and MACs of the whole, 0..1. */
  readonly bytesShare: number
  readonly macsShare: number
}

export interface TreeView {
  readonly by: Division
  readonly rows: readonly PartRow[]
  readonly total: PartReport
}

export const DIVISION_TITLES: Readonly<Record<Division, string>> = {
  op: 'By op',
  dtype: 'By element type',
  layer: 'By layer, in the order of the graph',
  name: 'By name',
}

/** Levels that are shown, and at each how many parts. */
const MOST: Readonly<Record<Division, readonly number[]>> = {
  op: [7, 3],
  dtype: [6, 3],
  layer: [20],
  name: [6, 3, 3],
}
/** A part below this share of both bytes and MACs is not worth a line of its own. */
const WORTH_A_LINE = 0.005
/** A second element type with less is no way to divide a model. */
const WORTH_A_TREE = 0.01
/** What makes up that much of a part is the part: weight and bias. */
const NEARLY_ALL = 0.95

/**
 * The trees to show.
 *
 * @param by    null for the two that say most
 * @param full  whether every part is shown
 */
export function treeViews(why: WhyReport, by: readonly Division[] | null, full: boolean): readonly TreeView[] {
  const chosen = by ?? tellingDivisions(why)
  return chosen.flatMap((division) => {
    const tree = why.trees.find((each) => each.by === division)
    if (tree === undefined) return []
    return [{ by: division, rows: rowsOf(tree.root, tree.root, full ? null : MOST[division], 0), total: tree.root }]
  })
}

/** By op, and by name where names have a structure; else by element type, where there are several. */
function tellingDivisions({ trees }: WhyReport): readonly Division[] {
  const root = (by: Division) => trees.find((tree) => tree.by === by)?.root.children ?? []
  const structured = root('name').some((part) => part.children.some((child) => child.children.length > 0))
  if (structured) return ['op', 'name']
  const types = root('dtype')
  const whole = types.reduce((sum, part) => sum + part.bytes, 0)
  const telling = types.filter((part) => part.children.length > 0 && part.bytes >= WORTH_A_TREE * whole)
  return telling.length > 1 ? ['op', 'dtype'] : ['op']
}

/** @param most  for this level and those below it, how many parts are shown; null for all */
function rowsOf(
  part: PartReport,
  whole: PartReport,
  most: readonly number[] | null,
  depth: number,
): readonly PartRow[] {
  const { children } = part
  const shown = most === null ? children : worthShowing(children, whole, most[0] ?? 0)
  const below = most === null ? null : most.slice(1)
  const rows = shown.flatMap((child) => [
    rowOf(child, whole, depth),
    ...(below?.length === 0 || (below !== null && isOneTensor(child)) ? [] : rowsOf(child, whole, below, depth + 1)),
  ])
  const rest = children.filter((child) => !shown.includes(child))
  return rest.length === 0 ? rows : [...rows, gatheredRow(rest, whole, depth)]
}

/** The ops of a part are looked for, its tensors are not. */
function isOneTensor({ bytes, macs, children }: PartReport): boolean {
  if (children.some((child) => child.children.length > 0)) return false
  return children.some((child) => child.bytes >= NEARLY_ALL * bytes && child.macs >= NEARLY_ALL * macs)
}

/** The largest, in the order in which they came; one alone is not left out. */
function worthShowing(parts: readonly PartReport[], whole: PartReport, most: number): readonly PartReport[] {
  const weight = (part: PartReport) => Math.max(share(part.bytes, whole.bytes), share(part.macs, whole.macs))
  const single = parts.filter((part) => gatheredCount(part) === 0)
  const chosen = new Set(
    [...single]
      .sort((a, b) => weight(b) - weight(a))
      .slice(0, most)
      .filter((part) => weight(part) >= WORTH_A_LINE),
  )
  if (parts.length - chosen.size === 1) return parts
  return parts.filter((part) => chosen.has(part))
}

function rowOf(part: PartReport, whole: PartReport, depth: number): PartRow {
  const { name, bytes, macs } = part
  const shares = { bytesShare: share(bytes, whole.bytes), macsShare: share(macs, whole.macs) }
  const n = gatheredCount(part)
  return { depth, name: n > 0 ? `… ${plural(n, 'smaller one')}` : name, gathered: n > 0, bytes, macs, ...shares }
}

function gatheredRow(parts: readonly PartReport[], whole: PartReport, depth: number): PartRow {
  const n = parts.reduce((sum, part) => sum + Math.max(1, gatheredCount(part)), 0)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  const macs = parts.reduce((sum, part) => sum + part.macs, 0)
  return {
    depth,
    name: `… ${n} more`,
    gathered: true,
    bytes,
    macs,
    bytesShare: share(bytes, whole.bytes),
    macsShare: share(macs, whole.macs),
  }
}

/** How many parts stand together as one; 0 for a part of its own. */
function gatheredCount({ name, children }: PartReport): number {
  return children.length > 0 ? 0 : Number(/^(\d+) smaller ones$/.exec(name)?.[1] ?? 0)
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
