import { axisAt, keepAll, positive } from './axis-at.js'
import { defineOp } from './op.js'

/** Zeros above or below a diagonal. */
export const trilu = defineOp({
  types: ['Trilu'],
  couple: (c) => {
    const axes = c.input(0)
    keepAll(c, axes.slice(-2), 'what is zero depends on the place')
    c.output(0, axes)
  },
})

/** As many elements as are told for each sample, in reverse. */
export const reverseSequence = defineOp({
  types: ['ReverseSequence'],
  couple: (c) => {
    const axes = c.input(0)
    c.keep(axisAt(c, axes, c.node.int('time_axis', 0)), 'it is reversed in part')
    c.tie(axisAt(c, axes, c.node.int('batch_axis', 1)), axisAt(c, c.input(1), 0))
    c.output(0, axes)
  },
})

/** A new axis, on which each index is a place. */
export const oneHot = defineOp({
  types: ['OneHot'],
  couple: (c) => {
    const shape = c.outputShape(0)
    const at = positive(c, c.node.int('axis', -1), shape.length)
    c.output(0, c.input(0).toSpliced(at, 0, c.fixed(shape[at] ?? 1, 'its elements are places')))
  },
})

/** Cut and padded at both ends to a size. */
export const centerCropPad = defineOp({
  types: ['CenterCropPad'],
  couple: (c) => {
    const axes = c.input(0)
    const shape = c.outputShape(0)
    const why = 'it is cropped or padded to a size'
    const sized = new Set((c.node.ints('axes') ?? [...axes.keys()]).map((axis) => positive(c, axis, axes.length)))
    c.output(
      0,
      axes.map((axis, i) => {
        if (!sized.has(i)) return axis
        c.keep(axis, why)
        return c.fixed(shape[i] ?? 1, why)
      }),
    )
  },
})

/** What they give has as many elements as their inputs happen to call for. */
export const dataDependent = defineOp({
  types: ['Compress', 'NonMaxSuppression', 'NonZero', 'Unique'],
  couple: 'how many elements it gives depends on their values',
})
