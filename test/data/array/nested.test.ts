import assert from 'node:assert/strict'
import fc from 'fast-check'
import { ndArrayOf, stack } from '../../../src/data/array/nested.js'

describe('data/array/nested', () => {
  it('takes the dtype and shape that a value shows', () => {
    assert.deepEqual(ndArrayOf(1.5), { dtype: 'float64', shape: [], data: Float64Array.of(1.5) })
    assert.deepEqual(ndArrayOf([[1, 2, 3]]), { dtype: 'float64', shape: [1, 3], data: Float64Array.of(1, 2, 3) })
    assert.deepEqual(ndArrayOf([true, false]), { dtype: 'bool', shape: [2], data: Uint8Array.of(1, 0) })
    assert.deepEqual(ndArrayOf('cat'), { dtype: 'string', shape: [], data: ['cat'] })
    assert.deepEqual(ndArrayOf([7n]), { dtype: 'int64', shape: [1], data: BigInt64Array.of(7n) })
    assert.deepEqual(ndArrayOf([[], []]), { dtype: 'float64', shape: [2, 0], data: Float64Array.of() })
  })

  it('takes typed arrays and arrays with a dtype as they are', () => {
    const data = Uint16Array.of(0x3c00, 0)

    assert.deepEqual(ndArrayOf(Int8Array.of(-1)), { dtype: 'int8', shape: [1], data: Int8Array.of(-1) })
    assert.deepEqual(ndArrayOf(data), { dtype: 'uint16', shape: [2], data })
    assert.equal(ndArrayOf({ dtype: 'float16', shape: [2, 1], data }).dtype, 'float16')
    assert.equal(ndArrayOf(Uint8ClampedArray.of(1)).dtype, 'uint8')
  })

  const refused: [value: unknown, message: RegExp][] = [
    [[[1, 2], [3]], /lists side by side have 2 and 1 elements/],
    [[1, [2]], /lists and values stand side by side/],
    [[[1], 2], /lists and values stand side by side/],
    [[1, 'a'], /it has a number and a string/],
    [[1, null], /it has a number and null/],
    [null, /it has null/],
    [undefined, /it has undefined/],
    [{ a: 1 }, /it has an object/],
    [new DataView(new ArrayBuffer(1)), /it is a DataView/],
    [{ dtype: 'float32', shape: [2], data: Float32Array.of(1) }, /shape \[2\] means 2 elements, it has 1/],
    [{ dtype: 'float32', shape: [1], data: Int8Array.of(1) }, /dtype is "float32", its data Int8Array/],
    [{ dtype: 'float32', shape: '1', data: Float32Array.of(1) }, /its shape is "1"/],
  ]
  for (const [value, message] of refused) {
    it(`refuses a value: ${message.source}`, () => {
      assert.throws(() => ndArrayOf(value), { name: 'NotAnArrayError', message })
    })
  }

  it('puts samples of one type side by side', () => {
    assert.deepEqual(stack([ndArrayOf([1, 2]), ndArrayOf([3, 4])]), {
      dtype: 'float64',
      shape: [2, 2],
      data: Float64Array.of(1, 2, 3, 4),
    })
    assert.deepEqual(stack([ndArrayOf(['a']), ndArrayOf(['b'])])?.data, ['a', 'b'])
    assert.deepEqual(stack([ndArrayOf(5n)]), { dtype: 'int64', shape: [1], data: BigInt64Array.of(5n) })
  })

  it('puts no samples side by side that differ', () => {
    assert.equal(stack([]), null)
    assert.equal(stack([ndArrayOf([1]), ndArrayOf([1, 2])]), null)
    assert.equal(stack([ndArrayOf([1]), ndArrayOf(['1'])]), null)
  })

  it('keeps the elements of any rectangular nesting in order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), (shape) => {
        let next = 0
        const build = (axis: number): unknown =>
          axis === shape.length ? next++ : Array.from({ length: shape[axis] ?? 0 }, () => build(axis + 1))
        const array = ndArrayOf(build(0))

        assert.deepEqual(array.shape, shape)
        assert.deepEqual(
          Array.from<unknown>(array.data),
          Array.from({ length: next }, (_, i) => i),
        )
      }),
    )
  })
})
