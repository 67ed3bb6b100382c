import assert from 'node:assert/strict'
import { outputOf, type Sketch } from '../../../fixtures/sketch.js'
import type { Value } from '../../../src/ir/graph.js'
import { between, type Integers, vector } from './between.js'
import { assertCutHolds } from './holds.js'
import { unitsOf } from './units-of.js'

const OPSETS = [9, 11, 13, 17, 21]

/** A Slice as each opset has it. */
function sliced(
  s: Sketch,
  x: Value,
  ints: Integers,
  name: string,
  bounds: readonly [number, number, number],
  step = 1,
) {
  const [axis, start, end] = bounds
  if (s.model.opset < 10) return s.node('Slice', name, [x], { starts: [start], ends: [end], axes: [axis] })
  return s.node('Slice', name, [x, ints(start), ints(end), ints(axis), ints(step)])
}

/** A text without what small constants are. */
const data = (units: string) => units.replace(/ \| .* ->/, ' ->')

describe('the axes around Concat', () => {
  it('are joined, and tied along the others', async () => {
    for (const opset of OPSETS) {
      assert.equal(
        await unitsOf(
          'Concat',
          [
            [2, 3],
            [2, 2],
          ],
          { axis: 1 },
          { opset },
        ),
        'ab cde | ab fg -> ab cdefg',
      )
      assert.equal(
        await unitsOf(
          'Concat',
          [
            [2, 3],
            [2, 1],
          ],
          { axis: -1 },
          { opset },
        ),
        'ab cde | ab . -> ab cde.',
      )
    }
  })
})

describe('the axes around Split', () => {
  it('are ranges, by sizes as each opset states them', async () => {
    const parts = { outputs: 2 }
    assert.equal(
      await unitsOf('Split', [[5, 2]], { axis: 0, split: [2, 3] }, { ...parts, opset: 11 }),
      'abcde fg -> ab fg | cde fg',
    )
    assert.equal(await unitsOf('Split', [[5, 2], vector(2, 3)], { axis: 0 }, parts), 'abcde fg | hi -> ab fg | cde fg')
    assert.equal(
      await unitsOf('Split', [[5, 2]], { axis: 0, num_outputs: 2 }, { ...parts, opset: 18 }),
      'abcde fg -> abc fg | de fg',
    )
    assert.equal(await unitsOf('Split', [[2, 4]], { axis: -1 }, parts), 'ab cdef -> ab cd | ab ef')
  })

  it('hold when equal parts become unequal ones, and for a part that is not read', async () => {
    for (const opset of OPSETS) {
      const model = between({ opset, made: 9, summed: 6 }, (s, x) => {
        const attrs = opset < 18 ? { axis: 1 } : { axis: 1, num_outputs: 3 }
        const node = s.nodeOf('Split', 'parts', [x], ['first', 'second', 'third'], attrs)
        return s.node('Concat', 'joined', [outputOf(node, 2), s.node('Relu', 'relu', [outputOf(node, 0)])], { axis: 1 })
      })
      // All but those of the second part have a reader; those go alone.
      assert.equal(await assertCutHolds(model), 9)
    }
  })
})

describe('the axes around Slice', () => {
  it('are what its bounds select', async () => {
    for (const opset of [10, 13, 21]) {
      const text = async (size: number, start: number, end: number, step: number) =>
        data(await unitsOf('Slice', [[size], vector(start), vector(end), vector(0), vector(step)], {}, { opset }))
      assert.equal(await text(5, 1, -1, 1), 'abcde -> bcd')
      assert.equal(await text(5, -2, 100, 1), 'abcde -> de')
      assert.equal(await text(5, -1, -100, -1), 'abcde -> edcba')
      assert.equal(await text(6, 1, 100, 2), 'aabbcc -> abc')
      assert.equal(await text(5, 0, 5, 2), '..... -> ...')
      assert.equal(await text(4, 2, 3, 1), 'ab.c -> .')
    }
    assert.equal(
      await unitsOf('Slice', [[5, 2]], { starts: [1], ends: [2 ** 31], axes: [0] }, { opset: 9 }),
      'abcde fg -> bcde fg',
    )
  })

  it('hold for ranges, in both directions', async () => {
    for (const opset of OPSETS) {
      const ranges = between({ opset, made: 8 }, (s, x, ints) => {
        const last = sliced(s, x, ints, 'last', [1, -5, 2 ** 31])
        const first = sliced(s, x, ints, 'first', [1, 0, 3])
        return s.node('Concat', 'rolled', [last, first], { axis: 1 })
      })
      assert.equal(await assertCutHolds(ranges), 8)
      if (opset < 10) continue
      const reversed = between({ opset, made: 5 }, (s, x, ints) => sliced(s, x, ints, 'reversed', [1, -1, -6], -1))
      assert.equal(await assertCutHolds(reversed), 5)
    }
  })

  it('hold for every other channel: pairs go', async () => {
    const model = between({ made: 8 }, (s, x, ints) => {
      const even = sliced(s, x, ints, 'even', [1, 0, 100], 2)
      const odd = sliced(s, x, ints, 'odd', [1, 1, 100], 2)
      return s.node('Concat', 'both', [even, odd], { axis: 1 })
    })
    assert.equal(await assertCutHolds(model), 4)
  })

  it('stay where bounds are computed, and the others pass', async () => {
    const model = between({ made: 6 }, (s, x, ints) => {
      const end = s.node('Gather', 'end', [s.node('Shape', 'shape', [x]), ints(3)])
      return s.node('Slice', 'part', [x, ints(1), end, ints(2)])
    })
    assert.equal(await assertCutHolds(model), 6)
  })
})

describe('the axes around Pad', () => {
  it('keep their elements; what is padded on the channels may go, too', async () => {
    assert.equal(
      await unitsOf('Pad', [[1, 3, 2, 2]], { pads: [0, 2, 0, 1, 0, 2, 0, 1] }, { opset: 9 }),
      '. abc de fg -> . hiabcjk de .fg.',
    )
    assert.equal(data(await unitsOf('Pad', [[2, 3], vector(0, 1, 0, 0)])), 'ab cde -> ab .cde')
    assert.equal(data(await unitsOf('Pad', [[2, 4], vector(0, -1, 0, -1)])), 'ab cdef -> ab de')
    assert.equal(data(await unitsOf('Pad', [[2, 3], vector(0, 1, 0, 1)], { mode: 'reflect' })), 'ab ... -> ab .....')
    assert.equal(
      data(await unitsOf('Pad', [[2, 3], vector(1, 1), null, vector(1)], {}, { opset: 18 })),
      'ab cde -> ab .cde.',
    )
  })

  it('hold where a residual is padded with channels', async () => {
    for (const opset of OPSETS) {
      const model = between({ opset, made: 5, summed: 9 }, (s, x, ints) => {
        const pads = [0, 2, 0, 0, 0, 2, 0, 0]
        const padded = opset < 11 ? s.node('Pad', 'padded', [x], { pads }) : s.node('Pad', 'padded', [x, ints(...pads)])
        return s.node('Add', 'sum', [padded, s.node('Conv', 'branch', [x, s.weight('u', [9, 5, 1, 1])])])
      })
      assert.equal(await assertCutHolds(model), 9)
    }
  })

  it('hold where channels are cut off by it', async () => {
    const model = between({ made: 7, summed: 4 }, (s, x, ints) =>
      s.node('Pad', 'cropped', [x, ints(0, -1, 0, 0, 0, -2, 0, 0)]),
    )
    assert.equal(await assertCutHolds(model), 7)
  })
})

describe('the axes around Tile and Expand', () => {
  it('are repeated, or made of a single element', async () => {
    for (const opset of OPSETS) {
      assert.equal(data(await unitsOf('Tile', [[2, 3], vector(1, 2)], {}, { opset })), 'ab cde -> ab cdecde')
      assert.equal(
        data(await unitsOf('Tile', [[1, 3], vector(2, 1)], {}, { opset })).replace(/[f-z]+/, 'xy'),
        '. abc -> xy abc',
      )
      const expanded = data(await unitsOf('Expand', [[2, 1, 3], vector(4, 1)], {}, { opset }))
      assert.equal(expanded, 'ab . cde -> ab hijk cde')
    }
  })

  it('hold for channels repeated as a whole, one by one, and from one to many', async () => {
    for (const opset of OPSETS) {
      const tiled = between({ opset, made: 4, summed: 8 }, (s, x, ints) =>
        s.node('Tile', 'tiled', [x, ints(1, 2, 1, 1)]),
      )
      assert.equal(await assertCutHolds(tiled), 4)
      const repeated = between({ opset, made: 4, summed: 8 }, (s, x, ints) => {
        const apart = s.node('Reshape', 'apart', [x, ints(2, 4, 1, 4, 4)])
        const many = s.node('Expand', 'many', [apart, ints(2, 4, 2, 4, 4)])
        return s.node('Reshape', 'together', [many, ints(2, 8, 4, 4)])
      })
      assert.ok((await assertCutHolds(repeated)) >= 4)
      const one = between({ opset, made: 5 }, (s, x, ints) => {
        const single = s.node('Conv', 'single', [x, s.weight('u', [1, 5, 1, 1])])
        const many = s.node('Expand', 'many', [single, ints(1, 5, 1, 1)])
        const again = s.node('Tile', 'again', [single, ints(1, 5, 1, 1)])
        return s.node('Add', 'sum', [s.node('Mul', 'product', [x, many]), again])
      })
      assert.equal(await assertCutHolds(one), 5)
    }
  })
})
