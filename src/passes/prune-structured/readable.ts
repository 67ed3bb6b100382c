import type { Member } from '../../analysis/dependencies/dependencies.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { constantOf } from '../../ir/walk.js'
import { isPrunable } from '../../ops/weight-of.js'
import { evaluateConstants } from '../../rewrites/constant-model.js'
import { turn } from '../unhurried.js'

/** A weight whose numbers can be read, seen along an axis that units lie on. */
export interface Readable extends Pick<Member, 'node' | 'input' | 'units'> {
  /** Of a float type. */
  readonly tensor: Tensor
  /** The axis of the tensor. */
  readonly axis: number
  /** Of what holds the numbers, for messages. */
  readonly name: string
}

/**
 * The weights of some members, each once for each axis: what several nodes read says what it says only once. Left out
 * is what is no float and cannot be computed by ONNX Runtime. What is computed is not kept.
 */
export async function* readableOf(
  model: Model,
  members: Iterable<Member>,
  signal?: AbortSignal,
): AsyncIterable<Readable> {
  const seen = new Set<string>()
  for (const member of members) {
    const { node, input, axis, stored } = member
    const isStored = hasNumbers(member)
    const value = isStored ? (stored?.source.value ?? null) : (node.inputs[input] ?? null)
    const key = `${value?.id} ${isStored ? stored?.axis : axis}`
    if (seen.has(key)) continue
    seen.add(key)
    const readable = isStored ? storedOf(member) : await computedOf(model, member)
    if (readable === null || readable.tensor.shape[readable.axis] !== member.units.length) continue
    yield readable
    await turn()
    signal?.throwIfAborted()
  }
}

/** Whether numbers are stored as such, each where the axis has it. */
function hasNumbers({ stored, node, input }: Member): boolean {
  if (stored === null || stored.source.quantized !== null) return false
  return isPrunable(stored.source.tensor.dtype) && !isRearranged(node, input)
}

/** A Concat of pieces puts the elements of a weight elsewhere on their axis. */
function isRearranged(node: Node, input: number): boolean {
  for (let value = node.inputs[input] ?? null; value !== null && constantOf(value) === null; ) {
    if (value.producer?.type === 'Concat') return true
    value = value.producer?.inputs[0] ?? null
  }
  return false
}

function storedOf({ stored, node, input, units }: Member): Readable | null {
  if (stored === null) return null
  const { axis, source } = stored
  return { node, input, units, axis, tensor: source.tensor, name: source.value.name }
}

/** Numbers that ONNX Runtime computes of constants: dequantized, standardized, put together. */
async function computedOf(model: Model, { node, input, axis, units }: Member): Promise<Readable | null> {
  const value = node.inputs[input] ?? null
  if (value === null || constantOf(value) !== null) return null
  const makers = new Set<Node>()
  if (!gather(value, makers)) return null
  const tensor = (await evaluateConstants(model, [value], makers)).tensors.get(value)
  return tensor && isPrunable(tensor.dtype) ? { node, input, units, axis, tensor, name: value.name } : null
}

/** Finds the nodes that a value hangs on, each after its inputs. @returns whether they are all that it takes */
function gather(value: Value, makers: Set<Node>): boolean {
  const { producer } = value
  if (constantOf(value) !== null || (producer && makers.has(producer))) return true
  if (producer === null || producer.domain !== '' || [...producer.graphs()].length > 0) return false
  for (const input of producer.inputs) if (input !== null && !gather(input, makers)) return false
  makers.add(producer)
  return true
}
