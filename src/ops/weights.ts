import { bound, type Call, calledBy, sites } from '../ir/calls.js'
import type { Model, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { opOf } from './index.js'
import type { Activation, WeightSpec } from './op.js'
import { isPrunable, type WeightSource, weightOf } from './weight-of.js'

/** One place where a weight is read. Axes are those of the stored tensor; null where a Reshape mixed them. */
export interface WeightUse {
  readonly node: Node
  readonly input: number
  readonly kind: WeightSpec['kind']
  /** One slice along it makes one output channel, unit or row; null also for a vector. */
  readonly out: number | null
  /** The axis that is summed over. */
  readonly in: number | null
  /** For each axis of the node's input the axis of the stored tensor; null where a Reshape mixed them. */
  readonly axes: readonly (number | null)[]
  /** What it is multiplied with; null where the op does not say. */
  readonly activation: Activation | null
  /** The call of the function that the node stands in. */
  readonly call: Call | null
}

/** A tensor of trained weights, once, with all its uses. */
export interface Weight {
  /** What holds it: an initializer, or the output of a Constant node. */
  readonly value: Value
  readonly tensor: Tensor
  /** In graph order, at least one. They may disagree about the axes, e.g. an embedding tied to the last layer. */
  readonly uses: readonly WeightUse[]
  /** The use whose kind and axes count: the first that multiplies, else the first. */
  readonly main: WeightUse
  /** Why it cannot be pruned as it is, or null. */
  readonly skip: string | null
}

export interface Weights {
  /** In the order in which the graph first uses them. */
  readonly weights: readonly Weight[]
  /** Inputs that should hold weights and do not hold a constant. */
  readonly untraced: readonly { readonly node: Node; readonly input: number; readonly why: string }[]
}

/** Every weight of a model, in the main graph, in bodies, and in functions as they are called. */
export function weightsOf(model: Model): Weights {
  const found = new Map<Value, { source: WeightSource; skip: string | null; uses: WeightUse[] }>()
  const untraced: { node: Node; input: number; why: string }[] = []
  for (const { node, call } of sites(model)) {
    if (calledBy(model, node)) continue
    for (const spec of opOf(node)?.weights?.(bound(node, call)) ?? []) {
      const source = weightOf(node, spec.input, call)
      if ('none' in source) {
        if (!spec.eitherSide) untraced.push({ node, input: spec.input, why: source.none })
        continue
      }
      if (spec.kind === 'embedding' && !isTable(source, spec)) continue
      const skip = skipReason(source, spec)
      const known = found.get(source.value)
      const use = useOf(node, call, spec, source)
      if (known) known.uses.push(use)
      else found.set(source.value, { source, skip, uses: [use] })
    }
  }
  const weights = [...found.values()].map(({ source, skip, uses }): Weight => {
    const { value, tensor } = source
    const [first] = uses
    const main = uses.find((use) => use.kind === 'weight') ?? first
    if (main === undefined) throw new Error(`Weight "${value.name}" has no use.`)
    return { value, tensor, uses, main, skip }
  })
  return { weights, untraced }
}

/** Gather reads all kinds of constants; only a matrix of floats, or of their codes, is an embedding. */
function isTable({ tensor, quantized, axes }: WeightSource, spec: WeightSpec): boolean {
  if (spec.quantized !== undefined) return true
  return axes.length === 2 && (isPrunable(tensor.dtype) || quantized !== null)
}

function skipReason({ tensor, quantized }: WeightSource, spec: WeightSpec): string | null {
  if (isPrunable(tensor.dtype)) return null
  return quantized ?? spec.quantized ?? `its dtype is ${tensor.dtype}`
}

function useOf(node: Node, call: Call | null, spec: WeightSpec, { axes }: WeightSource): WeightUse {
  const { input, kind, activation = null } = spec
  // A vector in a matrix product is summed over entirely.
  const vector = axes.length === 1 && kind === 'weight'
  const axisOf = (axis: number) => axes.at(axis < 0 && -axis > axes.length ? axes.length : axis) ?? null
  const [out, summed] = vector ? [null, axisOf(0)] : [axisOf(spec.out), axisOf(spec.in)]
  return { node, input, kind, out, in: summed, axes, activation, call }
}
