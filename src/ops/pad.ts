import { attr } from '../ir/attr.js'
import { positive } from './axis-at.js'
import type { Axis, CoupleRule, Coupler, Cutter } from './coupling.js'
import { defineOp } from './op.js'
import { range, selected } from './selection.js'

/** How many elements come before and behind, by axis; fewer than none take elements away. */
function padsOf(c: Coupler | Cutter, rank: number): Map<number, readonly [number, number]> | null {
  const pads = c.param('pads')
  const axes = c.param('axes')
  if (!Array.isArray(pads) || axes === 'computed') return null
  const at: readonly number[] = Array.isArray(axes) ? axes : range(rank)
  return new Map(at.map((axis, i) => [axis < 0 ? axis + rank : axis, [pads[i] ?? 0, pads[i + at.length] ?? 0]]))
}

/**
 * Elements that are padded on are like others: what was a constant may go, and there is less to pad then. Only along
 * the channels, where something can come of it.
 */
function padded(c: Coupler, axis: Axis, [before, behind]: readonly [number, number], isChannels: boolean): Axis {
  if (before === 0 && behind === 0) return axis
  const why = 'it is padded'
  if ((c.node.string('mode') ?? 'constant') !== 'constant') {
    c.keep(axis, why)
    return c.fixed(axis.size + before + behind, why)
  }
  const start = Math.max(0, -before)
  const inside = selected(c, axis, range(axis.size - start - Math.max(0, -behind), start))
  const added = (count: number) => (isChannels ? c.free(count) : c.fixed(count, why))
  return c.join([...(before > 0 ? [added(before)] : []), inside, ...(behind > 0 ? [added(behind)] : [])])
}

const couplePad: CoupleRule = (c) => {
  const axes = c.input(0)
  const pads = padsOf(c, axes.length) ?? c.refuse('its pads are computed at run time')
  for (const at of pads.keys()) positive(c, at, axes.length)
  c.output(
    0,
    axes.map((axis, i) => padded(c, axis, pads.get(i) ?? [0, 0], i === 1 && axes.length >= 4)),
  )
}

/** What is left of the elements that are padded on, or what an element has to be taken away of. */
function padsAfter(c: Cutter, at: number, [before, behind]: readonly [number, number]): [number, number] {
  const size = c.inputShape(0).before[at] ?? 0
  const keptOut = c.keptOfOutput(0, at)
  const keptIn = c.keptOfInput(0, at)
  const length = size + before + behind
  const within = (kept: Int32Array | null, from: number, to: number) =>
    kept === null ? Math.max(0, to - from) : kept.filter((index) => index >= from && index < to).length
  return [
    before > 0 ? within(keptOut, 0, before) : -within(keptIn, 0, -before),
    behind > 0 ? within(keptOut, length - behind, length) : -within(keptIn, size + behind, size),
  ]
}

function cutPad(c: Cutter): void {
  const pads = padsOf(c, c.inputShape(0).before.length)
  if (pads === null) return
  const after = [...pads].map(([at, of]) => padsAfter(c, at, of))
  c.setParam('pads', [...after.map(([before]) => before), ...after.map(([, behind]) => behind)])
}

export const pad = defineOp({
  types: ['Pad'],
  couple: couplePad,
  cut: cutPad,
  upgrade: {
    // Only the name changed.
    2: (u) => {
      u.setAttr('pads', attr.ints(u.ints('paddings') ?? u.refuse('it has no paddings')))
      u.setAttr('paddings', null)
    },
    11: (u) => {
      const value = u.float('value', 0)
      u.moveToInput('pads', 1)
      if (value !== 0 && u.string('mode', 'constant') === 'constant') u.setInput(2, u.floatsLike(0, 'value', [value]))
      u.setAttr('value', null)
    },
  },
})
