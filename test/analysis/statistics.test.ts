import assert from 'node:assert/strict'
import fc from 'fast-check'
import { float32, int64, sketch, strings } from '../../fixtures/sketch.js'
import { constantsOf, countParameters, nonZeroOf, recordNonZero } from '../../src/analysis/statistics.js'
import { attr } from '../../src/ir/attr.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { type DType, dtypeBits } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'

/** A tensor whose elements have these bits. */
function bits(dtype: DType, codes: readonly bigint[]): Tensor {
  const width = dtypeBits(dtype)
  const bytes = new Uint8Array(Math.ceil((codes.length * width) / 8))
  for (const [i, code] of codes.entries()) {
    for (let bit = 0; bit < width; bit++) {
      const at = i * width + bit
      if ((code >> BigInt(bit)) & 1n) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (1 << (at & 7))
    }
  }
  return new MemoryTensor(dtype, [codes.length], bytes)
}

/** Types with a sign bit that makes -0. */
const SIGNED_ZERO = [
  'float32',
  'float16',
  'bfloat16',
  'float64',
  'float8e4m3fn',
  'float8e5m2',
  'float4e2m1',
  'float6e2m3',
  'float6e3m2',
] as const
const ONE_ZERO = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'uint4',
  'int4',
  'uint2',
  'int2',
  'bool',
  'float8e4m3fnuz',
  'float8e5m2fnuz',
] as const

describe('nonZeroOf', () => {
  it('counts float32: -0 is zero, NaN, infinities and the smallest number are not', () => {
    const tensor = float32([7], [0, -0, 1, Number.NaN, Number.NEGATIVE_INFINITY, 1.4e-45, -1.4e-45])

    assert.equal(nonZeroOf(tensor), 5)
  })

  for (const dtype of SIGNED_ZERO) {
    it(`counts ${dtype}: the sign alone is zero`, () => {
      const sign = 1n << BigInt(dtypeBits(dtype) - 1)

      assert.equal(nonZeroOf(bits(dtype, [0n, sign, 1n, sign | 1n, sign - 1n])), 3)
    })
  }

  for (const dtype of ONE_ZERO) {
    it(`counts ${dtype}: only no bit at all is zero`, () => {
      const top = 1n << BigInt(dtypeBits(dtype) - 1)

      assert.equal(nonZeroOf(bits(dtype, [0n, top, 1n, 0n, 1n])), 3)
    })
  }

  it('counts complex numbers: both parts must be zero', () => {
    const pairs = Float32Array.of(0, -0, 0, 1, 2, 0)
    const doubles = Float64Array.of(-0, 0, 0, 1)

    assert.equal(nonZeroOf(new MemoryTensor('complex64', [3], bytesOf(pairs))), 2)
    assert.equal(nonZeroOf(new MemoryTensor('complex128', [2], bytesOf(doubles))), 1)
  })

  it('takes all elements of types without a zero', () => {
    assert.equal(nonZeroOf(new MemoryTensor('float8e8m0', [3], Uint8Array.of(0, 1, 255))), 3)
    assert.equal(nonZeroOf(strings([2], ['', 'a'])), 2)
  })

  it('counts what fills up the last byte for no element', () => {
    assert.equal(nonZeroOf(bits('uint4', [0n, 3n, 0n])), 1)
    assert.equal(nonZeroOf(bits('int2', [1n, 0n, 0n, 0n, 2n])), 2)
    assert.equal(nonZeroOf(bits('float6e3m2', [1n])), 1)
  })

  it('counts scalars and empty tensors', () => {
    assert.equal(nonZeroOf(float32([], [3])), 1)
    assert.equal(nonZeroOf(float32([0, 4], [])), 0)
  })

  it('counts across chunks', () => {
    const values = Float32Array.from({ length: 3_000_000 }, (_, i) => i % 3)

    assert.equal(nonZeroOf(new MemoryTensor('float32', [3_000_000], bytesOf(values))), 2_000_000)
  })

  it('agrees with a look at every element', () => {
    const values = fc.array(fc.oneof(fc.constantFrom(0, -0, Number.NaN), fc.float()), { maxLength: 300 })
    fc.assert(
      fc.property(values, (numbers) => {
        const expected = numbers.filter((x) => x !== 0).length
        assert.equal(nonZeroOf(float32([numbers.length], numbers)), expected)
      }),
    )
  })

  it('takes a count that was recorded, and reads a tensor once', () => {
    const tensor = float32([4], [0, 1, 2, 3])
    let reads = 0
    const watched = tensor.map(() => reads++)

    assert.equal(nonZeroOf(watched), 3)
    assert.equal(nonZeroOf(watched), 3)
    assert.equal(reads, 1)
    recordNonZero(tensor, 2)
    assert.equal(nonZeroOf(tensor), 2)
  })
})

describe('countParameters', () => {
  it('counts the numbers in all constants of all graphs', () => {
    const s = sketch('constants')
    const x = s.input('x', [1, 4])
    s.node('MatMul', 'fc', [x, s.constant('w', float32([4, 2], [1, 0, 2, 0, 3, 0, 4, 0]))])
    s.nodeOf('Constant', 'shape', [], ['c'], { value: attr.tensor(int64([2], [0, 7])) })
    const choice = s.nodeOf('If', 'choice', [s.constant('yes', new MemoryTensor('bool', [], Uint8Array.of(1)))], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.constant('inner', float32([3], [1, 1, 1])), null))
    s.body(choice, 'else_branch', (b) =>
      b.output('e', b.nodeOf('Constant', 'n', [], ['five'], { value_int: 5 }).outputs[0] ?? x, null),
    )
    s.constant('words', strings([2], ['a', 'bc']))

    const count = countParameters(s.model)

    assert.equal(count.parameters, 8 + 2 + 3 + 1)
    assert.equal(count.nonZero, 4 + 1 + 3 + 1)
    assert.deepEqual(count.dtypes, [
      { dtype: 'float32', tensors: 2, parameters: 11, bytes: 44 },
      { dtype: 'int64', tensors: 2, parameters: 3, bytes: 24 },
      { dtype: 'string', tensors: 1, parameters: 0, bytes: 3 },
      { dtype: 'bool', tensors: 1, parameters: 0, bytes: 1 },
    ])
  })

  it('counts a model without constants as empty', () => {
    const s = sketch('empty')
    s.node('Relu', 'relu', [s.input('x', [1])])

    assert.deepEqual(countParameters(s.model), { parameters: 0, nonZero: 0, dtypes: [] })
    assert.deepEqual([...constantsOf(s.model)], [])
  })

  it('knows LeNet-5', () => {
    const { parameters, nonZero } = countParameters(readModel('fixtures/lenet5.onnx').model)

    assert.equal(parameters, 20 * 25 + 20 + 50 * 20 * 25 + 50 + 800 * 500 + 500 + 500 * 10 + 10)
    assert.equal(nonZero, parameters)
  })
})
