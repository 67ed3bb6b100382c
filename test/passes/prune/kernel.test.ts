import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { scanFloat32, zeroFloat32 } from '../../../src/passes/prune/kernel.js'
import { KERNEL_BASE64 } from '../../../src/passes/prune/kernel-binary.js'

const WAT = 'src/passes/prune/kernel.wat'
const BINARY = 'src/passes/prune/kernel-binary.ts'

/** Any bits, with those that matter at the borders. */
const word = fc.oneof(
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constantFrom(0, -(2 ** 31), 1, 0x7f7fffff, 0x3f800000, 0x3f800001),
)
const words = fc.array(word, { maxLength: 70 }).map((array) => Int32Array.from(array))
const key = fc.oneof(fc.integer({ min: 0, max: 0x7f800000 }), fc.constantFrom(0, 1, 0x3f800000, 0x7f800000))

describe('The WebAssembly kernel of pruning', () => {
  it('is what its source compiles to', async () => {
    const { default: load } = await import('wabt')
    const module = (await load()).parseWat(WAT, readFileSync(WAT, 'utf8'), { simd: true })
    const base64 = Buffer.from(module.toBinary({}).buffer).toString('base64')
    if (process.env.UPDATE_GOLDENS === '1' && base64 !== KERNEL_BASE64) {
      const lines = (base64.match(/.{1,104}/g) ?? []).map((line) => `  '${line}',\n`).join('')
      const source = readFileSync(BINARY, 'utf8')
      writeFileSync(BINARY, source.replace(/(KERNEL_BASE64 = \[\n)[^\]]*/, `$1${lines}`))
    }
    assert.equal(KERNEL_BASE64, base64)
  })

  it('counts and gathers as a loop would', () => {
    fc.assert(
      fc.property(words, key, key, (words, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)]
        const keys = [...words].map((w) => w & 0x7fffffff)
        const expected = {
          below: keys.filter((k) => k < low).length,
          zeros: keys.filter((k) => k === 0).length,
          bad: keys.some((k) => k > 0x7f7fffff),
          inside: keys.filter((k) => k >= low && k < high),
        }
        const found = { below: 0, zeros: 0, bad: false, inside: [] as number[] }
        scanFloat32(words, low, high, (part) => {
          found.below += part.below
          found.zeros += part.zeros
          found.bad ||= part.bad
          found.inside.push(...part.inside)
        })
        assert.deepEqual(found, expected)
      }),
      { numRuns: 500 },
    )
  })

  it('zeroes as a loop would', () => {
    fc.assert(
      fc.property(words, key, (words, from) => {
        const expected = words.map((w) => ((w & 0x7fffffff) < from ? 0 : w))
        zeroFloat32(words, from)
        assert.deepEqual(words, expected)
      }),
      { numRuns: 500 },
    )
  })

  it('takes more words than one block holds', () => {
    const many = Int32Array.from({ length: 300_001 }, (_, i) => i)
    let below = 0
    const inside: number[] = []
    scanFloat32(many, 1000, 2000, (part) => {
      below += part.below
      inside.push(...part.inside)
    })
    zeroFloat32(many, 250_000)
    assert.equal(below, 1000)
    assert.deepEqual(
      inside,
      Array.from({ length: 1000 }, (_, i) => 1000 + i),
    )
    assert.equal(many.filter((w) => w === 0).length, 250_000)
  })
})
