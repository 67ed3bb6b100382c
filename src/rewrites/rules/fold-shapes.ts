import type { Node, Value } from '../../ir/graph.js'
import { MemoryTensor, type Tensor } from '../../ir/tensor.js'
import { bytesOf } from '../../ir/walk.js'
import { initializerBytes, nodeBytes } from '../../onnx/bytes.js'
import type { Edit } from '../edit.js'
import { type Content, ShapeArithmetic } from '../shape-arithmetic.js'
import { defineRule } from './rule.js'

/**
 * Shapes that are computed in the graph, as far as they do not depend on open dimensions:
 *
 *   Gather(Shape(x: [N, 64, H]), 1)                =>   64
 *   Reshape(x: [N, 8, 16], [Shape(x)[0], 128])     =>   Reshape(x, [0, 128])
 *
 * The numbers follow the ops from Shape and Size on; what a dimension without a number contributes stays a name. A
 * target of a Reshape needs no computing when each of its names is the extent at the same place of x (0 copies it), or
 * it is the only one left (-1).
 */
export const foldShapes = defineRule({
  name: 'fold-shapes',
  reveals: true,
  apply: (edit) => {
    const arithmetic = new ShapeArithmetic(edit.facts)
    for (const node of [...edit.nodes()].reverse()) {
      for (const value of node.outputs) if (value !== null) foldWhole(edit, node, value, arithmetic)
    }
    const targets = new Set<Value>()
    for (const node of edit.nodes('Reshape')) if (node.inputs[1]) targets.add(node.inputs[1])
    for (const target of targets) foldTarget(edit, target, arithmetic)
  },
})

/** Where every number is known the value is a constant. From the end of the graph on: what comes before is mostly unused then. */
function foldWhole(edit: Edit, node: Node, value: Value, arithmetic: ShapeArithmetic): void {
  if (value.producer !== node || value.uses.size === 0 || edit.facts.constantOf(value) !== null) return
  const content = arithmetic.of(value)
  const tensor = content && integers(content)
  if (!tensor || initializerBytes(value.name, tensor) > nodeBytes(node)) return
  const { label, op } = node
  const inputs = [...node.inputs]
  edit.change(label, `${op} of a known shape folded`)
  edit.fold(value, tensor)
  edit.drop(inputs)
}

/** One constant for all Reshapes that read a target, if it is the same for all. */
function foldTarget(edit: Edit, target: Value, arithmetic: ShapeArithmetic): void {
  const content = arithmetic.of(target)
  const { producer } = target
  if (content === null || producer === null || edit.facts.constantOf(target) !== null) return
  const written = [...target.uses].map((use) =>
    'node' in use && use.index === 1 ? targetAt(use.node, content, arithmetic) : null,
  )
  const [first] = written
  if (!first || written.some((other) => other === null || `${other}` !== `${first}`)) return
  const tensor = integers({ ...content, elements: first })
  if (tensor === null || initializerBytes(target.name, tensor) > nodeBytes(producer)) return
  const { label } = producer
  const inputs = [...producer.inputs]
  edit.change(label, 'target of Reshape written as a constant')
  edit.fold(target, tensor)
  edit.drop(inputs)
}

/**
 * @returns the target with 0 for each extent that x has at the same place, and -1 for at most one more; null where that
 *          does not say it
 */
function targetAt(reshape: Node, { elements }: Content, arithmetic: ShapeArithmetic): readonly number[] | null {
  const [x, shape] = reshape.inputs
  if (reshape.type !== 'Reshape' || !x || !shape || reshape.int('allowzero', 0) !== 0) return null
  const extents = arithmetic.extents(x)
  const numbers = elements.map((element, axis) => {
    if (typeof element === 'number') return element
    return extents?.[axis] === element ? 0 : -1
  })
  return numbers.filter((n) => n === -1).length <= 1 ? numbers : null
}

/** @returns null where one of them is not known */
function integers({ dtype, shape, elements }: Content): Tensor | null {
  const numbers = elements.filter((element) => typeof element === 'number')
  if (numbers.length < elements.length) return null
  const data = dtype === 'int64' ? BigInt64Array.from(numbers, BigInt) : Int32Array.from(numbers)
  return new MemoryTensor(dtype, shape, bytesOf(data))
}
