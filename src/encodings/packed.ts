import type { Model, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { type DType, denseBytes, elementCount } from '../ir/type.js'
import { constantBytes, initializerBytes, nodeBytes } from '../onnx/bytes.js'
import { type Closure, Constants } from './constants.js'
import { PackedTensor } from './packed-tensor.js'
import { labelOf } from './recognize.js'

/** A weight that is stored as something smaller, and computed when the model is loaded. */
export interface Packed {
  /** What the rest of the model reads. */
  readonly value: Value
  readonly dtype: DType
  readonly shape: readonly number[]
  /** That decode it, each after those that it needs; they may decode others as well. */
  readonly nodes: readonly Node[]
  readonly constants: {
    /** That it alone is made of: initializers, and outputs of Constant nodes. */
    readonly own: readonly Value[]
    /** That something else reads, too. */
    readonly shared: readonly Value[]
  }
  /** In the file, with the nodes; what several share is split among them. */
  readonly bytes: number
  /** How it is stored, in a few words: `gaps below 40 + codebook of 16`. */
  readonly label: string
  /** It is only of a narrower type, and perhaps of another shape or order: `weightOf` looks through that. */
  readonly viaCastOnly: boolean
  /** What it is decoded to, whenever it is read. */
  readonly tensor: Tensor
}

/**
 * The weights of a model that are computed from constants alone, by ops that weights are stored by, and take fewer bytes
 * so. Who packed them does not matter, and nothing is decoded.
 */
export function packedIn(model: Model): Packed[] {
  const constants = new Constants(model)
  const found = new Map<Value, Closure>()
  const ends = [...constants.steps.keys()].filter(
    (value) => elementsOf(value, constants) >= LEAST_ELEMENTS && constants.isReadOutside(value),
  )
  const users = usersOf(
    ends.map((value) => constants.closure(value, NONE)),
    constants,
  )
  for (const end of ends) {
    const value = weightBehind(end, constants, (each) =>
      isSmaller(each, constants.closure(each, found), constants, users),
    )
    if (value !== null && !found.has(value)) found.set(value, constants.closure(value, found))
  }
  const sharing = usersOf([...found.values()], constants)
  const tensors = new Map<Value, Tensor>()
  return [...found].map(([value, closure]) => {
    const { dtype, shape } = constants.stepOf(value).planned.out
    const tensor = new PackedTensor(value.name, dtype, shape, constants.rebased(value, tensors))
    tensors.set(value, tensor)
    const isShared = (each: Node | Value) => (sharing.get(each) ?? 0) > 1
    return {
      value,
      dtype,
      shape,
      nodes: [...closure.nodes],
      constants: {
        own: [...closure.constants].filter((each) => !isShared(each)),
        shared: [...closure.constants].filter(isShared),
      },
      bytes: Math.round(bytesOfClosure(closure, sharing)),
      label: labelOf(value),
      viaCastOnly: [...closure.nodes].every((node) => LOOKED_THROUGH.has(node.op)),
      tensor,
    }
  })
}

const NONE: ReadonlyMap<Value, unknown> = new Map()

/** Of fewer, a node takes more bytes than they do: so most of what exporters compute shapes with need not be looked at. */
const LEAST_ELEMENTS = 4

function elementsOf(value: Value, constants: Constants): number {
  return elementCount(constants.stepOf(value).planned.out.shape)
}

/** What `weightOf` looks through, of the ops that are computed here. */
const LOOKED_THROUGH = new Set(['Cast', 'Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'])

/** How many need each node and constant: of the values given, and everything that is not computed here. */
function usersOf(closures: readonly Closure[], constants: Constants): Map<Node | Value, number> {
  const users = new Map<Node | Value, number>()
  for (const { nodes, constants: values } of closures) {
    for (const each of [...nodes, ...values]) users.set(each, (users.get(each) ?? 0) + 1)
    for (const each of values) if (users.get(each) === 1 && constants.isReadOutside(each)) users.set(each, 2)
  }
  return users
}

type Users = ReadonlyMap<Node | Value, number>

/** What is shared is split among those who need it. */
function bytesOfClosure({ nodes, constants }: Closure, users: Users): number {
  let bytes = 0
  for (const node of nodes) bytes += nodeBytes(node) / (users.get(node) ?? 1)
  for (const value of constants) bytes += constantBytes(value) / (users.get(value) ?? 1)
  return bytes
}

/** Tables and shapes that several decoders have in common; anything larger is a weight by itself, read twice. */
const MOST_SHARED_BYTES = 4096

/** Whether a value takes more bytes as an initializer, where what others read, too, stays in any case. */
function isSmaller(value: Value, closure: Closure, constants: Constants, users: Users): boolean {
  const whole = new Map(users)
  for (const each of closure.constants) {
    if (constants.isReadOutside(each) || constantBytes(each) > MOST_SHARED_BYTES) whole.set(each, 1)
  }
  let stored = bytesOfClosure(closure, whole)
  for (const each of closure.packed) stored += denseBytesOf(each, constants)
  return stored < denseBytesOf(value, constants)
}

function denseBytesOf(value: Value, constants: Constants): number {
  const { dtype, shape } = constants.stepOf(value).planned.out
  return initializerBytes(value.name, { shape, byteLength: denseBytes(dtype, elementCount(shape)) })
}

/**
 * The weight itself, where what is read is only another view of it: the innermost that is smaller as it is stored. A
 * Transpose or Cast behind it was there before it was packed.
 */
function weightBehind(end: Value, constants: Constants, isPacked: (value: Value) => boolean): Value | null {
  let found = isPacked(end) ? end : null
  for (let value: Value | null = end; ; ) {
    value = viewed(value, constants)
    if (value === null) return found
    if (isPacked(value)) found = value
  }
}

/** What a node only shows differently; null for a node that decodes. */
function viewed({ producer }: Value, { steps }: Constants): Value | null {
  const [value] = producer?.inputs ?? []
  if (!producer || !value || !steps.has(value) || !LOOKED_THROUGH.has(producer.op)) return null
  return producer.op === 'Reshape' && isShapedLast(value.producer) ? null : value
}

/** Decoders that give the elements in a row, or in words, so that a Reshape is their last node. */
function isShapedLast(node: Node | null): boolean {
  if (node?.op === 'Gather') return node.inputs[0]?.producer?.op === 'Gather'
  return node !== null && ['MaxUnpool', 'ScatterElements', 'Slice', 'MatMul'].includes(node.op)
}
