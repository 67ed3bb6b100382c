import assert from 'node:assert/strict'
import type { Coupler } from '../../../src/ops/coupling.js'
import { opOf } from '../../../src/ops/index.js'
import { drawn } from '../../rewrites/rewritten.js'
import { nodeOf } from '../one-node.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const K = { kernel_shape: [3, 3] }

describe('the axes around Conv', () => {
  it('are input channels that are summed over and output channels that are made', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      assert.equal(
        await unitsOf('Conv', [[2, 3, 5, 5], [4, 3, 3, 3], [4]], K, { opset }),
        'ab cde ..... ..... | fghi cde ... ... | fghi -> ab fghi ... ... [sum of 0.1]',
      )
    }
  })

  it('of one and of three dimensions are the same', async () => {
    assert.equal(
      await unitsOf('Conv', [
        [1, 2, 5],
        [3, 2, 3],
      ]),
      '. ab ..... | cde ab ... -> . cde ... [sum of 0.1]',
    )
    assert.equal(
      await unitsOf('Conv', [
        [1, 2, 3, 3, 3],
        [3, 2, 3, 3, 3],
      ]),
      '. ab ... ... ... | cde ab ... ... ... -> . cde . . . [sum of 0.1]',
    )
  })

  it('lose the same channels of all groups, where no group goes as a whole', async () => {
    assert.equal(
      await unitsOf('Conv', [[1, 6, 5, 5], [4, 3, 3, 3], [4]], { ...K, group: 2 }),
      '. abcabc ..... ..... | dede abc ... ... | dede -> . dede ... ... [sum of 0.1]',
    )
  })

  it('lose whole groups, where those have more than their channels', async () => {
    assert.equal(
      await unitsOf('Conv', [[1, 6, 5, 5], [6, 2, 3, 3], [6]], { ...K, group: 3 }),
      '. aabbcc ..... ..... | aabbcc .. ... ... | aabbcc -> . aabbcc ... ... [sum of 0.1]',
    )
  })

  it('pass through a depthwise one, also to several channels each', async () => {
    assert.equal(
      await unitsOf('Conv', [[1, 3, 5, 5], [3, 1, 3, 3], [3]], { ...K, group: 3 }),
      '. abc ..... ..... | abc . ... ... | abc -> . abc ... ...',
    )
    assert.equal(
      await unitsOf('Conv', [[1, 3, 5, 5], [6, 1, 3, 3], [6]], { ...K, group: 3 }),
      '. abc ..... ..... | aabbcc . ... ... | aabbcc -> . aabbcc ... ...',
    )
  })

  it('are those of what a fused one adds', async () => {
    assert.equal(
      await unitsOf('com.microsoft.FusedConv', [[1, 2, 3, 3], [3, 2, 3, 3], [3], [1, 3, 1, 1]], { activation: 'Relu' }),
      '. ab ... ... | cde ab ... ... | cde | . cde . . -> . cde . . [sum of 0.1]',
    )
  })

  it('leave the offsets of a deformable one alone', async () => {
    const operands = [[1, 4, 4, 4], [3, 4, 2, 2], [1, 16, 3, 3], [3], [1, 8, 3, 3]]
    const fixed = '. ................ ... ...'
    assert.equal(
      await unitsOf('DeformConv', operands, { kernel_shape: [2, 2], offset_group: 2 }, { opset: 19 }),
      `. abab .... .... | cde abab .. .. | ${fixed} | cde | . ........ ... ... -> . cde ... ... [sum of 0.1]`,
    )
  })
})

describe('the axes around ConvTranspose', () => {
  it('are input channels that are summed over and output channels that are made', async () => {
    assert.equal(
      await unitsOf('ConvTranspose', [[2, 3, 3, 3], [3, 4, 2, 2], [4]]),
      'ab cde ... ... | cde fghi .. .. | fghi -> ab fghi .... .... [sum of 0.1]',
    )
  })

  it('lose the same channels of all groups, or whole groups', async () => {
    assert.equal(
      await unitsOf('ConvTranspose', [[1, 6, 3, 3], [6, 4, 2, 2], [8]], { group: 2 }),
      '. abcabc ... ... | abcabc defg .. .. | defgdefg -> . defgdefg .... .... [sum of 0.1]',
    )
    assert.equal(
      await unitsOf('ConvTranspose', [[1, 6, 3, 3], [6, 1, 2, 2], [3]], { group: 3 }),
      '. aabbcc ... ... | aabbcc . .. .. | abc -> . abc .... .... [sum of 0.1]',
    )
  })

  it('pass through a depthwise one', async () => {
    assert.equal(
      await unitsOf(
        'ConvTranspose',
        [
          [1, 3, 3, 3],
          [3, 1, 2, 2],
        ],
        { group: 3 },
      ),
      '. abc ... ... | abc . .. .. -> . abc .... ....',
    )
  })
})

describe('the cut of convolutions', () => {
  it('leaves what the masked model computes: plain, grouped, depthwise, transposed, of which a sum is made', async () => {
    const model = drawn([2, 3, 8, 8], (s, x) => {
      const a = s.node('Conv', 'a', [x, s.weight('wa', [12, 3, 3, 3]), s.weight('ba', [12])], { pads: [1, 1, 1, 1] })
      const grouped = s.node('Conv', 'grouped', [a, s.weight('wg', [8, 3, 1, 1])], { group: 4 })
      const depthwise = s.node('Conv', 'depthwise', [a, s.weight('wd', [24, 1, 3, 3]), s.weight('bd', [24])], {
        group: 12,
        pads: [1, 1, 1, 1],
      })
      const up = s.node('ConvTranspose', 'up', [grouped, s.weight('wu', [8, 3, 1, 1]), s.weight('bu', [12])], {
        group: 4,
      })
      const sum = s.node('Add', 'sum', [a, up])
      const last = s.node('Conv', 'last', [sum, s.weight('wl', [4, 12, 1, 1])])
      return s.node('Add', 'both', [last, s.node('Conv', 'other', [depthwise, s.weight('wo', [4, 24, 1, 1])])])
    })

    assert.equal(await assertCutHolds(model, 8), 4)
  })

  it('sets the number of groups where whole groups go', async () => {
    const model = drawn([1, 3, 6, 6], (s, x) => {
      const a = s.node('Conv', 'a', [x, s.weight('wa', [12, 3, 1, 1])])
      const b = s.node('Conv', 'b', [a, s.weight('wb', [18, 2, 3, 3]), s.weight('bb', [18])], { group: 6 })
      const c = s.node('ConvTranspose', 'c', [b, s.weight('wc', [18, 2, 2, 2]), s.weight('bc', [12])], { group: 6 })
      return s.node('Conv', 'd', [c, s.weight('wd', [2, 12, 1, 1])])
    })

    assert.equal(await assertCutHolds(model, 8), 6)
  })

  it('leaves the offsets of a deformable one', async () => {
    const model = drawn(
      [1, 3, 5, 5],
      (s, x) => {
        const made = s.node('Conv', 'made', [x, s.weight('wm', [6, 3, 1, 1])])
        const offsets = s.node('Conv', 'offsets', [x, s.weight('wf', [16, 3, 2, 2])])
        const inputs = [made, s.weight('wd', [4, 6, 2, 2]), offsets, s.weight('bd', [4])]
        const bent = s.node('DeformConv', 'bent', inputs, { kernel_shape: [2, 2], offset_group: 2 })
        return s.node('Conv', 'out', [bent, s.weight('wo', [2, 4, 1, 1])])
      },
      19,
    )

    assert.equal(await assertCutHolds(model), 3 + 4)
  })

  it('leaves those alone whose channels come last', async () => {
    const node = nodeOf('com.microsoft.NhwcConv', [
      [1, 4, 4, 2],
      [3, 2, 1, 1],
    ]) // no kernel to infer shapes with
    const refusal = { node, refuse: (why: string) => assert.fail(why) }
    const couple = opOf(node)?.couple

    assert.ok(typeof couple === 'function')
    assert.throws(() => couple(refusal as unknown as Coupler), /its channels come last/) // reads no more
  })
})
