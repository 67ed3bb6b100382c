import assert from 'node:assert/strict'
import fc from 'fast-check'
import { asNumbers, convert, convertible } from '../../../src/data/array/convert.js'
import type { ArrayData, NdArray } from '../../../src/data/dataset.js'
import type { DType } from '../../../src/ir/type.js'

const array = (dtype: DType, data: ArrayData): NdArray => ({ dtype, shape: [data.length], data })
const values = (from: NdArray, to: DType) => Array.from<unknown>(convert(from, to, 'Field "x"').data)

describe('data/array/convert', () => {
  it('returns an array of the wanted dtype itself', () => {
    const floats = array('float32', Float32Array.of(1, 2))

    assert.equal(convert(floats, 'float32', 'Field "x"'), floats)
  })

  it('converts between floating-point types, rounding to the nearest', () => {
    assert.deepEqual(values(array('float64', Float64Array.of(0.1, -1, Number.NaN)), 'float32'), [
      Math.fround(0.1),
      -1,
      Number.NaN,
    ])
    assert.deepEqual(values(array('float32', Float32Array.of(1, -2, 65504)), 'float16'), [0x3c00, 0xc000, 0x7bff])
    assert.deepEqual(values(array('float16', Uint16Array.of(0x3c00, 0xfc00)), 'float32'), [1, Number.NEGATIVE_INFINITY])
    assert.deepEqual(values(array('bfloat16', Uint16Array.of(0x3f80)), 'float16'), [0x3c00])
  })

  it('converts integers to floating point and to wider and narrower integers', () => {
    assert.deepEqual(values(array('uint8', Uint8Array.of(0, 255)), 'float32'), [0, 255])
    assert.deepEqual(values(array('int32', Int32Array.of(-7, 9)), 'int64'), [-7n, 9n])
    assert.deepEqual(values(array('int64', BigInt64Array.of(-128n, 127n)), 'int8'), [-128, 127])
    assert.deepEqual(values(array('int64', BigInt64Array.of(2n ** 40n)), 'float32'), [2 ** 40])
    assert.deepEqual(values(array('float64', Float64Array.of(0, 1)), 'bool'), [0, 1])
    assert.deepEqual(values(array('bool', Uint8Array.of(0, 1)), 'uint64'), [0n, 1n])
  })

  it('keeps 64-bit integers exact', () => {
    const large = 2n ** 63n - 1n

    assert.deepEqual(values(array('int64', BigInt64Array.of(large)), 'uint64'), [large])
  })

  it('carries every whole number there and back', () => {
    const wide: DType[] = ['float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'float16']
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -128, max: 127 })), fc.constantFrom(...wide), (numbers, dtype) => {
        const there = convert(array('int32', Int32Array.from(numbers)), dtype, 'x')

        assert.deepEqual(values(there, 'int32'), numbers)
      }),
    )
  })

  const refused: [from: NdArray, to: DType, message: RegExp][] = [
    [array('float32', Float32Array.of(1, 0.5)), 'int64', /Field "x" has the value 0.5: no whole number for int64/],
    [array('float32', Float32Array.of(Number.NaN)), 'int32', /value NaN: no whole number/],
    [array('int32', Int32Array.of(300)), 'uint8', /value 300: outside the range of uint8/],
    [array('int32', Int32Array.of(-1)), 'uint64', /value -1: outside the range of uint64/],
    [array('int64', BigInt64Array.of(2n ** 31n)), 'int32', /value 2147483648: outside the range of int32/],
    [array('uint64', BigUint64Array.of(2n ** 63n)), 'int64', /outside the range of int64/],
    [array('uint8', Uint8Array.of(2)), 'bool', /value 2: outside the range of bool/],
    [array('float64', Float64Array.of(2 ** 53)), 'int64', /beyond 2\^53/],
    [array('float64', Float64Array.of(1e39)), 'float32', /too large for float32/],
    [array('float32', Float32Array.of(70000)), 'float16', /value 70000: too large for float16/],
    [array('string', ['1']), 'float32', /holds string values, float32 is needed/],
    [array('float32', Float32Array.of(1)), 'string', /holds float32 values, string is needed/],
  ]
  for (const [from, to, message] of refused) {
    it(`refuses ${from.dtype} ${from.data[0]}${from.data[1] === undefined ? '' : `, ${from.data[1]}`} as ${to}`, () => {
      assert.throws(() => convert(from, to, 'Field "x"'), { name: 'DataError', message })
    })
  }

  it('tells beforehand what can be converted', () => {
    assert.equal(convertible('uint8', 'float16'), true)
    assert.equal(convertible('string', 'string'), true)
    assert.equal(convertible('string', 'int64'), false)
    assert.equal(convertible('float32', 'int4'), false)
  })

  it('gives numbers for labels of any dtype', () => {
    assert.deepEqual(asNumbers(array('int64', BigInt64Array.of(3n, -1n)), 'x').data, Float64Array.of(3, -1))
    assert.deepEqual(asNumbers(array('float16', Uint16Array.of(0x3c00)), 'x').data, Float32Array.of(1))
    assert.deepEqual(asNumbers(array('uint8', Uint8Array.of(9)), 'x').data, Uint8Array.of(9))
  })

  it('refuses numbers that are not exact, and text', () => {
    assert.throws(() => asNumbers(array('int64', BigInt64Array.of(2n ** 60n)), 'Field "y"'), /beyond 2\^53/)
    assert.throws(() => asNumbers(array('string', ['cat']), 'Field "y"'), /holds string values/)
  })
})
