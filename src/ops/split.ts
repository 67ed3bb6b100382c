import { attr } from '../ir/attr.js'
import { positive } from './axis-at.js'
import type { Axis, Coupler, Cutter } from './coupling.js'
import { defineOp } from './op.js'
import { range, selected } from './selection.js'

/** How many elements each output gets; without sizes equally many, but for the last. */
function sizesOf(c: Coupler | Cutter, length: number): readonly number[] | null {
  const stated = c.param('split')
  if (stated === 'computed') return null
  if (stated !== 'absent' && stated.length > 0) return stated
  const count = c.node.outputs.length
  const each = Math.ceil(length / count)
  return range(count).map((i) => (i < count - 1 ? each : length - each * (count - 1)))
}

export const split = defineOp({
  types: ['Split'],
  couple: (c) => {
    const axes = c.input(0)
    const at = positive(c, c.node.int('axis', 0), axes.length)
    const axis: Axis = axes[at] ?? c.free(1)
    const sizes = sizesOf(c, axis.size)
    if (sizes === null) c.keep(axis, 'the sizes are computed at run time')
    let start = 0
    for (const output of c.node.outputs.keys()) {
      const size = sizes?.[output] ?? c.outputShape(output)[at] ?? 0
      const part = sizes ? selected(c, axis, range(size, start)) : c.fixed(size, 'the sizes are computed at run time')
      if (c.node.outputs[output]) c.output(output, axes.with(at, part))
      start += size
    }
  },
  cut: (c) => {
    const { before } = c.inputShape(0)
    const at = c.node.int('axis', 0)
    const length = before.at(at) ?? 0
    const kept = c.keptOfInput(0, at)
    const sizes = sizesOf(c, length)
    if (kept === null || sizes === null) return
    let start = 0
    const after = sizes.map((size) => {
      const [from, to] = [start, start + size]
      start = to
      return kept.filter((index) => index >= from && index < to).length
    })
    if (c.opset < 13) c.setInts('split', after)
    else c.setParam('split', after)
    c.removeAttr('num_outputs')
  },
  upgrade: {
    2: (u) => {
      if (u.input(1) !== null) u.refuse('its sizes are an input, which opset 2 took away')
    },
    13: (u) => u.moveToInput('split', 1),
    // Without sizes the number of parts was that of the outputs; now it has to be said.
    18: (u) => {
      if (u.input(1) === null) u.setAttr('num_outputs', attr.int(u.node.outputs.length))
    },
  },
})
