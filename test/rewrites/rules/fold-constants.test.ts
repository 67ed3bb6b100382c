import assert from 'node:assert/strict'
import { float32, int64, outputOf, sketch, uniform } from '../../../fixtures/sketch.js'
import { attr } from '../../../src/ir/attr.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { constantOf } from '../../../src/ir/walk.js'
import { drawn, fed, rewrite } from '../rewritten.js'

const only = ['fold-constants', 'unused'] as const

describe('The rule fold-constants', () => {
  it('computes a subtree of constants in one go, and keeps the name of its result', async () => {
    const model = drawn(['N', 3], (s, x) => {
      const sum = s.node('Add', 'sum', [
        s.constant('a', float32([3], [1, 2, 3])),
        s.constant('b', float32([3], [4, 5, 6])),
      ])
      return s.node('Mul', 'mul', [x, s.node('Neg', 'neg', [sum])])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 3])] })
    assert.deepEqual(result.ops, ['Mul'])
    const [constant] = result.model.main.initializers
    assert.equal(constant?.name, 'neg.out')
    assert.deepEqual([...new Float32Array(constant?.constant?.read().buffer ?? new ArrayBuffer(0))], [-5, -7, -9])
  })

  it('folds what several nodes make of one Constant node', async () => {
    const model = drawn(['N', 8], (s, x) => {
      const tensor = attr.tensor(float32([8, 8], uniform([8, 8], 1, 5)))
      const w = s.node('Constant', 'w', [], { value: tensor })
      const mean = s.node('ReduceMean', 'mean', [w], { axes: [0], keepdims: 1 })
      return s.node('MatMul', 'fc', [x, s.node('Sub', 'centred', [w, mean])])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 8])] })
    assert.deepEqual(result.ops, ['MatMul'])
  })

  it('turns a weight around, and leaves one that others read as it lies', async () => {
    const turned = (isShared: boolean) =>
      drawn(['N', 32], (s, x) => {
        const w = s.weight('w', [32, 32])
        const y = s.node('MatMul', 'fc', [x, s.node('Transpose', 'turn', [w])])
        return isShared ? s.node('MatMul', 'fc2', [y, w]) : y
      })
    const feeds = [fed([2, 32])]
    assert.deepEqual((await rewrite(turned(false), { only, feeds })).ops, ['MatMul'])
    assert.deepEqual((await rewrite(turned(true), { only, feeds })).ops, ['Transpose', 'MatMul', 'MatMul'])
  })

  it('does not unpack what is stored packed: ConstantOfShape, Expand, Tile, Range, codes of a codebook', async () => {
    const model = drawn([64, 64], (s, x) => {
      const shape = s.constant('shape', int64([2], [64, 64]))
      const one = s.constant('one', float32([1, 1], [1.5]))
      const codes = new MemoryTensor(
        'uint8',
        [64, 64],
        Uint8Array.from({ length: 4096 }, (_, i) => i % 16),
      )
      const index = s.node('Cast', 'cast', [s.constant('codes', codes)], { to: 6 })
      const parts = [
        s.node('ConstantOfShape', 'zeros', [shape]),
        s.node('Expand', 'expand', [one, shape]),
        s.node('Tile', 'tile', [one, shape]),
        s.node('Gather', 'decode', [s.constant('book', float32([16], uniform([16], 1, 3))), index]),
      ]
      return parts.reduce((sum, part, i) => s.node('Add', `add${i}`, [sum, part]), x)
    })
    const result = await rewrite(model, { only, feeds: [fed([64, 64])] })
    assert.deepEqual(result.changed, [])
  })

  it('folds the small parts of a subtree that would grow as a whole', async () => {
    const model = drawn([64, 64], (s, x) => {
      const half = s.constant('half', int64([1], [32]))
      const side = s.node('Add', 'side', [half, half])
      const shape = s.node('Concat', 'shape', [side, side], { axis: 0 })
      return s.node('Add', 'add', [x, s.node('ConstantOfShape', 'zeros', [shape])])
    })
    const result = await rewrite(model, { only, feeds: [fed([64, 64])] })
    assert.deepEqual(result.ops, ['ConstantOfShape', 'Add'])
  })

  it('leaves random numbers, DequantizeLinear of a weight, and types that cannot be fetched', async () => {
    const model = drawn(['N', 4], (s, x) => {
      const codes = s.constant(
        'codes',
        new MemoryTensor(
          'int8',
          [4, 4],
          Uint8Array.from({ length: 16 }, (_, i) => i),
        ),
      )
      const scale = s.constant('scale', float32([], [0.1]))
      const w = s.node('DequantizeLinear', 'dq', [codes, scale])
      const random = s.node('RandomNormal', 'random', [], { shape: [4], seed: attr.float(1) })
      const b = s.constant('b', new MemoryTensor('bfloat16', [4], new Uint8Array(8)))
      const cast = s.node('Cast', 'cast', [b], { to: 1 })
      return s.node('Add', 'add2', [s.node('Add', 'add', [s.node('MatMul', 'fc', [x, w]), random]), cast])
    })
    const result = await rewrite(model, { only })
    assert.deepEqual(result.ops, ['DequantizeLinear', 'RandomNormal', 'MatMul', 'Add', 'Add'])
  })

  it('quantizes a weight now: QuantizeLinear of a constant shrinks it', async () => {
    const model = drawn(['N', 16], (s, x) => {
      const scale = s.constant('scale', float32([], [0.01]))
      const zero = s.constant('zero', new MemoryTensor('int8', [], new Uint8Array(1)))
      const q = s.node('QuantizeLinear', 'q', [s.weight('w', [16, 16]), scale, zero])
      return s.node('MatMul', 'fc', [x, s.node('DequantizeLinear', 'dq', [q, scale, zero])])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 16])] })
    assert.deepEqual(result.ops, ['DequantizeLinear', 'MatMul'])
  })

  it('leaves a node that ONNX Runtime cannot compute, says so, and folds the rest', async () => {
    const model = drawn(['N'], (s, x) => {
      const table = s.constant('table', float32([3], [1, 2, 3]))
      const broken = s.node('Gather', 'gather', [table, s.constant('beyond', int64([1], [9]))])
      const fine = s.node('Neg', 'neg', [s.constant('c', float32([1], [3]))])
      return s.node('Add', 'add2', [s.node('Add', 'add', [x, broken]), fine])
    })
    const result = await rewrite(model, { only })
    assert.deepEqual(
      result.changed.map(({ target }) => target),
      ['neg'],
    )
    assert.match(result.skipped[0]?.what ?? '', /^not folded: /)
  })

  it('does not take the default of an input for a constant, from IR 4 on', async () => {
    const s = sketch('defaults')
    const x = s.input('x', ['N', 3])
    const scale = s.input('scale', [3])
    s.model.setDefault(scale, float32([3], [1, 2, 3]))
    s.output('y', s.node('Mul', 'mul', [x, s.node('Neg', 'neg', [scale])]), null)
    assert.deepEqual((await rewrite(s.model, { only })).changed, [])
  })

  it('folds in bodies, and in functions into Constant nodes', async () => {
    const s = sketch('bodies', 17, { local: 1 })
    const flag = s.input('flag', [], 'bool')
    const x = s.input('x', [2])
    const f = s.model.addFunction({ domain: 'local', name: 'f', overload: '', opsets: new Map([['', 17]]), extra: {} })
    const inside = s.model.addInput(f.graph, 'in', null)
    const c = { value: attr.tensor(float32([2], [1, 2])) }
    const [one] = s.model.addNode(f.graph, { op: 'Constant', inputs: [], outputs: ['one'], attrs: c }).outputs
    const [neg] = s.model.addNode(f.graph, { op: 'Neg', inputs: [one ?? null], outputs: ['neg'] }).outputs
    const [sum] = s.model.addNode(f.graph, { op: 'Add', inputs: [inside, neg ?? null], outputs: ['sum'] }).outputs
    assert.ok(sum)
    s.model.addOutput(f.graph, sum)
    const node = s.nodeOf('If', 'if', [flag], ['if.out'])
    for (const branch of ['then_branch', 'else_branch']) {
      s.body(node, branch, (body) => {
        const outer = body.node('Add', `${branch}.add`, [
          x,
          body.node('Neg', `${branch}.neg`, [body.weight(`${branch}.w`, [2], 3)]),
        ])
        body.output(`${branch}.y`, outer, tensorType('float32', [2]))
      })
    }
    const call = s.node('f', 'call', [outputOf(node)], {}, { domain: 'local' })
    s.output('y', s.node('f', 'again', [call], {}, { domain: 'local' }), null)
    const feeds = [true, false].map((is) => ({
      flag: { dtype: 'bool' as const, shape: [], data: Uint8Array.of(Number(is)) },
      ...fed([2]),
    }))
    const result = await rewrite(s.model, { only, feeds })
    assert.deepEqual(result.ops, ['If', 'f', 'f', 'Add', 'Add', 'Constant', 'Add'])
    const [constant] = f.graph.nodes
    assert.ok(constant && constantOf(outputOf(constant)))
  })
})
