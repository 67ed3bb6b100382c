import assert from 'node:assert/strict'
import fc from 'fast-check'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { type DType, denseBytes, dtypeBits, elementCount } from '../../../src/ir/type.js'
import { cutTensor } from '../../../src/rewrites/cut/cut-tensor.js'

const DTYPES = ['float32', 'float16', 'int8', 'int64', 'float64', 'complex128', 'int4', 'uint2'] as const

/** A shape, and of each axis what stays. */
const cases = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.record({
    dtype: fc.constantFrom(...DTYPES),
    shape: fc.constant(shape),
    kept: fc.tuple(
      ...shape.map((size) =>
        fc.option(fc.subarray([...Array(size).keys()], { minLength: 1 }).map((i) => Int32Array.from(i))),
      ),
    ),
    chunk: fc.integer({ min: 1, max: 9 }).map((n) => n * 16),
  }),
)

describe('a cut tensor', () => {
  it('has the elements that stay, in their order, however it is read', () => {
    fc.assert(
      fc.property(cases, ({ dtype, shape, kept, chunk }) => {
        const base = counted(dtype, shape)
        const cut = cutTensor(base, kept)
        const expected = bytesOfCut(dtype, base.read(), shape, kept)

        assert.deepEqual(
          cut.shape,
          shape.map((size, axis) => kept[axis]?.length ?? size),
        )
        assert.deepEqual(cut.read(), expected)
        const chunks = Array.from(cut.chunks(chunk), (bytes) => bytes.slice())
        assert.deepEqual(new Uint8Array(Buffer.concat(chunks)), expected)
        assert.ok(chunks.slice(0, -1).every((bytes) => bytes.byteLength === chunk))
      }),
    )
  })

  it('can be read from anywhere', () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), ({ shape, kept }, a, b) => {
        const cut = cutTensor(counted('float32', shape), kept)
        const all = cut.read()
        const elements = all.byteLength / 4
        const [from, to] = [a % (elements + 1), b % (elements + 1)].sort((x, y) => x - y) as [number, number]

        assert.deepEqual(cut.readAt(4 * from, 4 * (to - from)), all.slice(4 * from, 4 * to))
      }),
    )
  })
})

/** Every element has bits of its own, as far as its type has so many. */
function counted(dtype: DType, shape: readonly number[]): MemoryTensor {
  const bytes = new Uint8Array(denseBytes(dtype, elementCount(shape)))
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 37 + 11) & 0xff
  return new MemoryTensor(dtype, shape, bytes)
}

/** Bit by bit, the slow way. */
function bytesOfCut(
  dtype: DType,
  base: Uint8Array,
  shape: readonly number[],
  kept: readonly (Int32Array | null)[],
): Uint8Array {
  const bits = dtypeBits(dtype)
  let indices: number[] = [0]
  for (const [axis, size] of shape.entries()) {
    const stay = kept[axis] ?? Int32Array.from({ length: size }, (_, i) => i)
    indices = indices.flatMap((outer) => [...stay].map((i) => outer * size + i))
  }
  const cut = new Uint8Array(Math.ceil((indices.length * bits) / 8))
  for (const [to, from] of indices.entries()) {
    for (let bit = 0; bit < bits; bit++) {
      const [source, target] = [from * bits + bit, to * bits + bit]
      if ((((base[source >> 3] ?? 0) >> (source & 7)) & 1) === 1) {
        cut[target >> 3] = (cut[target >> 3] ?? 0) | (1 << (target & 7))
      }
    }
  }
  return cut
}
