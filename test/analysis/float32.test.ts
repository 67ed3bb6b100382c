import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { float32 } from '../../fixtures/sketch.js'
import { countFloat32, scanFloat32, zerosOfFloat32 } from '../../src/analysis/float32.js'
import { FLOAT32_BASE64 } from '../../src/analysis/float32-binary.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { bytesOf } from '../../src/ir/walk.js'

const WAT = 'src/analysis/float32.wat'
const BINARY = 'src/analysis/float32-binary.ts'

const finite = fc.oneof(fc.constantFrom(0, -0, 1, -1), fc.float({ noNaN: true, noDefaultInfinity: true }))
const lists = fc.array(finite, { maxLength: 70 })
const listOf = (numbers: readonly number[]) => float32([numbers.length], numbers)

describe('The WebAssembly kernel of statistics', () => {
  it('is what its source compiles to', async () => {
    const { default: load } = await import('wabt')
    const module = (await load()).parseWat(WAT, readFileSync(WAT, 'utf8'), { simd: true })
    const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64')
    if (process.env.UPDATE_GOLDENS === '1' && base64 !== FLOAT32_BASE64) {
      const lines = (base64.match(/.{1,104}/g) ?? []).map((line) => `  '${line}',\n`).join('')
      const source = readFileSync(BINARY, 'utf8')
      writeFileSync(BINARY, source.replace(/(FLOAT32_BASE64 = \[\n)[^\]]*/, `$1${lines}`))
    }
    assert.equal(FLOAT32_BASE64, base64)
  })

  it('counts zeros and finds extremes and sums as a loop would', () => {
    fc.assert(
      fc.property(lists, (numbers) => {
        const found = scanFloat32(listOf(numbers))
        const zeros = numbers.filter((x) => x === 0).length
        assert.equal(found.zeros, zeros)
        assert.equal(zerosOfFloat32(listOf(numbers)), zeros)
        assert.equal(found.notFinite, 0)
        assert.ok(found.min === Math.min(...numbers))
        assert.ok(found.max === Math.max(...numbers))
        const size = numbers.reduce((sum, x) => sum + Math.abs(x), Math.abs(numbers.at(-1) ?? 0) * 4)
        assert.ok(Math.abs(found.sum - numbers.reduce((sum, x) => sum + x, 0)) <= 1e-12 * size + 4e-12 * size)
      }),
      { numRuns: 300 },
    )
  })

  it('adds up whole numbers exactly', () => {
    const found = scanFloat32(listOf([1, -2, 3, 4, 5, -6, 7]))

    assert.deepEqual(found, { zeros: 0, notFinite: 0, min: -6, max: 7, sum: 12, squares: 140 })
  })

  it('counts what is no number, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(finite, fc.constantFrom(NaN, Infinity, -Infinity)), { maxLength: 40 }),
        (numbers) => {
          const found = scanFloat32(listOf(numbers))
          assert.equal(found.notFinite, numbers.filter((x) => !Number.isFinite(x)).length)
          assert.equal(found.zeros, numbers.filter((x) => x === 0).length)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('puts values into bins, and counts the small ones, as a loop would', () => {
    fc.assert(
      fc.property(
        lists,
        fc.integer({ min: 1, max: 256 }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        (numbers, bins, limit) => {
          const min = Math.min(...numbers, 0)
          const scale = bins / (Math.max(...numbers, 0) - min || 1)
          const expected = new Float64Array(bins)
          for (const x of numbers) {
            const bin = Math.min(bins - 1, Math.floor((x - min) * scale))
            expected[bin] = (expected[bin] ?? 0) + 1
          }
          const found = countFloat32(listOf(numbers), { min, scale, limit, bins })
          assert.deepEqual(found.bins, expected)
          assert.equal(found.near, numbers.filter((x) => Math.abs(x) <= limit).length)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('takes tensors longer than its memory', () => {
    const values = Float32Array.from({ length: 300_001 }, (_, i) => i % 4)
    const tensor = new MemoryTensor('float32', [300_001], bytesOf(values))

    assert.equal(zerosOfFloat32(tensor), 75_001)
    assert.equal(scanFloat32(tensor).sum, 75_000 * 6)
    const { bins, near } = countFloat32(tensor, { min: 0, scale: 4 / 3, limit: 1, bins: 4 })
    assert.deepEqual([...bins], [75_001, 75_000, 75_000, 75_000])
    assert.equal(near, 150_001)
  })
})
