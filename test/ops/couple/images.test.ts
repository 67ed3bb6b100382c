import assert from 'node:assert/strict'
import { float32, int64 } from '../../../fixtures/sketch.js'
import { attr } from '../../../src/ir/attr.js'
import { between, vector } from './between.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

/** A text without what small constants are. */
const data = (units: string) => units.replace(/ \| .* ->/, ' ->')
const twice = () => float32([4], [1, 1, 2, 2])

describe('the axes around Resize', () => {
  it('pass where nothing is resized', async () => {
    const resized = '. abc .. .. -> . abc .... ....'
    assert.equal(
      await unitsOf('Upsample', [[1, 3, 2, 2]], { scales: attr.floats([1, 1, 2, 2]) }, { opset: 7 }),
      resized,
    )
    assert.equal(data(await unitsOf('Upsample', [[1, 3, 2, 2], twice()], {}, { opset: 9 })), resized)
    assert.equal(data(await unitsOf('Resize', [[1, 3, 2, 2], twice()], {}, { opset: 10 })), resized)
    for (const opset of [11, 13, 18, 21]) {
      const empty = opset === 11 ? float32([0], []) : null
      assert.equal(data(await unitsOf('Resize', [[1, 3, 2, 2], empty, twice()], {}, { opset })), resized)
      const sizes = [[1, 3, 2, 2], empty, empty, vector(1, 3, 4, 4)]
      assert.equal(data(await unitsOf('Resize', sizes, {}, { opset })), resized)
    }
    const some = await unitsOf('Resize', [[1, 3, 2, 2], null, null, vector(4, 4)], { axes: [2, 3] }, { opset: 18 })
    assert.equal(data(some), resized)
  })

  it('hold for scales and sizes', async () => {
    for (const opset of [9, 11, 13, 18, 21]) {
      const model = between({ opset, made: 6 }, (s, x, ints) => {
        const scales = s.constant('scales', twice())
        const none = opset < 13 ? s.constant('none', float32([0], [])) : null
        const wide = opset < 10 ? s.node('Upsample', 'up', [x, scales]) : s.node('Resize', 'up', [x, none, scales])
        return opset < 11 ? wide : s.node('Resize', 'down', [wide, none, none, ints(2, 6, 3, 5)])
      })
      assert.equal(await assertCutHolds(model), 6)
    }
  })

  it('hold for sizes that are computed of the extents of the same image', async () => {
    const model = between({ made: 6 }, (s, x, ints) => {
      const shape = s.node('Shape', 'shape', [s.node('Relu', 'relu', [x])])
      const first = s.node('Slice', 'first', [shape, ints(0), ints(2), ints(0)])
      return s.node('Resize', 'up', [x, null, null, s.node('Concat', 'sizes', [first, ints(7, 7)], { axis: 0 })])
    })
    assert.equal(await assertCutHolds(model), 6)
  })

  it('are refused where it crops', async () => {
    const attrs = { coordinate_transformation_mode: 'tf_crop_and_resize' }
    const roi = float32([8], [0, 0, 0, 0, 1, 1, 1, 1])
    assert.equal(await unitsOf('Resize', [[1, 3, 2, 2], roi, twice()], attrs), 'refused: it crops, too')
  })
})

describe('the axes around points and windows of images', () => {
  it('are the channels of the image, and places of points', async () => {
    assert.equal(
      await unitsOf('GridSample', [
        [1, 3, 2, 2],
        [1, 2, 3, 2],
      ]),
      '. abc .. .. | . de fgh .. -> . abc de fgh',
    )
    assert.equal(
      await unitsOf('RoiAlign', [[1, 3, 4, 4], [2, 4], vector(0, 0)], { output_height: 2, output_width: 2 }),
      '. abc .... .... | de .... | de -> de abc .. ..',
    )
    assert.equal(
      await unitsOf(
        'MaxRoiPool',
        [
          [1, 3, 4, 4],
          [2, 5],
        ],
        { pooled_shape: [2, 2] },
      ),
      '. abc .... .... | de ..... -> de abc .. ..',
    )
  })
})

describe('the axes around blocks of images', () => {
  it('are channels apart from places of a block', async () => {
    for (const opset of [11, 13, 17]) {
      const depth = (mode: string) => unitsOf('DepthToSpace', [[1, 8, 1, 2]], { blocksize: 2, mode }, { opset })
      assert.equal(await depth('DCR'), '. abababab . cd -> . ab .. ccdd')
      assert.equal(await depth('CRD'), '. aaaabbbb . cd -> . ab .. ccdd')
    }
    assert.equal(await unitsOf('SpaceToDepth', [[1, 2, 2, 4]], { blocksize: 2 }), '. ab .. ccdd -> . abababab . cd')
    assert.equal(
      data(await unitsOf('Col2Im', [[1, 8, 4], vector(3, 3), vector(2, 2)], {}, { opset: 18 })),
      '. aaaabbbb .... -> . ab ... ...',
    )
  })

  it('hold, there and back', async () => {
    for (const mode of ['DCR', 'CRD']) {
      const model = between({ made: 12, summed: 12 }, (s, x) => {
        const wide = s.node('DepthToSpace', 'wide', [x], { blocksize: 2, mode })
        return s.node('SpaceToDepth', 'back', [s.node('Tanh', 'tanh', [wide])], { blocksize: 2 })
      })
      assert.equal(await assertCutHolds(model), 3)
    }
  })

  it('hold for windows that are put together', async () => {
    const model = between({ opset: 18, made: 8, summed: 2 }, (s, x, ints) => {
      const windows = s.node('Reshape', 'windows', [x, ints(2, 8, 16)])
      return s.node('Col2Im', 'image', [windows, ints(5, 5), ints(2, 2)])
    })
    assert.equal(await assertCutHolds(model), 2)
  })
})

describe('the axes whose extents are computed with', () => {
  it('stay, and others do not', async () => {
    assert.equal(await unitsOf('Shape', [[2, 3]]), '.. ... -> ..')
    assert.equal(await unitsOf('Shape', [[2, 3]], { start: -1 }), 'ab ... -> .')
    assert.equal(await unitsOf('Size', [[2, 3]]), '.. ... -> ')
    const model = between({ made: 6 }, (s, x) => {
      const shape = s.node('Shape', 'shape', [x])
      const width = s.node('Gather', 'width', [shape, s.constant('last', int64([], [3]))])
      return s.node('Mul', 'scaled', [x, s.node('Cast', 'float', [width], { to: 1 })])
    })
    assert.equal(await assertCutHolds(model), 6)
  })

  it('are cut with what gets its shape of them', async () => {
    for (const opset of [9, 11, 13, 17, 21]) {
      const model = between({ opset, made: 6 }, (s, x) => {
        const zeros = s.node('ConstantOfShape', 'zeros', [s.node('Shape', 'shape', [x])])
        const mean = s.node('GlobalAveragePool', 'mean', [x])
        const many = s.node('Expand', 'many', [mean, s.node('Shape', 'same', [x])])
        const flat = s.node('Flatten', 'flat', [x])
        const again = s.node('Reshape', 'again', [flat, s.node('Shape', 'again.shape', [many])])
        return s.node('Sum', 'sum', [x, zeros, many, again])
      })
      assert.equal(await assertCutHolds(model), 6)
    }
  })

  it('are cut in the shape of what is constant', async () => {
    const model = between({ made: 6 }, (s, x, ints) => {
      return s.node('Add', 'sum', [x, s.node('ConstantOfShape', 'zeros', [ints(1, 6, 1, 1)])])
    })
    assert.equal(await assertCutHolds(model), 6)
  })
})
