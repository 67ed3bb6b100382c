import type { Tensor } from '../ir/tensor.js'
import type { Planned } from './kernels/kernel.js'

/** One operation on constants, to be done when its result is asked for. */
export interface Step {
  readonly planned: Planned
  /** null for an input that is left out. */
  readonly inputs: readonly (Source | null)[]
}

/** Where an input comes from. */
export type Source = Tensor | Step

const NOTHING = new Uint8Array(0)

/**
 * Does the steps that lead to one, each once, as ONNX Runtime does them (but see MatMul). What is made in between, and
 * the constants that are read, are held only until the last step that needs them.
 *
 * @throws UndecodableError when the constants do not go together
 */
export function evaluate(root: Step): Uint8Array {
  const steps = inOrder(root)
  const uses = new Map<Source, number>([[root, 1]])
  for (const { inputs } of steps) for (const input of inputs) if (input) uses.set(input, (uses.get(input) ?? 0) + 1)
  const held = new Map<Source, Uint8Array>()
  const take = (source: Source | null): Uint8Array => {
    if (source === null) return NOTHING
    const bytes = held.get(source) ?? ('planned' in source ? NOTHING : source.read())
    const left = (uses.get(source) ?? 0) - 1
    uses.set(source, left)
    if (left > 0) held.set(source, bytes)
    else held.delete(source)
    return bytes
  }
  for (const step of steps) held.set(step, step.planned.run(step.inputs.map(take)))
  return take(root)
}

/** The steps that lead to one, each after those that it needs. */
function inOrder(root: Step): Step[] {
  const order = new Set<Step>()
  const visit = (step: Step) => {
    if (order.has(step)) return
    for (const input of step.inputs) if (input !== null && 'planned' in input) visit(input)
    order.add(step)
  }
  visit(root)
  return [...order]
}
