import assert from 'node:assert/strict'
import { float32, int64, type Sketch } from '../../../fixtures/sketch.js'
import type { Value } from '../../../src/ir/graph.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

describe('the axes around BatchNormalization', () => {
  it('are channels with their parameters', async () => {
    for (const opset of [9, 11, 13, 15, 17, 21]) {
      assert.equal(
        await unitsOf('BatchNormalization', [[2, 3, 4], [3], [3], [3], [3]], {}, { opset }),
        'ab cde fghi | cde | cde | cde | cde -> ab cde fghi',
      )
    }
  })

  it('are no others in training, which takes the statistics of the batch', async () => {
    assert.equal(
      await unitsOf('BatchNormalization', [[2, 3, 4], [3], [3], [3], [3]], { training_mode: 1 }, { outputs: 3 }),
      '.. abc .... | abc | abc | abc | abc -> .. abc .... | abc | abc',
    )
  })

  it('stay where each position has parameters of its own', async () => {
    const parameters = [1, 2, 3, 4].map(() => [3, 4])
    const why = 'it normalizes each position on its own (spatial is 0)'
    assert.equal(
      await unitsOf('BatchNormalization', [[2, 3, 4], ...parameters], { spatial: 0 }, { opset: 7 }),
      `refused: ${why}`,
    )
  })
})

describe('the axes around the normalizations of a sample', () => {
  it('are normalized with scale and bias along them', async () => {
    assert.equal(
      await unitsOf('LayerNormalization', [[2, 3, 4], [4], [4]], {}, { outputs: 3 }),
      'ab cde fghi | fghi | fghi -> ab cde fghi | ab cde . | ab cde . [statistics of 0.2]',
    )
    assert.equal(
      await unitsOf(
        'LayerNormalization',
        [
          [2, 3, 4],
          [3, 4],
        ],
        { axis: 1 },
      ),
      'ab cde fghi | cde fghi -> ab cde fghi [statistics of 0.1] [statistics of 0.2]',
    )
    assert.equal(
      await unitsOf('RMSNormalization', [[2, 3], [3]], {}, { opset: 23 }),
      'ab cde | cde -> ab cde [statistics of 0.1]',
    )
    assert.equal(
      await unitsOf('SimplifiedLayerNormalization', [[2, 3], [3]], {}),
      'ab cde | cde -> ab cde [statistics of 0.1]',
    )
  })

  it('are those of what is added first', async () => {
    assert.equal(
      await unitsOf('com.microsoft.SkipLayerNormalization', [[2, 3, 4], [3, 4], [4], [4], [4]], {}, { outputs: 4 }),
      'ab cde fghi | cde fghi | fghi | fghi | fghi -> ab cde fghi | ab cde . | ab cde . | ab cde fghi [statistics of 0.2]',
    )
    assert.equal(
      await unitsOf('com.microsoft.SkipSimplifiedLayerNormalization', [[1, 2, 3], [1, 2, 3], [3]]),
      '. ab cde | . ab cde | cde -> . ab cde [statistics of 0.2]',
    )
  })

  it('are positions of each channel for InstanceNormalization', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf('InstanceNormalization', [[2, 3, 4], [3], [3]], {}, { opset }),
        'ab cde fghi | cde | cde -> ab cde fghi [statistics of 0.2]',
      )
    }
  })

  it('go as whole groups for GroupNormalization, with parameters of groups before opset 21', async () => {
    assert.equal(
      await unitsOf('GroupNormalization', [[2, 6, 4], [3], [3]], { num_groups: 3 }, { opset: 18 }),
      'ab ccddee .... | cde | cde -> ab ccddee ....',
    )
    assert.equal(
      await unitsOf('GroupNormalization', [[2, 6, 4], [6], [6]], { num_groups: 3 }, { opset: 21 }),
      'ab ccddee .... | ccddee | ccddee -> ab ccddee ....',
    )
  })

  it('are those that MeanVarianceNormalization names', async () => {
    assert.equal(
      await unitsOf('MeanVarianceNormalization', [[1, 3, 2, 1]], {}, { opset: 13 }),
      '. abc de . -> . abc de . [statistics of 0.0] [statistics of 0.2] [statistics of 0.3]',
    )
    assert.equal(
      await unitsOf('MeanVarianceNormalization', [[2, 3]], { axes: [1] }, { opset: 9 }),
      'ab cde -> ab cde [statistics of 0.1]',
    )
  })

  it('stay where neighbours are looked at', async () => {
    assert.equal(await unitsOf('LRN', [[2, 3, 1, 1]], { size: 3 }), 'ab ... . . -> ab ... . .')
  })

  it('are sums for LpNormalization', async () => {
    assert.equal(await unitsOf('LpNormalization', [[2, 3]], { axis: 0 }), 'ab cde -> ab cde [sum of 0.0]')
  })
})

describe('the cut of normalizations', () => {
  /** Two products around something. */
  const between = (opset: number, inner: (s: Sketch, x: Value) => Value) =>
    drawn(
      [2, 3, 4],
      (s, x) => {
        const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 6])])
        return s.node('MatMul', 'out', [inner(s, made), s.weight('v', [6, 2])])
      },
      opset,
    )
  /** A convolution to 12 channels, something, and one back. */
  const amidConvs = (opset: number, inner: (s: Sketch, x: Value) => Value) =>
    drawn(
      [2, 3, 4, 4],
      (s, x) => {
        const made = s.node('Conv', 'made', [x, s.weight('w', [12, 3, 3, 3])])
        return s.node('Conv', 'out', [inner(s, made), s.weight('v', [2, 12, 1, 1])])
      },
      opset,
    )

  it('leaves out of the statistics what is gone', async () => {
    const model = between(17, (s, x) =>
      s.node('LayerNormalization', 'norm', [x, s.weight('scale', [6]), s.weight('bias', [6])]),
    )

    assert.equal(await assertCutHolds(model), 6)
  })

  it('does so where it is written out, with the mean of squares or of squared differences', async () => {
    const layer = between(17, (s, x) => {
      const two = s.constant('two', float32([], [2]))
      const epsilon = s.constant('epsilon', float32([], [1e-5]))
      const centred = s.node('Sub', 'centred', [x, s.node('ReduceMean', 'mean', [x], { axes: [-1] })])
      const variance = s.node('ReduceMean', 'variance', [s.node('Pow', 'square', [centred, two])], { axes: [-1] })
      const deviation = s.node('Sqrt', 'deviation', [s.node('Add', 'safe', [variance, epsilon])])
      return s.node('Mul', 'scaled', [s.node('Div', 'norm', [centred, deviation]), s.weight('scale', [6])])
    })
    const rms = between(18, (s, x) => {
      const axes = s.constant('axes', int64([1], [2]))
      const square = s.node('Mul', 'square', [x, x])
      const mean = s.node('ReduceMean', 'mean', [square, axes], { keepdims: 1 })
      const root = s.node('Sqrt', 'root', [s.node('Add', 'safe', [mean, s.constant('e', float32([1], [1e-6]))])])
      return s.node('Mul', 'norm', [x, s.node('Reciprocal', 'one', [root])])
    })

    assert.equal(await assertCutHolds(layer), 6)
    assert.equal(await assertCutHolds(rms), 6)
  })

  it('goes by the groups of a GroupNormalization, also where it is written with the one of instances', async () => {
    const fused = (opset: number) =>
      amidConvs(opset, (s, x) => {
        const size = opset < 21 ? 6 : 12
        return s.node('GroupNormalization', 'norm', [x, s.weight('scale', [size]), s.weight('bias', [size])], {
          num_groups: 6,
        })
      })
    const writtenOut = amidConvs(17, (s, x) => {
      const grouped = s.node('Reshape', 'grouped', [x, s.constant('groups', int64([3], [0, 6, -1]))])
      const ones = s.constant('ones', float32([6], [1, 1, 1, 1, 1, 1]))
      const zeros = s.constant('zeros', float32([6], [0, 0, 0, 0, 0, 0]))
      const normal = s.node('InstanceNormalization', 'norm', [grouped, ones, zeros])
      const back = s.node('Reshape', 'back', [normal, s.constant('shape', int64([4], [2, 12, 2, 2]))])
      return s.node('Mul', 'scaled', [back, s.weight('scale', [12, 1, 1], 1)])
    })

    assert.equal(await assertCutHolds(fused(18)), 6)
    assert.equal(await assertCutHolds(fused(21)), 6)
    assert.ok((await assertCutHolds(writtenOut)) > 0)
  })

  it('holds for batches, instances, norms of vectors, and sums that are normalized', async () => {
    const batch = amidConvs(17, (s, x) => {
      const [scale, bias, mean] = ['scale', 'bias', 'mean'].map((name) => s.weight(name, [12])) as [Value, Value, Value]
      const variance = s.constant('var', float32([12], new Array(12).fill(0.5)))
      return s.node('BatchNormalization', 'norm', [x, scale, bias, mean, variance])
    })
    const instance = amidConvs(13, (s, x) =>
      s.node('InstanceNormalization', 'norm', [x, s.weight('scale', [12]), s.weight('bias', [12])]),
    )
    const unit = between(17, (s, x) => s.node('LpNormalization', 'norm', [x]))
    const skip = between(17, (s, x) => {
      const domain = { domain: 'com.microsoft' }
      const [scale, bias] = [s.weight('scale', [6]), s.weight('bias', [6])]
      const names = ['norm', '', '', 'sum']
      const node = s.nodeOf(
        'SkipLayerNormalization',
        'n',
        [x, s.node('Relu', 'r', [x]), scale, bias],
        names,
        {},
        domain,
      )
      return s.node('Add', 'both', [node.outputs[0] ?? x, node.outputs[3] ?? x])
    })
    skip.opsets.set('com.microsoft', 1)

    assert.equal(await assertCutHolds(batch), 12)
    assert.equal(await assertCutHolds(instance), 12)
    assert.equal(await assertCutHolds(unit), 6)
    assert.equal(await assertCutHolds(skip), 6)
  })
})
