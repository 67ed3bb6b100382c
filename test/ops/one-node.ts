import assert from 'node:assert/strict'
import { type Attrs, sketch } from '../../fixtures/sketch.js'
import type { Node } from '../../src/ir/graph.js'
import { opOf } from '../../src/ops/index.js'
import type { WeightSpec } from '../../src/ops/op.js'

/** Where an input is left out, or a shape is not known. */
export type Shapes = readonly (readonly number[] | null)[]

/** A node with an input for each shape; `com.microsoft.X` is X of that domain. */
export function nodeOf(type: string, inputs: Shapes, attrs: Attrs = {}, outputs = 1): Node {
  const s = sketch('one-node', 17, { 'com.microsoft': 1 })
  const values = inputs.map((shape, i) => (shape === null ? null : s.input(`x${i}`, shape)))
  const dot = type.lastIndexOf('.')
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`)
  return s.nodeOf(type.slice(dot + 1), 'node', values, names, attrs, { domain: type.slice(0, Math.max(0, dot)) })
}

/** What the op's definition says of a node with these shapes around it. */
export function macsOf(type: string, inputs: Shapes, outputs: Shapes, attrs: Attrs = {}): number | null {
  const node = nodeOf(type, inputs, attrs, outputs.length)
  const macs = opOf(node)?.macs
  assert.ok(macs, `${type} defines no MACs`)
  return macs(node, { input: (i) => inputs[i] ?? null, output: (i) => outputs[i] ?? null })
}

export function weightSpecs(type: string, inputs: Shapes, attrs: Attrs = {}): readonly WeightSpec[] {
  return opOf(nodeOf(type, inputs, attrs))?.weights?.(nodeOf(type, inputs, attrs)) ?? []
}

/** The axes of the weight at an input, as `out` and `in`. */
export function axesOf(type: string, input: number, inputs: Shapes, attrs: Attrs = {}): [number, number] {
  const spec = weightSpecs(type, inputs, attrs).find((s) => s.input === input)
  assert.ok(spec, `${type} has no weight at input ${input}`)
  return [spec.out, spec.in]
}
