import assert from 'node:assert/strict'
import type { Sketch } from '../../../fixtures/sketch.js'
import { float32 } from '../../../fixtures/sketch.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { constantOf } from '../../../src/ir/walk.js'
import { drawn, fed, rewrite } from '../rewritten.js'

const only = ['fold-scales', 'unused'] as const

function batchNorm(s: Sketch, x: Value, channels: number, attrs = {}): Value {
  const positive = Array.from({ length: channels }, (_, c) => 0.5 + 0.25 * c)
  const [scale, bias, mean] = ['scale', 'B', 'mean'].map((name) => s.weight(`bn.${name}`, [channels], 3))
  const variance = s.constant('bn.var', float32([channels], positive))
  return s.node('BatchNormalization', 'bn', [x, scale ?? null, bias ?? null, mean ?? null, variance], attrs)
}

function numbersOf(model: Model, name: string): number[] {
  for (const value of model.main.initializers) {
    const tensor = value.name === name ? constantOf(value) : null
    if (tensor) return [...new Float32Array(tensor.read().buffer)]
  }
  throw new Error(`There is no initializer "${name}".`)
}

describe('The rule fold-scales', () => {
  it('computes the weight and the bias by hand: s w and s b + t', async () => {
    const model = drawn(['N', 1, 2, 2], (s, x) => {
      const w = s.constant('w', float32([2, 1, 1, 1], [3, 5]))
      const b = s.constant('b', float32([2], [1, -1]))
      const y = s.node('Conv', 'conv', [x, w, b])
      const scaled = s.node('Mul', 'mul', [y, s.constant('s', float32([1, 2, 1, 1], [2, -4]))])
      return s.node('Add', 'add', [scaled, s.constant('t', float32([2, 1, 1], [0.5, 7]))])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 1, 2, 2])] })
    assert.deepEqual(result.ops, ['Conv'])
    assert.deepEqual(numbersOf(result.model, 'w'), [6, -20])
    assert.deepEqual(numbersOf(result.model, 'b'), [2.5, 11])
    assert.deepEqual(
      result.changed.map(({ what }) => what),
      ['Add folded into Conv', 'Mul folded into Conv'],
    )
  })

  it('folds BatchNormalization into a Conv with groups, without a bias', async () => {
    const model = drawn(['N', 4, 5, 5], (s, x) => {
      const y = s.node('Conv', 'conv', [x, s.weight('w', [6, 2, 3, 3])], { group: 2, pads: [1, 1, 1, 1] })
      return batchNorm(s, y, 6, { epsilon: attr.float(1e-3) })
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 4, 5, 5])] })
    assert.deepEqual(result.ops, ['Conv'])
  })

  it('folds BatchNormalization into a ConvTranspose with groups, whose outputs are the second axis of each group', async () => {
    const model = drawn(['N', 4, 3, 3], (s, x) => {
      const y = s.node('ConvTranspose', 'up', [x, s.weight('w', [4, 3, 2, 2])], { group: 2, strides: [2, 2] })
      return batchNorm(s, y, 6)
    })
    assert.deepEqual((await rewrite(model, { only, feeds: [fed([1, 4, 3, 3])] })).ops, ['ConvTranspose'])
  })

  for (const transB of [0, 1]) {
    it(`folds BatchNormalization into a Gemm with alpha, beta and transB ${transB}`, async () => {
      const model = drawn(['N', 4], (s, x) => {
        const w = s.weight('w', transB ? [3, 4] : [4, 3])
        const attrs = { transB, alpha: attr.float(0.5), beta: attr.float(2) }
        return batchNorm(s, s.node('Gemm', 'fc', [x, w, s.weight('b', [1, 3], 3)], attrs), 3)
      })
      assert.deepEqual((await rewrite(model, { only, feeds: [fed([2, 4])] })).ops, ['Gemm'])
    })
  }

  it('leaves one Add of all steps behind a MatMul, which has no bias', async () => {
    const model = drawn(['N', 5, 4], (s, x) => {
      const y = s.node('MatMul', 'fc', [x, s.weight('w', [4, 3])])
      const added = s.node('Add', 'add', [s.weight('b', [3], 3), y])
      const scaled = s.node('Mul', 'mul', [added, s.weight('s', [3], 3)])
      return s.node('Sub', 'sub', [s.node('Add', 'more', [scaled, s.weight('t', [3], 3)]), s.weight('u', [3], 3)])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 5, 4])] })
    assert.deepEqual(result.ops, ['MatMul', 'Add', 'Sub'])
  })

  it('folds BatchNormalization in front of a Conv without padding, and not in front of one with padding', async () => {
    const behind = (pads: readonly number[]) =>
      drawn(['N', 4, 5, 5], (s, x) =>
        s.node('Conv', 'conv', [batchNorm(s, x, 4), s.weight('w', [6, 2, 3, 3])], { group: 2, pads }),
      )
    const feeds = [fed([2, 4, 5, 5])]
    assert.deepEqual((await rewrite(behind([0, 0, 0, 0]), { only, feeds })).ops, ['Conv'])
    assert.deepEqual((await rewrite(behind([0, 1, 0, 0]), { only, feeds })).ops, ['BatchNormalization', 'Conv'])
  })

  it('folds a scale in front of a padded Conv, a ConvTranspose and a MatMul', async () => {
    const model = drawn(['N', 2, 4, 4], (s, x) => {
      const half = s.constant('half', float32([], [0.5]))
      const a = s.node('Conv', 'conv', [s.node('Div', 'div', [x, half]), s.weight('w', [2, 2, 3, 3])], {
        pads: [1, 1, 1, 1],
      })
      const scaled = s.node('Mul', 'mul', [s.node('Relu', 'relu', [a]), s.weight('s', [1, 2, 1, 1], 3)])
      const b = s.node('ConvTranspose', 'up', [scaled, s.weight('v', [2, 2, 2, 2])])
      return s.node('MatMul', 'fc', [
        s.node('Mul', 'last', [s.node('Relu', 'relu2', [b]), half]),
        s.weight('u', [5, 3]),
      ])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 2, 4, 4])] })
    assert.deepEqual(result.ops, ['Conv', 'Relu', 'ConvTranspose', 'Relu', 'MatMul'])
  })

  it('leaves a scale that gives its input more channels', async () => {
    const model = drawn(['N', 1, 4, 4], (s, x) => {
      const spread = s.node('Mul', 'mul', [x, s.weight('s', [1, 2, 1, 1], 3)])
      return s.node('Conv', 'conv', [spread, s.weight('w', [2, 2, 3, 3])])
    })
    assert.deepEqual((await rewrite(model, { only, feeds: [fed([2, 1, 4, 4])] })).ops, ['Mul', 'Conv'])
  })

  it('leaves a scale per pixel, one that broadcasts the output, and a product of two activations', async () => {
    const model = drawn(['N', 2, 4, 4], (s, x) => {
      const conv = (name: string, from: Value) => s.node('Conv', name, [from, s.weight(`${name}.w`, [2, 2, 1, 1])])
      const perPixel = s.node('Mul', 'pixel', [conv('a', x), s.weight('p', [4, 4], 3)])
      const higher = s.node('Mul', 'higher', [conv('b', perPixel), s.weight('h', [1, 1, 1, 1, 1], 3)])
      return s.node('Mul', 'both', [higher, x])
    })
    const result = await rewrite(model, { only, feeds: [fed([2, 2, 4, 4])] })
    assert.deepEqual(result.ops, ['Conv', 'Mul', 'Conv', 'Mul', 'Mul'])
  })

  it('says why it leaves a layer whose weight others read', async () => {
    const model = drawn(['N', 2, 4, 4], (s, x) => {
      const w = s.weight('w', [2, 2, 1, 1])
      return batchNorm(s, s.node('Conv', 'b', [s.node('Conv', 'a', [x, w]), w]), 2)
    })
    const result = await rewrite(model, { only, feeds: [fed([1, 2, 4, 4])] })
    assert.deepEqual(result.changed, [])
    assert.deepEqual(result.skipped, [
      { target: 'b', what: 'scales around it not folded: other nodes read its weight' },
    ])
  })

  it('leaves BatchNormalization in training mode, and a value that is read twice', async () => {
    const training = drawn([4, 2, 4, 4], (s, x) => {
      const y = s.node('Conv', 'conv', [x, s.weight('w', [2, 2, 1, 1])])
      return batchNorm(s, y, 2, { training_mode: 1 })
    })
    assert.deepEqual((await rewrite(training, { only })).changed, [])
    const twice = drawn(['N', 2, 4, 4], (s, x) => {
      const y = s.node('Conv', 'conv', [x, s.weight('w', [2, 2, 1, 1])])
      return s.node('Add', 'add', [batchNorm(s, y, 2), y])
    })
    assert.deepEqual((await rewrite(twice, { only, feeds: [fed([1, 2, 4, 4])] })).changed, [])
  })

  it('leaves a weight that would overflow', async () => {
    const model = drawn(['N', 1, 2, 2], (s, x) => {
      const y = s.node('Conv', 'conv', [x, s.constant('w', float32([1, 1, 1, 1], [3e38]))])
      return s.node('Mul', 'mul', [y, s.constant('s', float32([], [10]))])
    })
    const result = await rewrite(model, { only })
    assert.deepEqual(result.skipped, [
      { target: 'conv', what: 'scales around it not folded: its weight would overflow' },
    ])
  })
})
