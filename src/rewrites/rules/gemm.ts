import type { Node, Value } from '../../ir/graph.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * The product of two matrices and a bias behind it are one op:
 *
 *   Add(MatMul(A, B), c)   =>   Gemm(A, B, c)        A: [M, K], B: [K, N], c: [N], [1, N] or one number
 *
 * Gemm takes matrices only, so the rank of both must be known.
 */
export const gemm = defineRule({
  name: 'gemm',
  apply: (edit) => {
    for (const add of edit.nodes('Add')) {
      for (const [index, other] of [
        [0, 1],
        [1, 0],
      ] as const) {
        const product = add.inputs[index]?.producer
        const bias = add.inputs[other]
        if (product?.type === 'MatMul' && product.graph === add.graph && bias && join(edit, product, add, bias)) break
      }
    }
  },
})

const FLOATS: ReadonlySet<string> = new Set(['float32', 'float64', 'float16'])

function join(edit: Edit, product: Node, add: Node, bias: Value): boolean {
  const [a, b] = product.inputs
  const [y] = product.outputs
  const [z] = add.outputs
  const tensor = edit.facts.constantOf(bias)
  if (!a || !b || !y || !z || tensor === null || edit.soleReader(y) === null || edit.opsetOf(add) < 7) return false
  if (!FLOATS.has(tensor.dtype) || edit.facts.rankOf(a) !== 2 || edit.facts.rankOf(b) !== 2) return false
  const columns = edit.facts.shapeOf(b)?.[1]
  const [rows, width] = [tensor.shape.at(-2) ?? 1, tensor.shape.at(-1) ?? 1]
  if (tensor.shape.length > 2 || rows !== 1 || (width !== 1 && width !== columns)) return false
  // The result takes the name of the sum, which others know; the product stands in for it until the name is free.
  const { name, declared, extra } = z
  const type = edit.facts.typeOf(z)
  if (bias.producer !== null || !edit.replace(z, y)) return false
  edit.change(add.label, 'MatMul and Add joined to Gemm')
  edit.model.removeNode(add)
  const inputs = [a, b, bias]
  const made = edit.model.addNode(add.graph, { op: 'Gemm', name: product.name, inputs, outputs: [name] }, product)
  const [result] = made.outputs
  if (!result) throw new Error('A Gemm has an output.')
  edit.model.declare(result, declared, extra)
  edit.facts.state(result, type)
  edit.model.replaceUses(y, result)
  edit.model.removeNode(product)
  return true
}
