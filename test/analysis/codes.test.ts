import assert from 'node:assert/strict'
import { elementTypes } from '../../fixtures/graphs/element-types.js'
import { countValues } from '../../src/analysis/codes.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { type DType, dtypeBits } from '../../src/ir/type.js'

/** What single codes stand for, from the tables of the specifications: OFP8 1.0, MX 1.0, arXiv:2206.02915. */
const KNOWN: readonly [DType, code: number, value: number][] = [
  ['float8e4m3fn', 0x38, 1],
  ['float8e4m3fn', 0x7e, 448],
  ['float8e4m3fn', 0x01, 2 ** -9],
  ['float8e4m3fn', 0xff, Number.NaN],
  ['float8e4m3fnuz', 0x40, 1],
  ['float8e4m3fnuz', 0x7f, 240],
  ['float8e4m3fnuz', 0x01, 2 ** -10],
  ['float8e4m3fnuz', 0x80, Number.NaN],
  ['float8e5m2', 0x3c, 1],
  ['float8e5m2', 0x7b, 57344],
  ['float8e5m2', 0x81, -(2 ** -16)],
  ['float8e5m2', 0x7c, Number.POSITIVE_INFINITY],
  ['float8e5m2', 0xfc, Number.NEGATIVE_INFINITY],
  ['float8e5m2', 0x7d, Number.NaN],
  ['float8e5m2fnuz', 0x40, 1],
  ['float8e5m2fnuz', 0x7f, 57344],
  ['float8e5m2fnuz', 0x80, Number.NaN],
  ['float8e8m0', 0x7f, 1],
  ['float8e8m0', 0x00, 2 ** -127],
  ['float8e8m0', 0xff, Number.NaN],
  ['int8', 0x80, -128],
  ['uint8', 0x80, 128],
]

/** Types that cannot hold the same three. */
const SPECIAL: Readonly<Partial<Record<DType, readonly number[]>>> = { float8e8m0: [0.5, 1, 2], int2: [-2, -1, 1] }

describe('countValues', () => {
  for (const [dtype, code, value] of KNOWN) {
    it(`reads 0x${code.toString(16)} of ${dtype} as ${value}`, () => {
      assert.deepEqual(countValues(new MemoryTensor(dtype, [2], Uint8Array.of(code, code))), [[value, 2]])
    })
  }

  it('reads the largest numbers of the types of 6 and 4 bits', () => {
    assert.deepEqual(countValues(new MemoryTensor('float6e2m3', [1], Uint8Array.of(0x1f))), [[7.5, 1]])
    assert.deepEqual(countValues(new MemoryTensor('float6e3m2', [1], Uint8Array.of(0x3f))), [[-28, 1]])
    assert.deepEqual(countValues(new MemoryTensor('float4e2m1', [1], Uint8Array.of(0x0f))), [[-6, 1]])
  })

  for (const { dtype, bytes } of elementTypes) {
    it(`agrees with the fixtures about ${dtype}`, () => {
      const counts = countValues(new MemoryTensor(dtype, [3], Uint8Array.from(bytes)))
      if (dtypeBits(dtype) > 16 || dtype === 'bool') return assert.equal(counts, null)
      const values = (counts ?? []).map(([value]) => value).sort((a, b) => a - b)
      const expected = dtype.startsWith('uint') ? [1, 2, 3] : dtype.startsWith('int') ? [-2, 1, 3] : [-2, 0.5, 1]
      assert.deepEqual(values, SPECIAL[dtype] ?? expected)
    })
  }

  it('does not count wider types', () => {
    assert.equal(countValues(new MemoryTensor('float32', [1], new Uint8Array(4))), null)
    assert.equal(countValues(new MemoryTensor('bool', [1], new Uint8Array(1))), null)
  })
})
