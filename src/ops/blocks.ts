import { axisAt, keepAll } from './axis-at.js'
import type { CoupleRule } from './coupling.js'
import { defineOp } from './op.js'

const WITHIN = 'its elements are places of a block'

/**
 *   [N, b*b*C, H, W] -> [N, C, H*b, W*b]      DCR: channels are [b][b][C], CRD: [C][b][b]
 */
const coupleDepthToSpace: CoupleRule = (c) => {
  const x = c.input(0)
  const [n, channels, h, w] = [axisAt(c, x, 0), axisAt(c, x, 1), axisAt(c, x, 2), axisAt(c, x, 3)]
  const b = c.node.int('blocksize', 1)
  const count = channels.size / (b * b)
  const isOuter = c.node.string('mode') === 'CRD'
  const factors = c.split(channels, isOuter ? [count, b, b] : [b, b, count])
  const [kept = channels] = isOuter ? factors : factors.slice(-1)
  keepAll(c, isOuter ? factors.slice(1) : factors.slice(0, -1), WITHIN)
  c.output(0, [n, kept, ...[h, w].map((axis) => c.merge([axis, c.fixed(b, WITHIN)]))])
}

export const depthToSpace = defineOp({ types: ['DepthToSpace'], couple: coupleDepthToSpace })

/**
 *   [N, C, H*b, W*b] -> [N, b*b*C, H, W]      channels are [b][b][C]
 */
const coupleSpaceToDepth: CoupleRule = (c) => {
  const x = c.input(0)
  const [n, channels, ...sizes] = [axisAt(c, x, 0), axisAt(c, x, 1), axisAt(c, x, 2), axisAt(c, x, 3)]
  const b = c.node.int('blocksize', 1)
  const blocks = sizes.map((axis) => {
    const [outer = axis, ...within] = c.split(axis, [axis.size / b, b])
    keepAll(c, within, WITHIN)
    return outer
  })
  c.output(0, [n, c.merge([c.fixed(b * b, WITHIN), channels]), ...blocks])
}

export const spaceToDepth = defineOp({ types: ['SpaceToDepth'], couple: coupleSpaceToDepth })

/**
 * Puts windows together again; each channel is on its own.
 *
 *   [N, C*k1*k2, L] -> [N, C, H, W]
 */
export const col2Im = defineOp({
  types: ['Col2Im'],
  couple: (c) => {
    const x = c.input(0)
    const [windows, places] = [axisAt(c, x, 1), axisAt(c, x, 2)]
    const positions = c.constant(2).reduce((product, size) => product * size, 1)
    const [channels = windows, ...within] = c.split(windows, [windows.size / positions, positions])
    keepAll(c, [...within, places], 'its elements are places of a window')
    const image = c.outputShape(0).slice(2)
    c.output(0, [axisAt(c, x, 0), channels, ...image.map((size) => c.fixed(size, 'windows are put together'))])
  },
})
