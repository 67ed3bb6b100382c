import assert from 'node:assert/strict'
import { axesOf, macsOf, weightSpecs } from './one-node.js'

describe('Conv', () => {
  it('multiplies every output element by the filter of its channel', () => {
    // 16 filters of 3x3x3 at 112x112 places
    const macs = macsOf(
      'Conv',
      [
        [1, 3, 224, 224],
        [16, 3, 3, 3],
      ],
      [[1, 16, 112, 112]],
    )

    assert.equal(macs, 16 * 112 * 112 * 27)
  })

  it('counts only the channels of its group', () => {
    const depthwise = macsOf(
      'Conv',
      [
        [2, 8, 10, 10],
        [8, 1, 3, 3],
      ],
      [[2, 8, 10, 10]],
      { group: 8 },
    )

    assert.equal(depthwise, 2 * 8 * 100 * 9)
  })

  it('counts one and three dimensions alike', () => {
    const oneD = macsOf(
      'Conv',
      [
        [1, 4, 50],
        [6, 4, 5],
      ],
      [[1, 6, 46]],
    )
    const threeD = macsOf(
      'Conv',
      [
        [1, 2, 4, 4, 4],
        [3, 2, 2, 2, 2],
      ],
      [[1, 3, 3, 3, 3]],
    )

    assert.equal(oneD, 6 * 46 * 20)
    assert.equal(threeD, 3 * 27 * 16)
  })

  it('is the same for channels-last forms', () => {
    const shapes = [
      [1, 224, 224, 3],
      [16, 3, 3, 3],
    ] as const

    assert.equal(macsOf('com.microsoft.NhwcFusedConv', shapes, [[1, 112, 112, 16]]), 16 * 112 * 112 * 27)
  })

  it('says null when a shape is not known', () => {
    assert.equal(macsOf('Conv', [[1, 3, 8, 8], [4, 3, 3, 3]], [null]), null) // biome-ignore format: one line a case
    assert.equal(macsOf('Conv', [[1, 3, 8, 8], null], [[1, 4, 6, 6]]), null)
  })

  it('has its filters [M, C/g, ...] as only weight', () => {
    const specs = weightSpecs('com.microsoft.FusedConv', [[1, 3, 8, 8], [4, 3, 3, 3], [4], [1, 4, 6, 6]])

    assert.deepEqual(specs, [{ input: 1, out: 0, in: 1, kind: 'weight', activation: { input: 0, over: 'patches' } }])
  })
})

describe('ConvTranspose', () => {
  it('spreads every input element over the filters of its channel', () => {
    const shapes = [
      [1, 24, 160, 160],
      [24, 6, 2, 2],
    ] as const

    assert.equal(macsOf('ConvTranspose', shapes, [[1, 6, 320, 320]], { strides: [2, 2] }), 24 * 160 * 160 * 6 * 4)
  })

  it('has its filters [C, M/g, ...] the other way round', () => {
    assert.deepEqual(axesOf('ConvTranspose', 1, [[1, 4, 8, 8], [4, 6, 3, 3]]), [1, 0]) // biome-ignore format: one line
  })
})
