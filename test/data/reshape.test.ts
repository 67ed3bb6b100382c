import assert from 'node:assert/strict'
import fc from 'fast-check'
import { reshapedSample } from '../../src/data/reshape.js'
import { elementCount } from '../../src/ir/type.js'

describe('data/reshape', () => {
  const cases: [sample: number[], target: (number | null)[] | null, result: number[] | null, why: string][] = [
    [[3, 4], null, [3, 4], 'an unknown rank takes anything'],
    [[3, 4], [3, 4], [3, 4], 'it fits as it is'],
    [[3, 4], [null, null], [3, 4], 'open dimensions take it as it is'],
    [[28, 28], [1, 28, 28], [1, 28, 28], 'an axis of 1 is put in'],
    [[28, 28], [784], [784], 'axes are merged'],
    [[784], [1, 28, 28], [1, 28, 28], 'an axis is split'],
    [[784, 1], [28, 28], [28, 28], 'an axis is split and an axis of 1 left out'],
    [[3, 8, 8], [3, 64], [3, 64], 'some axes are merged'],
    [[], [1], [1], 'a value becomes an axis of 1'],
    [[1], [], [], 'an axis of 1 becomes a value'],
    [[28, 27], [1, 28, 28], null, 'too few elements'],
    [[224, 224, 3], [3, 224, 224], null, 'another layout has as many elements'],
    [[64, 32], [32, 64], null, 'transposed'],
    [[4, 6], [8, 3], null, 'as many elements by chance'],
    [[28, 28], [null, 28, 28], [1, 28, 28], 'the open dimension can only be 1'],
    [[1, 28, 28], [28, null], [28, 28], 'an axis of 1 is left out'],
    [[28, 28], [1, null, null], [1, 28, 28], 'open dimensions in their order'],
    [[28, 28], [null, null, null], null, 'it could go three ways'],
    [[640], [null, 64], null, 'open dimensions do not split an axis'],
    [[5], [null], [5], 'an open length'],
    [[5, 1], [null], [5], 'an axis of 1 at the end is left out'],
  ]
  for (const [sample, target, result, why] of cases) {
    it(`[${sample}] for [${target?.map((d) => d ?? '?') ?? '...'}] is ${result ? `[${result}]` : 'refused'}: ${why}`, () => {
      assert.deepEqual(reshapedSample(sample, target), result)
    })
  }

  it('never changes the number of elements, and keeps what the input says', () => {
    const dims = fc.array(fc.constantFrom(1, 2, 3, 4, 6), { maxLength: 4 })
    const target = fc.array(fc.constantFrom(1, 2, 3, 4, 6, null), { maxLength: 4 })
    fc.assert(
      fc.property(dims, target, (sample, wanted) => {
        const shape = reshapedSample(sample, wanted)

        if (shape === null) return
        assert.equal(elementCount(shape), elementCount(sample))
        assert.equal(shape.length, wanted.length)
        assert.ok(wanted.every((d, i) => d === null || d === shape[i]))
      }),
      { numRuns: 1000 },
    )
  })
})
