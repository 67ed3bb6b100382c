import type { Node, Value } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'

/** How a value is stored, as the encodings call it, judged by its nodes alone; foreign ways by their ops. */
export function labelOf(value: Value): string {
  const node = made(value)
  if (node === null) return constantOf(behind(value))?.dtype ?? 'constant'
  return BY_OP[node.op]?.(node) ?? foreign(value)
}

/** Each null where the node is none of the encoding's. */
const BY_OP: Readonly<Record<string, (node: Node) => string | null>> = {
  Cast: ({ inputs: [stored] }) => (stored && constantOf(stored)?.dtype) ?? null,
  ConstantOfShape: () => 'repeated value',
  Mul: int8,
  Gather: (node) => bitmask(node) ?? codebook(node),
  MaxUnpool: ({ inputs: [values, places] }) => gaps(values, places),
  ScatterElements: ({ inputs: [zeros, places, values] }) =>
    zeros?.producer?.op === 'ConstantOfShape' ? gaps(values, places) : null,
  MatMul({ inputs: [left] }) {
    return left ? `rank ${rankOf(left)} + ${labelOf(left)}` : null
  },
}

/** What stands behind nodes that only cut and shape. */
function behind(value: Value): Value {
  const { producer } = value
  const [input] = producer?.inputs ?? []
  const isShaped = producer && ['Reshape', 'Slice', 'Identity', 'Squeeze', 'Unsqueeze'].includes(producer.op)
  return isShaped && input ? behind(input) : value
}

/** The node that decodes a value; null for a constant. */
function made(value: Value): Node | null {
  const { producer } = behind(value)
  return producer?.type === 'Constant' ? null : producer
}

function int8({ inputs: [whole, scale] }: Node): string | null {
  const codes = whole?.producer?.op === 'Cast' ? whole.producer.inputs[0] : null
  const steps = scale && constantOf(scale)
  if (!codes || constantOf(codes)?.dtype !== 'int8' || !steps) return null
  return elementCount(steps.shape) > 1 ? 'int8 by channel' : 'int8'
}

function codebook({ inputs: [palette] }: Node): string | null {
  if (!palette) return null
  const tensor = constantOf(palette.producer?.op === 'Cast' ? (palette.producer.inputs[0] ?? palette) : palette)
  if (tensor !== null) return `codebook of ${elementCount(tensor.shape)}`
  return palette.producer?.op === 'Gather' ? codebook(palette.producer) : null // a table of whole words
}

/** The running count of ones, times the ones. */
function bitmask({ inputs: [values, places] }: Node): string | null {
  const product = places && made(places)
  const [counts, bits] = product?.op === 'Mul' ? product.inputs : []
  if (!values || counts?.producer?.op !== 'CumSum' || counts.producer.inputs[0] !== bits) return null
  return `bitmask + ${labelOf(values)}`
}

function gaps(values: Value | null | undefined, places: Value | null | undefined): string | null {
  const sum = places && made(places)
  const distances = sum?.op === 'CumSum' ? sum.inputs[0] : null
  const base = distances ? baseOf(distances) : null
  return values && base !== null ? `gaps below ${base} + ${labelOf(values)}` : null
}

/** Of digits: what they were taken apart by. */
function baseOf(digits: Value): number | null {
  const node = made(digits)
  if (node?.op === 'Cast' && node.inputs[0]) return baseOf(node.inputs[0])
  const by = node?.inputs[1] ? integerOf(node.inputs[1]) : null
  if (node?.op === 'Mod') return by
  if (node?.op === 'BitShift') return by === null ? null : 2 ** (8 - by)
  const tensor = constantOf(behind(digits))
  return tensor?.dtype === 'uint8' ? 256 : null
}

function integerOf(value: Value): number | null {
  const tensor = constantOf(value)
  if (tensor === null || elementCount(tensor.shape) !== 1) return null
  const bytes = tensor.read()
  if (tensor.dtype === 'uint8') return bytes[0] ?? null
  return tensor.dtype === 'int32' ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true) : null
}

function rankOf(left: Value): number | string {
  const node = made(left)
  const tensor = constantOf(behind(left)) ?? (node?.op === 'Cast' && node.inputs[0] ? constantOf(node.inputs[0]) : null)
  return tensor?.shape[1] ?? '?'
}

/** `uint4 by Cast, Sub, Mul`: the largest constant, and what becomes of it. */
function foreign(value: Value): string {
  const ops: string[] = []
  let largest: { dtype: string; bytes: number } | null = null
  for (let at: Value | undefined = value; at !== undefined; ) {
    const { producer }: Value = at
    const tensor = constantOf(at)
    if (tensor !== null) largest = { dtype: tensor.dtype, bytes: tensor.byteLength }
    if (!producer || producer.type === 'Constant') break
    if (ops[0] !== producer.op) ops.unshift(producer.op)
    at = producer.inputs.find((input) => input !== null) ?? undefined
  }
  return `${largest?.dtype ?? 'constants'} by ${ops.join(', ')}`
}
