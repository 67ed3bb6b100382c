import { passesOn } from './broadcast.js'
import { defineOp, type Upgrade } from './op.js'

/*
 * Ops of the first years that never got into the standard. ONNX Runtime knows them up to opset 9; most can be said
 * with ops that did.
 */

/** y = alpha * x + beta */
export const affine = defineOp({
  types: ['Affine'],
  couple: passesOn,
  upgrade: {
    10: (u) => {
      const scaled = u.add('Mul', [u.input(0), u.floatsLike(0, 'alpha', [u.float('alpha', 1)])])
      u.become('Add', [scaled, u.floatsLike(0, 'beta', [u.float('beta', 0)])], {})
    },
  },
})

export const scale = defineOp({
  types: ['Scale'],
  couple: passesOn,
  upgrade: { 10: (u) => u.become('Mul', [u.input(0), u.floatsLike(0, 'scale', [u.float('scale', 1)])], {}) },
})

/** y[n, c, ...] = scale * x[n, c, ...] + bias[c] */
export const imageScaler = defineOp({
  types: ['ImageScaler'],
  upgrade: {
    10: (u) => {
      const bias = u.floats('bias') ?? u.refuse('it has no bias')
      const scaled = u.add('Mul', [u.input(0), u.floatsLike(0, 'scale', [u.float('scale', 1)])])
      u.become('Add', [scaled, u.floatsLike(0, 'bias', bias, [bias.length, 1, 1])], {})
    },
  },
})

/** y = alpha * f(beta * x) */
function scaledInsideAndOut(op: string): (u: Upgrade) => void {
  return (u) => {
    const inside = u.add('Mul', [u.input(0), u.floatsLike(0, 'beta', [u.float('beta', 1)])])
    u.become('Mul', [u.add(op, [inside]), u.floatsLike(0, 'alpha', [u.float('alpha', 1)])], {})
  }
}

export const parametricSoftplus = defineOp({
  types: ['ParametricSoftplus'],
  couple: passesOn,
  upgrade: { 10: scaledInsideAndOut('Softplus') },
})

export const scaledTanh = defineOp({
  types: ['ScaledTanh'],
  couple: passesOn,
  upgrade: { 10: scaledInsideAndOut('Tanh') },
})

/** Takes borders off an image [N, C, H, W], or with `scale` all but a window of that size. */
export const crop = defineOp({
  types: ['Crop'],
  upgrade: {
    10: (u) => {
      const [left = 0, top = 0, right = 0, bottom = 0] = u.ints('border') ?? u.refuse('it has no border')
      const size = u.ints('scale')
      const end = (border: number) => (border === 0 ? 2 ** 31 - 1 : -border)
      const ends = size ? [top + (size[0] ?? 0), left + (size[1] ?? 0)] : [end(bottom), end(right)]
      const [x, starts] = [u.input(0), u.int64('starts', [top, left])]
      u.become('Slice', [x, starts, u.int64('ends', ends), u.int64('axes', [2, 3])], {})
    },
  },
})

/** Slice as it became with opset 10. */
export const dynamicSlice = defineOp({
  types: ['DynamicSlice'],
  upgrade: { 10: (u) => u.become('Slice', u.node.inputs, {}) },
})

export const experimental = defineOp({
  types: ['ATen', 'ConstantFill', 'GRUUnit', 'GivenTensorFill', 'LoopIndexTensor'],
  upgrade: { 10: (u) => u.refuse('it was experimental, and never became a part of ONNX') },
})
