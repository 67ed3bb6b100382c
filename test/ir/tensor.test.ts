import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type FileSource, FileTensor, MemoryTensor, StringTensor, type Tensor } from '../../src/ir/tensor.js'
import { type DType, denseBytes, elementCount, shapeToString, tensorType, typeToString } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'

const DTYPES: readonly DType[] = ['float32', 'int64', 'uint8', 'int4', 'uint2', 'float6e2m3', 'float16']

/** A file in memory with other bytes around. */
function fileOf(bytes: Uint8Array): FileSource {
  const all = Buffer.concat([Buffer.alloc(3, 0xee), bytes, Buffer.alloc(3, 0xee)])
  return {
    path: 'somewhere.onnx',
    size: all.length,
    readSync: (target, offset) => target.set(all.subarray(offset, offset + target.byteLength)),
  }
}

const sample = fc.tuple(fc.constantFrom(...DTYPES), fc.array(fc.nat(5), { maxLength: 4 })).chain(([dtype, shape]) => {
  const length = denseBytes(dtype, elementCount(shape))
  return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ dtype, shape, bytes }))
})

const joined = (chunks: Iterable<Uint8Array>) => Buffer.concat(Array.from(chunks, (chunk) => Buffer.from(chunk)))

describe('A tensor', () => {
  const kinds: readonly [string, (dtype: DType, shape: readonly number[], bytes: Uint8Array) => Tensor][] = [
    ['in memory', (dtype, shape, bytes) => new MemoryTensor(dtype, shape, bytes)],
    [
      'in a file',
      (dtype, shape, bytes) => new FileTensor(dtype, shape, { source: fileOf(bytes), offset: 3, length: bytes.length }),
    ],
    [
      'that is mapped',
      (dtype, shape, bytes) =>
        new MemoryTensor(
          dtype,
          shape,
          bytes.map((b) => b ^ 0xff),
        ).map((chunk) =>
          chunk.forEach((b, i) => {
            chunk[i] = b ^ 0xff
          }),
        ),
    ],
  ]
  for (const [kind, make] of kinds) {
    it(`${kind} gives the same bytes at once, in chunks, and in parts, in buffers of its own`, () => {
      fc.assert(
        fc.property(sample, fc.integer({ min: 1, max: 4 }), ({ dtype, shape, bytes }, blocks) => {
          const tensor = make(dtype, shape, bytes)
          assert.equal(tensor.byteLength, bytes.length)
          assert.deepEqual(Buffer.from(tensor.read()), Buffer.from(bytes))
          assert.deepEqual(joined(tensor.chunks(blocks * 16)), Buffer.from(bytes))
          const at = Math.floor(bytes.length / 2)
          assert.deepEqual(Buffer.from(tensor.readAt(at, bytes.length - at)), Buffer.from(bytes.subarray(at)))
          tensor.read().fill(0)
          for (const chunk of tensor.chunks()) chunk.fill(0)
          assert.deepEqual(Buffer.from(tensor.read()), Buffer.from(bytes))
          assert.equal(tensor.read().byteOffset % 8, 0)
        }),
        { numRuns: 60 },
      )
    })
  }

  it('refuses bytes that do not fit its shape', () => {
    assert.throws(() => new MemoryTensor('float32', [2], new Uint8Array(7)), /float32\[2\] needs 8 bytes, got 7/)
    assert.throws(
      () => new FileTensor('int4', [3], { source: fileOf(new Uint8Array(1)), offset: 3, length: 1 }),
      /int4\[3\] needs 2 bytes, got 1/,
    )
    assert.throws(() => new StringTensor([2], []), /string\[2\] needs 2 strings, got 0/)
  })

  it('tells a map where each chunk lies, reads nothing before, and stacks', () => {
    const ten = new MemoryTensor('float32', [100], bytesOf(Float32Array.from({ length: 100 }, (_, i) => i)))
    const places: number[] = []
    const doubled = ten.map((chunk, at) => {
      places.push(at)
      const floats = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, x] of floats.entries()) floats[i] = x * 2
    })
    const shifted = doubled.map((chunk) => {
      const floats = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, x] of floats.entries()) floats[i] = x + 1
    })
    assert.deepEqual(places, [])
    const chunks = joined(shifted.chunks(160))
    assert.deepEqual(places, [0, 160, 320])
    assert.equal(chunks.readFloatLE(4 * 99), 199)
    assert.deepEqual(joined([shifted.readAt(160, 80)]), chunks.subarray(160, 240))
    assert.deepEqual(places.at(-1), 160)
    assert.equal(shifted.range, undefined)
  })

  it('of strings has no bytes to map', () => {
    const tensor = new StringTensor([2], [Buffer.from('ab'), Buffer.from('c')])
    assert.equal(tensor.byteLength, 3)
    assert.equal(joined(tensor.chunks()).toString(), 'abc')
    assert.equal(Buffer.from(tensor.readAt(1, 2)).toString(), 'bc')
    assert.throws(() => tensor.map(), /no bytes to map/)
  })
})

describe('Types', () => {
  it('read as people write them', () => {
    const image = tensorType('float32', ['N', 3, null])
    assert.equal(typeToString(image), 'float32[N,3,?]')
    assert.equal(typeToString(tensorType('int4', null)), 'int4[...]')
    assert.equal(typeToString({ kind: 'sparse-tensor', dtype: null, shape: [] }), 'sparse ?[]')
    assert.equal(
      typeToString({ kind: 'optional', element: { kind: 'sequence', element: image } }),
      'optional(sequence(float32[N,3,?]))',
    )
    assert.equal(typeToString({ kind: 'map', key: 'string', value: null }), 'map(string, ?)')
    assert.equal(typeToString({ kind: 'map', key: null, value: { kind: 'opaque' } }), 'map(?, opaque)')
    assert.equal(typeToString(null), '?')
    assert.equal(shapeToString(null), '[...]')
  })

  it('narrower than a byte are padded at the end of the tensor', () => {
    assert.deepEqual(
      [
        denseBytes('int4', 3),
        denseBytes('uint2', 5),
        denseBytes('float6e3m2', 3),
        denseBytes('float6e3m2', 4),
        denseBytes('int4', 0),
      ],
      [2, 2, 3, 3, 0],
    )
    assert.deepEqual([elementCount([]), elementCount([2, 0, 3]), elementCount([2, 3])], [1, 0, 6])
  })
})
