import assert from 'node:assert/strict'
import { normalTensor } from '../../bench/support/normal-tensor.js'
import type { Tensor } from '../../src/ir/tensor.js'

const floats = (tensor: Tensor) => new Float32Array(tensor.read().buffer)

describe('bench/support/normal-tensor', () => {
  it('has the moments of a normal distribution', () => {
    const w = floats(normalTensor([500, 401], 0.1, 3))
    const moment = (k: number) => w.reduce((sum, x) => sum + (x / 0.1) ** k, 0) / w.length
    assert.ok(Math.abs(moment(1)) < 0.01, `mean ${moment(1)}`)
    assert.ok(Math.abs(moment(2) - 1) < 0.02, `variance ${moment(2)}`)
    assert.ok(Math.abs(moment(4) - 3) < 0.1, `kurtosis ${moment(4)}`)
  })

  it('gives the same numbers in chunks of any size', () => {
    const tensor = normalTensor([1001], 1, 7)
    const joined = Buffer.concat([...tensor.chunks(64)].map((chunk) => chunk.slice()))
    assert.deepEqual(joined, Buffer.from(tensor.read()))
  })

  it('gives other numbers for another seed', () => {
    const [a, b] = [floats(normalTensor([64], 1, 0)), floats(normalTensor([64], 1, 1))]
    assert.equal([...a].filter((x, i) => x === b[i]).length, 0)
  })

  it('hardly repeats a number', () => {
    const w = floats(normalTensor([100_000], 1, 5))
    assert.ok(new Set(w).size > 99_000)
  })
})
