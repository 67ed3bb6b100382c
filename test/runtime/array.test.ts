import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeFloat16, type NdArray, toNumbers } from '../../src/runtime/array.js'

describe('toNumbers', () => {
  it('is the array itself where it holds numbers', () => {
    const data = Float32Array.of(1, 2)
    assert.equal(toNumbers({ dtype: 'float32', shape: [2], data }), data)
  })

  const decoded: readonly (readonly [NdArray, number[]])[] = [
    [{ dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) }, [0, 1]],
    [{ dtype: 'int64', shape: [2], data: BigInt64Array.of(-3n, 2n ** 40n) }, [-3, 2 ** 40]],
    [{ dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }, [2 ** 64]],
    [{ dtype: 'bfloat16', shape: [2], data: Uint16Array.of(0x3f80, 0xc040) }, [1, -3]],
    [{ dtype: 'uint16', shape: [1], data: Uint16Array.of(0x3c00) }, [15360]],
  ]
  for (const [array, numbers] of decoded) {
    it(`reads ${array.dtype}`, () => assert.deepEqual(Array.from(toNumbers(array)), numbers))
  }

  it('refuses strings and packed types', () => {
    assert.throws(() => toNumbers({ dtype: 'string', shape: [1], data: ['1'] }), /string\[1\] holds no numbers/)
    assert.throws(() => toNumbers({ dtype: 'int4', shape: [2], data: Uint8Array.of(1) }), /int4\[2\] holds no numbers/)
  })
})

describe('decodeFloat16', () => {
  const values: readonly (readonly [number, number])[] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0x3555, 0.333251953125],
    [0x7bff, 65504],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
  ]
  for (const [bits, value] of values) {
    it(`reads 0x${bits.toString(16).padStart(4, '0')} as ${Object.is(value, -0) ? '-0' : value}`, () => {
      assert.ok(Object.is(decodeFloat16(Uint16Array.of(bits))[0], value))
    })
  }

  it('rises with the bits over all finite positive values', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7bfe }), (bits) => {
        const [low = NaN, high = NaN] = decodeFloat16(Uint16Array.of(bits, bits + 1))
        assert.ok(low < high)
      }),
    )
  })
})
