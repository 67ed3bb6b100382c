import { argumentOf, bound, type Call } from '../ir/calls.js'
import type { Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import type { DType } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'
import { type Layout, layoutOf, transposed, viewed } from './layout.js'
import { rearranged } from './rearranged.js'

/** The constant behind an input. */
export interface WeightSource {
  /** What holds the tensor: an initializer, or the output of a Constant node. */
  readonly value: Value
  readonly tensor: Tensor
  /** For each axis of the input the axis of the tensor; null where a Reshape split or merged it, or made it. */
  readonly axes: readonly (number | null)[]
  /** Why the tensor cannot be pruned as it is: it holds codes; null when it holds the weights themselves. */
  readonly quantized: string | null
}

/** What stands between a constant and the op that multiplies by it. */
type Step = (layout: Layout) => Layout | null

/** Ops that hand on every element with another type or none of its own, and where its zeros stay zeros. */
const ELEMENTWISE: ReadonlySet<string> = new Set([
  'Identity',
  'Cast',
  'CastLike',
  ...quantizers(''),
  ...quantizers('com.microsoft.'),
])
const FLOATS: ReadonlySet<DType> = new Set(['float32', 'float16', 'bfloat16', 'float64'])

function quantizers(domain: string): string[] {
  return [`${domain}QuantizeLinear`, `${domain}DequantizeLinear`]
}

/**
 * Finds the constant behind an input: through Identity, Cast, QuantizeLinear, DequantizeLinear, Transpose, Reshape,
 * Squeeze, Unsqueeze and the reordering of its own pieces, into outer graphs, and from a function to the arguments of
 * the call. Not followed: what a function returns, and what enters a body of Loop or Scan.
 *
 * @param call  the call that the node runs in; null outside of functions
 * @returns     the source, or why there is none
 */
export function weightOf(
  node: Node,
  input: number,
  call: Call | null = null,
): WeightSource | { readonly none: string } {
  let value = node.inputs[input] ?? null
  let at = call
  const steps: Step[] = []
  let decoder: Node | null = null
  for (;;) {
    if (value === null) return { none: 'it is left out' }
    const argument = argumentOf(value, at)
    if (argument !== null) {
      value = argument.value
      at = argument.call
      continue
    }
    const tensor = constantOf(value)
    if (tensor !== null) return sourceOf(value, tensor, steps, decoder)
    const producer: Node | null = value.producer
    if (producer === null) return { none: `"${value.name}" is an input of ${placeOf(value)}` }
    const turned = rearranged(producer)
    if (turned !== null) {
      steps.push(turned.step)
      value = turned.source
      continue
    }
    const step = stepOf(bound(producer, at))
    if (step === null) return { none: `it is computed by "${producer.label}" (${producer.type})` }
    steps.push(step)
    if (ELEMENTWISE.has(producer.type) && producer.type !== 'Identity') decoder = producer
    value = producer.inputs[0] ?? null
  }
}

function placeOf(value: Value): string {
  const { owner } = value.graph
  return owner === null ? 'the model' : `a body of "${owner.label}" (${owner.type})`
}

/** @returns null for an op that is not looked through */
function stepOf(node: Node): Step | null {
  if (ELEMENTWISE.has(node.type)) return (layout) => layout
  if (node.type === 'Transpose') return (layout) => transposed(layout, node.ints('perm'))
  return viewed(node)
}

function sourceOf(
  value: Value,
  tensor: Tensor,
  steps: readonly Step[],
  decoder: Node | null,
): WeightSource | { readonly none: string } {
  let layout: Layout | null = layoutOf(tensor.shape)
  for (const step of steps.toReversed()) layout = layout && step(layout)
  if (layout === null) return { none: `"${value.name}" is reshaped in a way that does not fit its shape` }
  const decoded = decoder !== null && !FLOATS.has(tensor.dtype)
  const quantized = decoded ? `its weights are stored as ${tensor.dtype} behind "${decoder.label}"` : null
  return { value, tensor, axes: layout.axes, quantized }
}

/** Whether zeros can be written into a tensor of weights. */
export function isPrunable(dtype: DType): boolean {
  return FLOATS.has(dtype)
}
