import { attr } from '../ir/attr.js'
import { broadcast, passesOn } from './broadcast.js'
import type { Coupler } from './coupling.js'
import { defineOp, type Upgrade } from './op.js'

/** Before opset 6 a node named the inputs whose memory it may overwrite. */
export function withoutConsumedInputs(u: Upgrade): void {
  u.setAttr('consumed_inputs', null)
}

/**
 * Before opset 7 the second operand was stretched on request (`broadcast`), its first axis lying at `axis` of the
 * first operand, or its last axis at the last; since then the last axes always lie together, as in numpy:
 *
 *   A [N, C, H, W] + B [C], axis 1   ->   A + Unsqueeze(B, [1, 2])
 */
function alignedAtTheEnd(u: Upgrade): void {
  const axis = u.int('axis', -1)
  if (u.int('broadcast', 0) !== 0 && axis >= 0) {
    const [a, b] = [u.rank(u.input(0)), u.rank(u.input(1))]
    if (a === null || b === null) u.refuse('it broadcasts operands whose ranks are not known')
    appendAxes(u, b, a - axis - b)
  }
  u.setAttr('axis', null)
  u.setAttr('broadcast', null)
}

/** Gives the second operand so many axes of length 1 behind its last. */
function appendAxes(u: Upgrade, rank: number, count: number): void {
  if (count <= 0) return
  const axes = attr.ints(Array.from({ length: count }, (_, i) => rank + i))
  u.setInput(1, u.add('Unsqueeze', [u.input(1)], { axes }))
}

export const arithmetic = defineOp({
  types: ['Add', 'Sub', 'Mul', 'Div'],
  upgrade: { 6: withoutConsumedInputs, 7: alignedAtTheEnd },
  couple: coupleAligned,
})

export const comparison = defineOp({
  types: ['And', 'Or', 'Xor', 'Equal', 'Greater', 'Less', 'Pow'],
  upgrade: { 7: alignedAtTheEnd },
  couple: coupleAligned,
})

export const elementwise = defineOp({
  types: ['Abs', 'Ceil', 'Exp', 'Floor', 'Log', 'Max', 'Mean', 'Min', 'Neg', 'Reciprocal', 'Sqrt', 'Sum'],
  upgrade: { 6: withoutConsumedInputs },
  couple: coupleBroadcast,
})

/** As above, of opsets that need no other form of old nodes. */
export const pointwise = defineOp({
  types: [
    ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan', 'Erf', 'Round', 'Sign'],
    ...['BitShift', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor', 'GreaterOrEqual', 'LessOrEqual', 'Mod'],
    ...['Identity', 'IsInf', 'IsNaN', 'Not', 'Where'],
    ...['BiasGelu', 'FastGelu'].map((op) => `com.microsoft.${op}`),
  ],
  couple: coupleBroadcast,
})

/** The second input is there for its type. */
export const castLike = defineOp({ types: ['CastLike'], couple: passesOn })

/** One slope for each channel, axis 1, before opset 7; since then as numpy aligns it. */
export const pRelu = defineOp({
  types: ['PRelu'],
  couple: coupleAligned,
  upgrade: {
    6: withoutConsumedInputs,
    7: (u) => {
      const slopes = u.shape(u.input(1))
      if (slopes?.length === 1 && slopes[0] === 1) return
      const unknown = 'its slopes lie along the channels, and the rank of its input is not known'
      const rank = u.rank(u.input(0)) ?? u.refuse(unknown)
      appendAxes(u, 1, rank - 2)
    },
  },
})

const DTYPES: Readonly<Record<string, number>> = {
  FLOAT: 1,
  UINT8: 2,
  INT8: 3,
  UINT16: 4,
  INT16: 5,
  INT32: 6,
  INT64: 7,
  BOOL: 9,
  FLOAT16: 10,
  DOUBLE: 11,
  UINT32: 12,
  UINT64: 13,
}

/** Before opset 6 the type was spelled out. @see onnx.proto, TensorProto.DataType */
export const cast = defineOp({
  types: ['Cast'],
  couple: passesOn,
  upgrade: {
    6: (u) => {
      const name = u.string('to', '').toUpperCase()
      u.setAttr('to', attr.int(DTYPES[name] ?? u.refuse(`it casts to "${name}", which is no type`)))
    },
  },
})

function coupleBroadcast(c: Coupler): void {
  const operands = c.node.inputs.flatMap((value, i) => (value === null ? [] : [c.input(i)]))
  c.output(0, broadcast(c, operands))
}

/** @see alignedAtTheEnd, pRelu */
function coupleAligned(c: Coupler): void {
  if (c.opset < 7) c.refuse('it aligns its operands as before opset 7')
  coupleBroadcast(c)
}
