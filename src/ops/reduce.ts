import { defineOp, type Upgrade } from './op.js'

/** No axes are all axes, as an attribute and as an input. */
function axesToInput(u: Upgrade): void {
  if (u.ints('axes')?.length === 0) u.setAttr('axes', null)
  else u.moveToInput('axes', 1)
}

/** The first of the family to take its axes as an input. */
export const reduceSum = defineOp({ types: ['ReduceSum'], upgrade: { 13: axesToInput } })

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
})
