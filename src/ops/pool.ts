import { attr } from '../ir/attr.js'
import { defineOp } from './op.js'

/** Before opset 2 the norm could be a fraction. */
export const lpPool = defineOp({
  types: ['LpPool', 'GlobalLpPool'],
  upgrade: {
    2: (u) => {
      const p = u.float('p', 2)
      if (!Number.isInteger(p)) u.refuse(`its norm is ${p}, and has to be a whole number since opset 2`)
      u.setAttr('p', attr.int(p))
    },
  },
})
