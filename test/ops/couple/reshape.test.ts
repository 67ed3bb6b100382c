import assert from 'node:assert/strict'
import { int64 } from '../../../fixtures/sketch.js'
import { drawn } from '../../rewrites/rewritten.js'
import { between, vector } from './between.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const OPSETS = [9, 11, 13, 17, 21]

describe('the axes around a reshape', () => {
  it('are the same where they stand alone', async () => {
    for (const opset of OPSETS) {
      const text = async (shape: number[], target: number[]) => {
        const units = await unitsOf('Reshape', [shape, vector(...target)], {}, { opset })
        return units.replace(/ \| .* ->/, ' ->')
      }
      assert.equal(await text([2, 1, 3], [2, 3]), 'ab . cde -> ab cde')
      assert.equal(await text([2, 3], [0, 1, -1]), 'ab cde -> ab . cde')
      assert.equal(await text([2, 3, 4], [6, 4]), '.. abc defg -> abcabc defg')
      assert.equal(await text([6], [2, 3]), 'abcabc -> .. abc')
      assert.equal(await text([4, 3], [2, 6]), 'aabb cde -> ab cdecde')
    }
  })

  it('stay where the borders of the two shapes cross, and only there', async () => {
    assert.equal(
      (await unitsOf('Reshape', [[4, 6, 2], vector(6, 4, 2)])).replace(/ \| .* ->/, ' ->'),
      '.... ...... ab -> ...... .... ab',
    )
  })

  it('are blocks for each channel behind Flatten', async () => {
    for (const opset of OPSETS) {
      assert.equal(await unitsOf('Flatten', [[2, 3, 2]], { axis: 1 }, { opset }), 'ab cde .. -> ab ccddee')
    }
  })

  it('go and come with Squeeze and Unsqueeze, by attribute or input', async () => {
    for (const opset of OPSETS) {
      const axes = (...values: number[]) =>
        opset < 13 ? { inputs: [], attrs: { axes: values } } : { inputs: [vector(...values)], attrs: {} }
      const [last, ends] = [axes(-1), axes(0, -1)]
      assert.match(
        await unitsOf('Squeeze', [[1, 3, 1], ...last.inputs], last.attrs, { opset }),
        /^\. abc \..* -> \. abc$/,
      )
      assert.match(await unitsOf('Squeeze', [[1, 3, 1]], {}, { opset }), /^\. abc \. -> abc$/)
      assert.match(
        await unitsOf('Unsqueeze', [[2, 3], ...ends.inputs], ends.attrs, { opset }),
        /^ab cde.* -> \. ab cde \.$/,
      )
    }
  })

  it('change places in a Transpose', async () => {
    assert.equal(await unitsOf('Transpose', [[2, 3, 4]]), 'ab cde fghi -> fghi cde ab')
    assert.equal(await unitsOf('Transpose', [[2, 3, 4]], { perm: [0, 2, 1] }), 'ab cde fghi -> ab fghi cde')
  })

  it('hold for the channel shuffle', async () => {
    for (const opset of OPSETS) {
      const model = between({ opset, made: 8 }, (s, x, ints) => {
        const groups = s.node('Reshape', 'groups', [x, ints(0, 2, -1, 4, 4)])
        const turned = s.node('Transpose', 'turned', [groups], { perm: [0, 2, 1, 3, 4] })
        return s.node('Reshape', 'back', [turned, ints(2, 8, 4, 4)])
      })
      assert.equal(await assertCutHolds(model), 4)
    }
  })

  it('hold where positions are taken apart and put together again', async () => {
    const model = between({ made: 6 }, (s, x, ints) => {
      const apart = s.node('Reshape', 'apart', [x, ints(2, 6, 2, 2, 2, 2)])
      const windows = s.node('Transpose', 'windows', [apart], { perm: [0, 2, 4, 3, 5, 1] })
      const tokens = s.node('Reshape', 'tokens', [windows, ints(-1, 4, 6)])
      const again = s.node('Reshape', 'again', [s.node('Relu', 'relu', [tokens]), ints(-1, 2, 2, 2, 2, 6)])
      const turned = s.node('Transpose', 'turned', [again], { perm: [0, 5, 1, 3, 2, 4] })
      return s.node('Reshape', 'together', [turned, ints(0, -1, 4, 4)])
    })
    assert.equal(await assertCutHolds(model), 6)
  })

  it('hold where images are unfolded with their channels outside, across borders', async () => {
    const model = between({ made: 6 }, (s, x, ints) => {
      const rows = s.node('Reshape', 'rows', [x, ints(24, 2, 2, 2)])
      const turned = s.node('Transpose', 'turned', [rows], { perm: [0, 2, 1, 3] })
      const back = s.node('Transpose', 'back', [turned], { perm: [0, 2, 1, 3] })
      return s.node('Reshape', 'image', [back, ints(2, 6, 4, 4)])
    })
    assert.ok((await assertCutHolds(model)) >= 1)
  })

  it('hold for channels and positions flattened into a layer', async () => {
    for (const opset of OPSETS) {
      const model = drawn(
        [2, 3, 2, 2],
        (s, x) => {
          const made = s.node('Conv', 'made', [x, s.weight('w', [5, 3, 1, 1])])
          return s.node('MatMul', 'out', [s.node('Flatten', 'flat', [made]), s.weight('v', [20, 3])])
        },
        opset,
      )
      assert.equal(await assertCutHolds(model), 5)
    }
  })

  it('hold for Squeeze without axes where a single element is left', async () => {
    for (const opset of OPSETS) {
      const model = drawn(
        [3, 1, 4],
        (s, x) => {
          const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 2])])
          return s.node('MatMul', 'out', [s.node('Squeeze', 'squeezed', [made]), s.weight('v', [2, 3])])
        },
        opset,
      )
      assert.equal(await assertCutHolds(model, 6), 2)
    }
  })

  it('hold for the pool that is exported as a lookup of all elements', async () => {
    const model = drawn([1, 3, 4, 4], (s, x) => {
      const made = s.node('Conv', 'made', [x, s.weight('w', [6, 3, 1, 1])])
      const mean = s.node('ReduceMean', 'mean', [made], { axes: [2, 3], keepdims: 0 })
      const flat = s.node('Reshape', 'flat', [mean, s.constant('all', vector(-1))])
      const indices = s.constant('indices', int64([1, 6, 1, 1], [0, 1, 2, 3, 4, 5]))
      return s.node('Conv', 'out', [s.node('Gather', 'strided', [flat, indices]), s.weight('v', [2, 6, 1, 1])])
    })
    assert.equal(await assertCutHolds(model), 6)
  })

  it('hold where a batch and a length vary, and the target is computed of them', async () => {
    for (const opset of OPSETS) {
      const model = drawn(
        ['N', 'T', 4],
        (s, x) => {
          const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 8])])
          const shape = s.node('Shape', 'shape', [made])
          const both = s.node('Gather', 'both', [shape, s.constant('first', vector(0, 1))])
          const heads = s.node('Concat', 'heads', [both, s.constant('sizes', vector(2, 4))], { axis: 0 })
          const apart = s.node('Relu', 'relu', [s.node('Reshape', 'apart', [made, heads])])
          const flat = s.node('Concat', 'flat', [both, s.constant('size', vector(8))], { axis: 0 })
          return s.node('MatMul', 'out', [s.node('Reshape', 'back', [apart, flat]), s.weight('v', [8, 3])])
        },
        opset,
      )
      assert.equal(await assertCutHolds(model), 4)
    }
  })
})
