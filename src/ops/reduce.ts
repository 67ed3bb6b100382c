import { axisAt, positive } from './axis-at.js'
import type { Axis, Coupler } from './coupling.js'
import { normalizes } from './normalizes.js'
import { defineOp, type Upgrade } from './op.js'

/** No axes are all axes, as an attribute and as an input. */
function axesToInput(u: Upgrade): void {
  if (u.ints('axes')?.length === 0) u.setAttr('axes', null)
  else u.moveToInput('axes', 1)
}

/** The first of the family to take its axes as an input. */
export const reduceSum = defineOp({ types: ['ReduceSum'], upgrade: { 13: axesToInput }, couple: coupleReduce })

export const reduce = defineOp({
  types: [
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
    'ReduceMax',
    'ReduceMean',
    'ReduceMin',
    'ReduceProd',
    'ReduceSumSquare',
  ],
  upgrade: { 18: axesToInput },
  couple: coupleReduce,
})

/** The place of the largest or smallest element. */
export const argMax = defineOp({
  types: ['ArgMax', 'ArgMin'],
  couple: (c) => {
    const x = c.input(0)
    const axis = positive(c, c.node.int('axis', 0), x.length)
    c.keep(axisAt(c, x, axis), `${c.node.op} counts along it`)
    c.output(0, reduced(c, x, new Set([axis])))
  },
})

/** Each element is the sum, or the product, of those before it. */
export const cumulative = defineOp({
  types: ['CumSum', 'CumProd'],
  couple: (c) => {
    const x = c.input(0)
    const [axis = 0] = c.constant(1)
    c.keep(axisAt(c, x, positive(c, axis, x.length)), `${c.node.op} runs along it`)
    c.output(0, x)
  },
})

/** To these zeros add nothing. */
const SUMS: ReadonlySet<string> = new Set(['ReduceSum', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare'])

function coupleReduce(c: Coupler): void {
  const { node } = c
  const x = c.input(0)
  const stated = c.numbers('axes') ?? []
  const isAll = stated.length === 0 && node.int('noop_with_empty_axes', 0) === 0
  const axes = new Set(isAll ? x.keys() : stated.map((axis) => positive(c, axis, x.length)))
  const isSum = SUMS.has(node.op)
  const isStatistic = node.op === 'ReduceMean' && normalizes(node)
  for (const axis of axes) {
    if (isSum) c.contract(0, axis)
    else if (isStatistic) c.normalize(0, axis)
    else c.keep(axisAt(c, x, axis), `${node.op} takes all of it`)
  }
  c.output(0, reduced(c, x, axes))
}

function reduced(c: Coupler, x: readonly Axis[], axes: ReadonlySet<number>): Axis[] {
  const keepsAxes = c.node.int('keepdims', 1) !== 0
  return x.flatMap((axis, i) => {
    if (!axes.has(i)) return [axis]
    return keepsAxes ? [c.free(1)] : []
  })
}
