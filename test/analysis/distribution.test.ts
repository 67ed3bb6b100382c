import assert from 'node:assert/strict'
import fc from 'fast-check'
import { float32, int64, strings } from '../../fixtures/sketch.js'
import { distributionOf, HISTOGRAM_BINS, statisticsOf } from '../../src/analysis/distribution.js'
import { nonZeroOf } from '../../src/analysis/statistics.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import type { DType } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'

function tensor(dtype: DType, array: NodeJS.TypedArray, elements = array.length): Tensor {
  return new MemoryTensor(dtype, [elements], bytesOf(array))
}

/** A histogram with these counts in these bins, and none in the others. */
function bins(counts: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: HISTOGRAM_BINS }, (_, i) => counts[i] ?? 0)
}

/** The sixteen-bit floats -16, 0, 4 and 16. */
const SIXTEEN = { float16: [0xcc00, 0, 0x4400, 0x4c00], bfloat16: [0xc180, 0, 0x4080, 0x4180] }

describe('distributionOf', () => {
  it('tells extremes, moments, and the bins of what is not zero', () => {
    // From -16 to 16: bins of width 1, the last with its upper end.
    const found = distributionOf(float32([6], [-16, 0, -0, 4, 4.5, 16]))

    assert.deepEqual(found, {
      min: -16,
      max: 16,
      mean: 8.5 / 6,
      std: Math.sqrt((256 + 16 + 20.25 + 256) / 6 - (8.5 / 6) ** 2),
      nearZero: 2 / 6,
      histogram: bins({ 0: 1, 20: 2, 31: 1 }),
    })
  })

  it('counts as near zero what is at most a hundredth of the largest magnitude', () => {
    assert.equal(distributionOf(float32([5], [-200, 2, -2, 2.0001, 0]))?.nearZero, 3 / 5)
    assert.equal(distributionOf(tensor('int8', Int8Array.of(-100, 1, -1, 2, 0)))?.nearZero, 3 / 5)
  })

  for (const [dtype, codes] of Object.entries(SIXTEEN)) {
    it(`reads ${dtype}`, () => {
      const found = distributionOf(tensor(dtype as DType, Uint16Array.from(codes))) // a key of the table above

      assert.deepEqual(found, {
        min: -16,
        max: 16,
        mean: 1,
        std: Math.sqrt(528 / 4 - 1),
        nearZero: 1 / 4,
        histogram: bins({ 0: 1, 20: 1, 31: 1 }),
      })
    })
  }

  const WIDE: readonly [DType, NodeJS.TypedArray][] = [
    ['float64', Float64Array.of(-16, 0, 4, 16)],
    ['int8', Int8Array.of(-16, 0, 4, 16)],
    ['int16', Int16Array.of(-16, 0, 4, 16)],
    ['int32', Int32Array.of(-16, 0, 4, 16)],
    ['int64', BigInt64Array.of(-16n, 0n, 4n, 16n)],
  ]
  for (const [dtype, array] of WIDE) {
    it(`reads ${dtype}`, () => {
      const found = distributionOf(tensor(dtype, array))

      assert.deepEqual([found?.min, found?.max, found?.mean, found?.nearZero], [-16, 16, 1, 1 / 4])
      assert.deepEqual(found?.histogram, bins({ 0: 1, 20: 1, 31: 1 }))
    })
  }

  const UNSIGNED: readonly [DType, NodeJS.TypedArray][] = [
    ['uint8', Uint8Array.of(0, 64, 128, 192)],
    ['uint16', Uint16Array.of(0, 64, 128, 192)],
    ['uint32', Uint32Array.of(0, 64, 128, 192)],
    ['uint64', BigUint64Array.of(0n, 64n, 128n, 192n)],
  ]
  for (const [dtype, array] of UNSIGNED) {
    it(`reads ${dtype}`, () => {
      const found = distributionOf(tensor(dtype, array))

      assert.deepEqual([found?.min, found?.max, found?.mean], [0, 192, 96])
      assert.deepEqual(found?.histogram, bins({ 10: 1, 21: 1, 31: 1 }))
    })
  }

  it('reads types narrower than a byte, without what fills up the last one', () => {
    const int4 = distributionOf(tensor('int4', Uint8Array.of(0x7f, 0x08), 3)) // -1, 7, -8
    const uint2 = distributionOf(tensor('uint2', Uint8Array.of(0b11_10_01_00, 0b00_00_00_11), 5)) // 0, 1, 2, 3, 3
    const float4 = distributionOf(tensor('float4e2m1', Uint8Array.of(0xf7, 0x01), 3)) // 6, -6, 0.5
    const float6 = distributionOf(tensor('float6e3m2', Uint8Array.of(0b01_011111, 0b0000_1111), 2)) // 28, -20

    assert.deepEqual([int4?.min, int4?.max, int4?.mean, int4?.nearZero], [-8, 7, -2 / 3, 0])
    assert.deepEqual([uint2?.min, uint2?.max, uint2?.mean, uint2?.nearZero], [0, 3, 9 / 5, 1 / 5])
    assert.deepEqual([float4?.min, float4?.max, float4?.mean], [-6, 6, 0.5 / 3])
    assert.deepEqual([float6?.min, float6?.max], [-20, 28])
  })

  it('leaves infinities and NaN out, and counts them', () => {
    const values = [1, Number.NaN, 3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    const narrow = tensor('float16', Uint16Array.of(0x3c00, 0x7e00, 0x4200, 0x7c00, 0xfc00, 0))

    for (const found of [statisticsOf(float32([6], values)), statisticsOf(narrow)]) {
      assert.equal(found?.notFinite, 3)
      assert.equal(found?.zeros, 1)
      assert.deepEqual([found?.distribution?.min, found?.distribution?.max], [0, 3])
      assert.equal(found?.distribution?.mean, 4 / 3)
      assert.equal(found?.distribution?.nearZero, 1 / 3)
      assert.deepEqual(found?.distribution?.histogram, bins({ 10: 1, 31: 1 }))
    }
  })

  it('has a single bin for equal values, empty for zeros', () => {
    assert.deepEqual(distributionOf(float32([3], [2.5, 2.5, 2.5])), {
      min: 2.5,
      max: 2.5,
      mean: 2.5,
      std: 0,
      nearZero: 0,
      histogram: [3],
    })
    assert.deepEqual(distributionOf(float32([3], [0, -0, 0])), {
      min: 0,
      max: 0,
      mean: 0,
      std: 0,
      nearZero: 1,
      histogram: [0],
    })
  })

  it('has nothing to say of no values, of none that are finite, and of what is no number', () => {
    assert.equal(distributionOf(float32([0], [])), null)
    assert.equal(distributionOf(float32([1], [Number.NaN])), null)
    assert.equal(distributionOf(strings([1], ['a'])), null)
    assert.equal(distributionOf(tensor('bool', Uint8Array.of(1))), null)
    assert.equal(distributionOf(new MemoryTensor('complex64', [1], new Uint8Array(8))), null)
  })

  it('stays finite at both ends of float64', () => {
    const huge = distributionOf(tensor('float64', Float64Array.of(-1.7e308, 0, 1.7e308, 1.7e308)))
    const tiny = distributionOf(tensor('float64', Float64Array.of(0, 5e-324)))

    assert.deepEqual(huge?.histogram, bins({ 0: 1, 31: 2 }))
    for (const number of [huge?.mean, huge?.std, tiny?.mean, tiny?.std]) assert.ok(Number.isFinite(number), `${number}`)
    assert.equal((huge?.mean ?? 0) / 1.7e308, 0.25)
    assert.equal(tiny?.max, 5e-324)
    assert.equal(
      tiny?.histogram.reduce((sum, n) => sum + n, 0),
      1,
    )
  })

  it('looks at a lazily mapped tensor as it will be written', () => {
    const halved = float32([4], [2, 4, -6, 8]).map((chunk) => {
      const w = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, x] of w.entries()) w[i] = x / 2
    })

    assert.deepEqual([distributionOf(halved)?.min, distributionOf(halved)?.max], [-3, 4])
  })

  it('spares others the count of zeros', () => {
    let reads = 0
    const watched = float32([4], [0, 1, 0, 2]).map(() => reads++)

    statisticsOf(watched)
    const after = reads

    assert.equal(nonZeroOf(watched), 2)
    assert.equal(reads, after)
  })

  it('agrees with a look at every float32', () => {
    const values = fc.array(
      fc.oneof(fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY), fc.float({ min: -1000, max: 1000 })),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(values, (numbers) => {
        const found = statisticsOf(float32([numbers.length], numbers))
        const finite = numbers.filter((x) => Number.isFinite(x))
        assert.equal(found?.notFinite, numbers.length - finite.length)
        const { distribution } = found ?? {}
        if (!distribution) return assert.equal(finite.length, 0)
        const [min, max] = [Math.min(...finite) + 0, Math.max(...finite) + 0]
        assert.deepEqual([distribution.min, distribution.max], [min, max])
        const limit = 0.01 * Math.max(-min, max)
        assert.equal(distribution.nearZero, finite.filter((x) => Math.abs(x) <= limit).length / finite.length)
        const expected = Array.from({ length: min === max ? 1 : HISTOGRAM_BINS }, () => 0)
        for (const x of finite.filter((each) => each !== 0)) {
          const bin =
            min === max ? 0 : Math.min(HISTOGRAM_BINS - 1, Math.floor((x - min) * (HISTOGRAM_BINS / (max - min))))
          expected[bin] = (expected[bin] ?? 0) + 1
        }
        assert.deepEqual(distribution.histogram, expected)
        const mean = finite.reduce((sum, x) => sum + x, 0) / finite.length
        const std = Math.sqrt(finite.reduce((sum, x) => sum + (x - mean) ** 2, 0) / finite.length)
        assert.ok(Math.abs(distribution.mean - mean) <= 1e-9 * Math.max(-min, max), `${distribution.mean} ${mean}`)
        assert.ok(Math.abs(distribution.std - std) <= 1e-5 * Math.max(-min, max), `${distribution.std} ${std}`)
      }),
      { numRuns: 300 },
    )
  })

  it('counts int64 beyond the exact integers of a double as the nearest', () => {
    assert.equal(distributionOf(int64([2], [2 ** 60, 0]))?.max, 2 ** 60)
  })
})
