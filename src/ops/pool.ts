import { attr } from '../ir/attr.js'
import { axisAt, keepAll } from './axis-at.js'
import type { Axis, Coupler } from './coupling.js'
import { defineOp } from './op.js'

/** Before opset 2 the norm could be a fraction. */
export const lpPool = defineOp({
  types: ['LpPool', 'GlobalLpPool'],
  couple: couplePool,
  upgrade: {
    2: (u) => {
      const p = u.float('p', 2)
      if (!Number.isInteger(p)) u.refuse(`its norm is ${p}, and has to be a whole number since opset 2`)
      u.setAttr('p', attr.int(p))
    },
  },
})

/** The reverse of MaxPool; a third input may state the shape of its output. */
export const maxUnpool = defineOp({
  types: ['MaxUnpool'],
  couple: (c) => {
    const [x, indices] = [c.input(0), c.input(1)]
    for (const [i, axis] of x.slice(0, 2).entries()) c.tie(axis, axisAt(c, indices, i))
    keepAll(c, [...x.slice(2), ...indices.slice(2)], WINDOWS)
    if (c.has(2)) c.constant(2)
    const positions = c.outputShape(0).slice(2)
    c.output(0, [...x.slice(0, 2), ...positions.map((size) => c.fixed(size, WINDOWS))])
  },
  cut: (c) => {
    if (c.has(2)) c.setIntegers(2, c.outputShape(0).after)
  },
})

export const pool = defineOp({
  types: ['AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'MaxPool'],
  couple: couplePool,
})

const WINDOWS = 'its windows slide along it'

/** Sample and channel pass, positions do not. */
function couplePool(c: Coupler): void {
  const x = c.input(0)
  keepAll(c, x.slice(2), WINDOWS)
  const positions = c.outputShape(0).slice(2)
  c.output(0, [...x.slice(0, 2), ...positions.map((size) => c.fixed(size, WINDOWS))])
  if (c.node.outputs[1]) coupleIndices(c, x.slice(0, 2), positions)
}

/**
 * Where each largest element was in the whole of the input, counted through all samples and channels: the numbers
 * change with the number of channels, which a MaxUnpool of as many channels undoes.
 */
function coupleIndices(c: Coupler, passing: readonly Axis[], positions: readonly number[]): void {
  const uses = [...(c.node.outputs[1]?.uses ?? [])]
  const undone = uses.every((use) => 'node' in use && use.node.type === 'MaxUnpool' && use.index === 1)
  if (!undone) keepAll(c, passing, 'its indices count through all channels')
  c.output(1, [...passing, ...positions.map((size) => c.fixed(size, WINDOWS))])
}
