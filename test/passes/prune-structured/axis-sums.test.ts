import assert from 'node:assert/strict'
import { float32, uniform } from '../../../fixtures/sketch.js'
import { numberToBfloat16, numberToFloat16 } from '../../../src/ir/float16.js'
import { CHUNK_BYTES, MemoryTensor } from '../../../src/ir/tensor.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { axisSums } from '../../../src/passes/prune-structured/axis-sums.js'

const VALUES = [1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12] // [2, 3, 2]

describe('axisSums', () => {
  for (const [axis, magnitudes, squares] of [
    [0, [21, 57], [91, 559]],
    [1, [18, 26, 34], [1 + 4 + 49 + 64, 9 + 16 + 81 + 100, 25 + 36 + 121 + 144]],
    [2, [36, 42], [1 + 9 + 25 + 49 + 81 + 121, 4 + 16 + 36 + 64 + 100 + 144]],
  ] as const) {
    it(`adds up magnitudes and squares along axis ${axis} of three`, () => {
      const tensor = float32([2, 3, 2], VALUES)

      assert.deepEqual([...axisSums(tensor, axis, 1, 'w')], [...magnitudes])
      assert.deepEqual([...axisSums(tensor, axis, 2, 'w')], [...squares])
    })
  }

  it('reads all float types', () => {
    const halves = Uint16Array.from(VALUES, numberToFloat16)
    const brain = Uint16Array.from(VALUES, numberToBfloat16)
    const tensors = [
      new MemoryTensor('float16', [2, 6], bytesOf(halves)),
      new MemoryTensor('bfloat16', [2, 6], bytesOf(brain)),
      new MemoryTensor('float64', [2, 6], bytesOf(Float64Array.from(VALUES))),
    ]

    for (const tensor of tensors) assert.deepEqual([...axisSums(tensor, 0, 1, 'w')], [21, 57], tensor.dtype)
  })

  it('goes on where a chunk ends in the middle of a slice', () => {
    const shape = [3, 7, 11_777] // slices and chunks have no common length
    const values = uniform(shape, 1, 5)
    assert.ok(values.length * 4 > 1.5 * CHUNK_BYTES)
    const tensor = float32(shape, values)
    const stored = new Float32Array(tensor.read().buffer)

    for (const axis of [0, 1, 2]) {
      const expected = new Float64Array(shape[axis] ?? 0)
      for (const [at, value] of stored.entries()) {
        const place = [Math.floor(at / (7 * 11_777)), Math.floor(at / 11_777) % 7, at % 11_777][axis] ?? 0
        expected[place] = (expected[place] ?? 0) + Math.abs(value)
      }
      const found = axisSums(tensor, axis, 1, 'w')

      assert.equal(found.length, expected.length)
      for (const [i, sum] of found.entries()) assert.ok(Math.abs(sum - (expected[i] ?? 0)) < 1e-9 * sum, `${axis} ${i}`)
    }
  })

  it('refuses NaN, by the name of the tensor', () => {
    assert.throws(() => axisSums(float32([2], [1, Number.NaN]), 0, 1, 'conv.w'), {
      name: 'UnsupportedModelError',
      message: /"conv\.w" holds NaN or Inf/,
    })
  })
})
