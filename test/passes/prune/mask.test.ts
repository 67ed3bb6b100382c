import assert from 'node:assert/strict'
import fc from 'fast-check'
import { bytesPerWeight } from '../../../src/passes/prune/keys.js'
import { Mask } from '../../../src/passes/prune/mask.js'
import { numbersIn, pool } from './pools.js'

describe('Mask', () => {
  it('knows what was set, and nothing else', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), (positions) => {
        const mask = new Mask(201)
        for (const position of positions) mask.set(position)
        for (let i = 0; i <= 200; i++) assert.equal(mask.has(i), positions.includes(i))
      }),
    ))

  it('makes +0 of what is set, however the tensor is read, and keeps the bits of the rest', () =>
    fc.assert(
      fc.property(pool, fc.func(fc.boolean()), (members, goes) => {
        for (const { tensor, dtype, elements } of members) {
          const mask = new Mask(elements)
          for (let i = 0; i < elements; i++) if (goes(i)) mask.set(i)
          const masked = mask.apply(tensor, dtype)
          const expected = numbersIn(tensor).map((w, i) => (goes(i) ? 0 : w))
          assert.deepEqual(numbersIn(masked), expected)
          const chunks = [...masked.chunks(16)].map((chunk) => chunk.slice())
          assert.ok(Buffer.concat(chunks).equals(masked.read()))
          const width = bytesPerWeight(dtype)
          for (let i = elements - 1; i >= 0; i--) {
            assert.deepEqual(masked.readAt(i * width, width), masked.read().slice(i * width, (i + 1) * width))
            if (!goes(i)) assert.deepEqual(masked.readAt(i * width, width), tensor.readAt(i * width, width))
          }
        }
      }),
    ))
})
