import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  bfloat16OfBits,
  bfloat16ToNumber,
  float16OfBits,
  float16ToNumber,
  numberToBfloat16,
  numberToFloat16,
} from '../../src/ir/float16.js'

describe('ir/float16', () => {
  it('knows the numbers of the standard', () => {
    const known: [bits: number, value: number][] = [
      [0x3c00, 1],
      [0xc000, -2],
      [0x7bff, 65504],
      [0x0400, 2 ** -14],
      [0x03ff, (1023 / 1024) * 2 ** -14],
      [0x0001, 2 ** -24],
      [0x3555, 0.333251953125],
      [0x7c00, Number.POSITIVE_INFINITY],
      [0xfc00, Number.NEGATIVE_INFINITY],
      [0x8000, -0],
    ]

    for (const [bits, value] of known) {
      assert.ok(Object.is(float16ToNumber(bits), value), `${bits.toString(16)} -> ${float16ToNumber(bits)}`)
      assert.equal(numberToFloat16(value), bits, `${value}`)
    }
    assert.ok(Number.isNaN(float16ToNumber(0x7e01)))
    assert.equal(numberToFloat16(Number.NaN), 0x7e00)
  })

  it('returns every half-precision number to its bits', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = float16ToNumber(bits)
      if (!Number.isNaN(value)) assert.equal(numberToFloat16(value), bits)
    }
  })

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), fc.double({ min: 0, max: 1, noNaN: true }), (bits, part) => {
        const [low, high] = [float16ToNumber(bits), float16ToNumber(bits + 1)]
        const value = low + part * (high - low)
        const middle = low + (high - low) / 2
        const expected = value < middle ? bits : value > middle ? bits + 1 : bits + (bits & 1)

        assert.equal(numberToFloat16(value), expected)
      }),
    )
  })

  it('becomes infinite where the standard says', () => {
    assert.equal(numberToFloat16(65519.999), 0x7bff)
    assert.equal(numberToFloat16(65520), 0x7c00)
    assert.equal(numberToFloat16(-1e300), 0xfc00)
  })

  it('converts bfloat16 both ways, rounding ties to even', () => {
    for (const bits of [0x0000, 0x3f80, 0xbf80, 0x4049, 0x7f7f, 0x0001, 0x7f80, 0xff80]) {
      assert.equal(numberToBfloat16(bfloat16ToNumber(bits)), bits)
    }
    assert.equal(bfloat16ToNumber(0x4049), 3.140625)
    assert.equal(numberToBfloat16(1 + 2 ** -8), 0x3f80, 'a tie goes down to the even one')
    assert.equal(numberToBfloat16(1 + 3 * 2 ** -8), 0x3f82, 'a tie goes up to the even one')
    assert.equal(numberToBfloat16(Number.NaN), 0x7fc0)
  })

  it('does the same from the bits of a float32, and keeps what fits of a NaN', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (bits) => {
        const [value = 0] = new Float32Array(Int32Array.of(bits).buffer)
        if (Number.isNaN(value)) return
        assert.equal(float16OfBits(bits), numberToFloat16(value), `${value}`)
        assert.equal(bfloat16OfBits(bits), numberToBfloat16(value), `${value}`)
      }),
      { numRuns: 2000 },
    )
    assert.deepEqual([float16OfBits(0x7fc02000), bfloat16OfBits(0x7fc10000)], [0x7e01, 0x7fc1])
    assert.deepEqual([float16OfBits(0x7f800001), bfloat16OfBits(0x7f800001)], [0x7e00, 0x7fc0], 'a NaN stays one')
  })
})
