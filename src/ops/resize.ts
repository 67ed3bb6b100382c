import { attr } from '../ir/attr.js'
import type { Value } from '../ir/graph.js'
import { constantOf } from '../ir/walk.js'
import { axisAt, keepAll } from './axis-at.js'
import type { Axis, Coupler, Cutter } from './coupling.js'
import { extentsOf, overwriteShape, shapedBy } from './extents.js'
import { defineOp, type Upgrade } from './op.js'

/** What Resize 10 meant without saying so. */
const AS_BEFORE = { coordinate_transformation_mode: attr.string('asymmetric') }

/** Axes that are not resized pass; the elements of the others become different ones. */
function axesOfResize(c: Coupler): Axis[] {
  const axes = c.input(0)
  if (c.node.string('coordinate_transformation_mode') === 'tf_crop_and_resize') c.refuse('it crops, too')
  if ((c.node.string('keep_aspect_ratio_policy') ?? 'stretch') !== 'stretch') {
    c.refuse('its sizes follow from one another')
  }
  const shape = c.outputShape(0)
  const isResized = resizes(c, axes, shape)
  return axes.map((axis, i) => {
    if (!isResized(i)) return axis
    c.keep(axis, 'it is resized')
    return c.fixed(shape[i] ?? 1, 'it is resized')
  })
}

/** Whether an axis is resized by anything but 1, in some run. */
function resizes(c: Coupler, axes: readonly Axis[], shape: readonly number[]): (axis: number) => boolean {
  const { name, input } = statedBy(c)
  const stated = resizedAxes(c, axes.length)
  if (name === 'scales') {
    const scales = c.node.attrs.has(name) ? (c.numbers(name) ?? []) : c.constant(input)
    return (axis) => stated.includes(axis) && scales[stated.indexOf(axis)] !== 1
  }
  if (c.node.attrs.has('axes') && !isStored(c, input)) c.refuse('sizes of some axes are computed at run time')
  const isOwn = ownExtents(c, input)
  return (axis) => stated.includes(axis) && !isOwn(axis) && (axes[axis]?.size !== shape[axis] || c.isOpen(0, axis))
}

/** Whether a size that is computed is the extent that the axis has already, in every run. */
function ownExtents(c: Coupler, input: number): (axis: number) => boolean {
  const [x] = c.node.inputs
  const sizes = c.node.inputs[input]
  const elements = (sizes && extentsOf(sizes, (value) => c.shapeOf(value))) ?? []
  return (at) => {
    const element = elements[at]
    return typeof element === 'object' && element.axis === at && element.shape.inputs[0] === x
  }
}

function isStored(c: Coupler | Cutter, input: number): boolean {
  const value = c.node.inputs[input]
  return value ? constantOf(value) !== null : false
}

function resizedAxes({ node }: Coupler | Cutter, rank: number): readonly number[] {
  const axes = node.ints('axes') ?? Array.from({ length: rank }, (_, i) => i)
  return axes.map((axis) => (axis < 0 ? axis + rank : axis))
}

/** Scales or, since opset 11, sizes; what is not meant may be an empty constant. */
function statedBy(c: Coupler | Cutter): { readonly name: 'scales' | 'sizes'; readonly input: number } {
  if (c.node.op === 'Upsample' || c.opset < 11) return { name: 'scales', input: 1 }
  const sizes = c.node.inputs[3] ?? null
  return sizes !== null && constantOf(sizes)?.byteLength !== 0
    ? { name: 'sizes', input: 3 }
    : { name: 'scales', input: 2 }
}

function cutResize(c: Cutter): void {
  const { name, input } = statedBy(c)
  if (name === 'scales') return
  const { before, after } = c.outputShape(0)
  const sizes = resizedAxes(c, after.length).map((axis) => after[axis] ?? 1)
  if (isStored(c, input)) c.setIntegers(input, sizes)
  // For all axes, then.
  else
    overwriteShape(
      c,
      input,
      sizes.map((size, axis) => (size === before[axis] ? null : size)),
    )
}

export const upsample = defineOp({
  types: ['Upsample'],
  couple: shapedBy(3, axesOfResize),
  upgrade: {
    7: (u) => {
      u.setAttr('scales', attr.floats([1, 1, u.float('height_scale', 1), u.float('width_scale', 1)]))
      u.setAttr('height_scale', null)
      u.setAttr('width_scale', null)
      if (u.string('mode', 'nearest') === 'bilinear') u.setAttr('mode', attr.string('linear'))
    },
    9: (u) => {
      const scales = u.floats('scales') ?? u.refuse('it has no scales')
      u.setInput(1, u.float32('scales', scales))
      u.setAttr('scales', null)
    },
    10: (u) => u.become('Resize', u.node.inputs, Object.fromEntries(u.node.attrs)),
  },
})

/**
 * Resize 10 takes the element before where it enlarges, and the one behind where it shrinks; since 11 a node rounds
 * one way. Along an axis with the scale 1 both are the same, so two nodes can share the work:
 *
 *   Resize(x, s) = Resize(Resize(x, min(s, 1), ceil), max(s, 1), floor)
 */
function withModes(u: Upgrade): void {
  const [x = null, scales = null] = u.node.inputs
  const region = u.float32('roi', [])
  const attrs = { ...Object.fromEntries(u.node.attrs), ...AS_BEFORE }
  const towards = (to: 'floor' | 'ceil') => ({ ...attrs, nearest_mode: attr.string(to) })
  const known = scales === null ? null : floatsOf(scales)
  if (u.string('mode', 'nearest') !== 'nearest') u.become('Resize', [x, region, scales], attrs)
  else if (known?.every((s) => s >= 1)) u.become('Resize', [x, region, scales], towards('floor'))
  else if (known?.every((s) => s <= 1)) u.become('Resize', [x, region, scales], towards('ceil'))
  else {
    const one = u.float32('one', [1])
    const shrunk = u.add('Resize', [x, region, u.add('Min', [scales, one])], towards('ceil'))
    u.become('Resize', [shrunk, region, u.add('Max', [scales, one])], towards('floor'))
  }
}

function floatsOf(value: Value): Float32Array | null {
  const tensor = constantOf(value)
  return tensor?.dtype === 'float32' ? new Float32Array(tensor.read().buffer) : null
}

/**
 * What was an empty tensor is left out, and `tf_half_pixel_for_nn` is gone:
 *
 *   floor((i + 0.5) / s) = round half up((i + 0.5) / s - 0.5)
 */
function withoutEmptyInputs(u: Upgrade): void {
  for (const index of [1, 2]) {
    const value = u.input(index)
    if (value !== null && constantOf(value)?.byteLength === 0) u.setInput(index, null)
  }
  if (u.string('coordinate_transformation_mode', 'half_pixel') !== 'tf_half_pixel_for_nn') return
  const isFloor = u.string('mode', 'nearest') === 'nearest' && u.string('nearest_mode', '') === 'floor'
  if (!isFloor) u.refuse('tf_half_pixel_for_nn with another rounding than floor has no counterpart since opset 13')
  u.setAttr('coordinate_transformation_mode', attr.string('half_pixel'))
  u.setAttr('nearest_mode', attr.string('round_prefer_ceil'))
}

export const resize = defineOp({
  types: ['Resize'],
  couple: shapedBy(3, axesOfResize),
  cut: cutResize,
  upgrade: { 11: withModes, 13: withoutEmptyInputs },
})

/** Windows [R, 4 or 5] of an image [N, C, H, W] become images [R, C, h, w] of one size. */
function coupleRegions(c: Coupler): void {
  const [image, regions] = [c.input(0), c.input(1)]
  const [batch = c.refuse('its input has no axes'), channels = c.refuse('its input has no channels'), ...sizes] = image
  const why = 'it is cut into windows'
  keepAll(c, [batch, axisAt(c, regions, 1), ...sizes], why)
  const window = c.outputShape(0).slice(2)
  c.output(0, [axisAt(c, regions, 0), channels, ...window.map((size) => c.fixed(size, why))])
}

export const maxRoiPool = defineOp({ types: ['MaxRoiPool'], couple: coupleRegions })

/** Without the attribute it meant `output_half_pixel` before opset 16, and means `half_pixel` since. */
export const roiAlign = defineOp({
  types: ['RoiAlign'],
  upgrade: { 16: (u) => u.setAttr('coordinate_transformation_mode', attr.string('output_half_pixel')) },
  couple: (c) => {
    c.tie(axisAt(c, c.input(1), 0), axisAt(c, c.input(2), 0))
    coupleRegions(c)
  },
})

const GRID_MODES: Readonly<Record<string, string>> = { bilinear: 'linear', bicubic: 'cubic' }

/** Points [N, h, w, 2] of an image [N, C, H, W] become [N, C, h, w]; as many more axes lie on both sides in 3-D. */
export const gridSample = defineOp({
  types: ['GridSample'],
  couple: (c) => {
    const [image, grid] = [c.input(0), c.input(1)]
    const [batch = c.refuse('its input has no axes'), channels = c.refuse('its input has no channels'), ...sizes] =
      image
    c.tie(batch, axisAt(c, grid, 0))
    keepAll(c, [...sizes, axisAt(c, grid, -1)], 'points of it are looked up')
    c.output(0, [batch, channels, ...grid.slice(1, -1)])
  },
  upgrade: {
    20: (u) => {
      const renamed = GRID_MODES[u.string('mode', '')]
      if (renamed !== undefined) u.setAttr('mode', attr.string(renamed))
    },
  },
})
