import type { Value } from '../ir/graph.js'
import { keepAll, positive } from './axis-at.js'
import type { Axis, CoupleRule, Coupler, Cutter } from './coupling.js'
import { overwriteShape, shapedBy, statedFor } from './extents.js'
import { defineOp, type Upgrade } from './op.js'
import { dealt, type Run, runsOf } from './refinement.js'

/**
 * The shape of a value as the second input of a Reshape that has to bring it about again: a constant where at most one
 * extent is open, so that whoever infers shapes still knows it.
 */
export function shapeAsInput(u: Upgrade, value: Value | null): Value {
  const shape = u.shape(value)?.map((extent) => (typeof extent === 'number' ? extent : -1))
  // A 0 would mean the extent of what is reshaped.
  const isConstant = shape !== undefined && !shape.includes(0) && shape.filter((extent) => extent === -1).length <= 1
  return isConstant ? u.int64('shape', shape) : u.add('Shape', [value])
}

/**
 * Axes under another shape: an axis that is alone on both sides of its run is the same axis; others are cut into the
 * factors that both sides have in common, and put together again. Where there are none, all of the run has to stay.
 */
export function reshapedAxes(c: Coupler, axes: readonly Axis[], shape: readonly number[]): Axis[] {
  const before = axes.map(({ size }) => size)
  const runs = runsOf(before, shape) ?? c.refuse(`it makes [${shape}] of [${before}]`)
  const made = shape.map(() => c.free(1))
  for (const run of runs) {
    for (const [i, axis] of runAxes(c, run, axes, shape).entries()) made[run.to[i] ?? -1] = axis
  }
  return made
}

function runAxes(c: Coupler, run: Run, axes: readonly Axis[], shape: readonly number[]): readonly Axis[] {
  const from = run.from.flatMap((at) => axes[at] ?? [])
  const to = run.to.map((at) => shape[at] ?? 1)
  if (run.factors === null) {
    const why = `it lays [${from.map(({ size }) => size)}] out as [${to}], which have no common factors`
    for (const axis of from) c.keep(axis, why)
    return to.map((size) => c.fixed(size, why))
  }
  const sizes = dealt(
    run.factors,
    (n) => n,
    from.map(({ size }) => size),
  )
  const factors = from.flatMap((axis, i) => ((sizes[i]?.length ?? 0) > 1 ? c.split(axis, sizes[i] ?? []) : [axis]))
  return dealt(factors, ({ size }) => size, to).map((hand) => (hand.length === 1 && hand[0] ? hand[0] : c.merge(hand)))
}

/**
 * What stands for a target that is computed at run time once axes have lost elements: the extents that are the same in
 * every run; 0 for one of the input at the same place, and -1 for one more. Where others vary, too, they stay computed,
 * and none of their elements may go.
 *
 * @param shape   of the output, before
 * @param varies  whether an extent of the output does
 * @returns       null for what stays computed
 */
function targetAfter(
  before: readonly number[],
  shape: readonly number[],
  after: readonly number[],
  varies: (axis: number) => boolean,
): readonly (number | null)[] {
  const runs = runsOf(before, shape) ?? []
  const passes = new Set(runs.flatMap(({ from, to }) => (from.length === 1 && `${from}` === `${to}` ? to : [])))
  const target = after.map((size, axis) => (!varies(axis) ? size : passes.has(axis) ? 0 : -1))
  const isWritten = target.filter((entry) => entry === -1).length <= 1
  return isWritten ? target : after.map((size, axis) => (varies(axis) ? null : size))
}

/** Which extents of the output differ from run to run, as far as is known: not those that are stored. */
function variesOf(c: Coupler | Cutter, rank: number): (axis: number) => boolean {
  const stated = statedFor(c, 1, rank)
  return (axis) => c.isOpen(0, axis) && !(Number(stated[axis]) > 0)
}

function axesOfReshape(c: Coupler): Axis[] {
  const axes = c.input(0)
  const shape = c.outputShape(0)
  const made = reshapedAxes(c, axes, shape)
  if (c.param('shape') !== 'computed') return made
  const before = axes.map(({ size }) => size)
  const target = targetAfter(before, shape, shape, variesOf(c, shape.length))
  keepAll(
    c,
    made.filter((_, axis) => target[axis] === null),
    'its extent varies, as others of the shape do',
  )
  return made
}

function cutReshape(c: Cutter): void {
  const [input, output] = [c.inputShape(0), c.outputShape(0)]
  const stated = c.param('shape')
  if (stated === 'absent') return
  if (stated === 'computed') {
    const target = targetAfter(input.before, output.before, output.after, variesOf(c, output.before.length))
    if (target.includes(null)) overwriteShape(c, 1, target)
    else {
      c.removeAttr('allowzero')
      c.overwrite(1, target)
    }
    return
  }
  const copies = c.node.int('allowzero', 0) === 0
  const target = stated.map((entry, axis) => {
    const size = output.after[axis] ?? 1
    if (entry === -1) return -1
    return entry === 0 && copies && input.after[axis] === size ? 0 : size
  })
  if (target.some((entry, axis) => entry !== stated[axis])) c.setParam('shape', target)
}

/** The shape is an attribute before opset 5, and an input since. */
export const reshape = defineOp({
  types: ['Reshape'],
  couple: shapedBy(1, axesOfReshape),
  cut: cutReshape,
  upgrade: {
    5: (u) => {
      u.setAttr('consumed_inputs', null)
      u.moveToInput('shape', 1)
    },
  },
})

export const flatten = defineOp({
  types: ['Flatten'],
  couple: (c) => c.output(0, reshapedAxes(c, c.input(0), c.outputShape(0))),
})

/** Axes of length 1 go or come. An attribute before opset 13, an input since. */
export const squeeze = defineOp({
  types: ['Squeeze', 'Unsqueeze'],
  couple: (c) => (c.node.op === 'Squeeze' ? coupleSqueeze(c) : coupleUnsqueeze(c)),
  // Without axes all of length 1 go: now there may be more of them.
  cut: (c) => {
    if (c.node.op !== 'Squeeze' || c.param('axes') !== 'absent') return
    const axes = c.inputShape(0).before.flatMap((size, axis) => (size === 1 ? [axis] : []))
    if (c.opset < 13) c.setInts('axes', axes)
    else c.setIntegers(1, axes)
  },
  upgrade: { 13: (u) => u.moveToInput('axes', 1) },
})

const coupleSqueeze: CoupleRule = (c) => {
  const axes = c.input(0)
  const stated = c.numbers('axes')?.map((axis) => positive(c, axis, axes.length))
  c.output(
    0,
    axes.filter(({ size }, i) => (stated ? !stated.includes(i) : size !== 1)),
  )
}

const coupleUnsqueeze: CoupleRule = (c) => {
  const axes = c.input(0)
  const stated = c.numbers('axes') ?? c.refuse('it names no axes')
  const rank = axes.length + stated.length
  const made = new Set(stated.map((axis) => positive(c, axis, rank)))
  const rest = axes.values()
  c.output(
    0,
    Array.from({ length: rank }, (_, i) => (made.has(i) ? c.free(1) : (rest.next().value ?? c.free(1)))),
  )
}

export const transpose = defineOp({
  types: ['Transpose'],
  couple: (c) => {
    const axes = c.input(0)
    const perm = c.node.ints('perm') ?? axes.map((_, i) => axes.length - 1 - i)
    c.output(
      0,
      perm.map((at) => axes[at] ?? c.refuse(`its perm is [${perm}]`)),
    )
  },
})

/**
 * Repeated elements go together, in each repetition. What repeats a single element may be repeated less often.
 */
export const tile = defineOp({
  types: ['Tile'],
  couple: (c) => {
    if (c.opset < 6) c.refuse('it repeats along an axis that is an input')
    const repeats = c.numbers('repeats') ?? c.refuse('it has no repeats')
    c.output(
      0,
      c.input(0).map((axis, i) => {
        const times = repeats[i] ?? 1
        if (times === 1) return axis
        return axis.size === 1 && !c.isOpen(0, i) ? c.free(times) : c.join(Array.from({ length: times }, () => axis))
      }),
    )
  },
  cut: (c) => {
    const stated = c.param('repeats')
    if (typeof stated === 'string') return
    const repeats = stated.map((times, i) =>
      c.inputShape(0).before[i] === 1 ? (c.outputShape(0).after[i] ?? 1) : times,
    )
    if (repeats.some((times, i) => times !== stated[i])) c.setParam('repeats', repeats)
  },
  upgrade: { 6: (u) => u.refuse('it repeats along one axis that is an input, and since opset 6 along all') },
})
