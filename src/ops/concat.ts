import { attr } from '../ir/attr.js'
import { positive } from './axis-at.js'
import { defineOp } from './op.js'

/** The axis is 1 unless said before opset 4, and has to be said since. */
export const concat = defineOp({
  types: ['Concat'],
  couple: (c) => {
    const [first = c.refuse('it has no inputs'), ...others] = c.node.inputs.map((_, i) => c.input(i))
    const at = positive(c, c.node.int('axis', 1), first.length)
    for (const other of others) {
      if (other.length !== first.length) c.refuse('its inputs differ in rank')
      for (const [i, axis] of other.entries()) if (i !== at) c.tie(first[i] ?? axis, axis)
    }
    const joined = c.join([first, ...others].flatMap((axes) => axes[at] ?? []))
    c.output(0, first.with(at, joined))
  },
  upgrade: {
    4: (u) => {
      if (!u.node.attrs.has('axis')) u.setAttr('axis', attr.int(1))
    },
  },
})
