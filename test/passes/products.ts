import { float32, int64, type Sketch, sketch } from '../../fixtures/sketch.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { type Rows, transpose } from './prune/dense-algebra.js'

/** How a product x W^T of x [N, 10] may stand in a file; W [6, 10] is stored as it is, or turned. */
export interface ProductForm {
  readonly stored: 'W' | 'W^T'
  readonly draw: (s: Sketch, x: Value, w: Value) => Value
}

export const PRODUCTS: Readonly<Record<string, ProductForm>> = {
  'Gemm with transB': { stored: 'W', draw: (s, x, w) => s.node('Gemm', 'fc', [x, w], { transB: 1, alpha: 0.5 }) },
  Gemm: { stored: 'W^T', draw: (s, x, w) => s.node('Gemm', 'fc', [x, w]) },
  'Gemm with transA': {
    stored: 'W^T',
    draw: (s, x, w) => s.node('Gemm', 'fc', [s.node('Transpose', 'turn', [x], { perm: [1, 0] }), w], { transA: 1 }),
  },
  'Gemm with the weight on the left': {
    stored: 'W',
    draw: (s, x, w) => s.node('Gemm', 'fc', [w, x], { transB: 1 }),
  },
  MatMul: { stored: 'W^T', draw: (s, x, w) => s.node('MatMul', 'fc', [x, w]) },
  'MatMul with the weight on the left': {
    stored: 'W',
    draw: (s, x, w) => s.node('MatMul', 'fc', [w, s.node('Transpose', 'turn', [x], { perm: [1, 0] })]),
  },
  'MatMul behind a Transpose': {
    stored: 'W',
    draw: (s, x, w) => s.node('MatMul', 'fc', [x, s.node('Transpose', 'turn', [w], { perm: [1, 0] })]),
  },
  'MatMul of a stack': {
    stored: 'W^T',
    draw: (s, x, w) =>
      s.node('MatMul', 'fc', [s.node('Unsqueeze', 'stack', [x, s.constant('axes', int64([1], [1]))]), w]),
  },
}

/** A model of one product, whose weight is called `w`. */
export function oneProduct(form: ProductForm, w: Rows): Model {
  const s = sketch('product')
  const x = s.input('x', ['N', 10])
  const stored = form.stored === 'W' ? w : transpose(w)
  const weight = s.constant('w', float32([stored.length, stored[0]?.length ?? 0], stored.flat()))
  s.output('y', form.draw(s, x, weight), null)
  return s.model
}
