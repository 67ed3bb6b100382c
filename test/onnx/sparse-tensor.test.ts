import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { InvalidModelError, UnsupportedModelError } from '../../src/errors.js'
import { FileTensor, MemoryTensor } from '../../src/ir/tensor.js'
import { type DType, elementCount } from '../../src/ir/type.js'
import { bytesOf, constantOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { SparseTensor } from '../../src/onnx/sparse-tensor.js'
import { encodeModel, encodeToBytes, planExternal } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { encodeWith, onnxSchema } from '../support/onnx-schema.js'
import { assertSameBits, randomArray, runModel } from '../support/ort.js'

const floats = (values: readonly number[]) =>
  new MemoryTensor('float32', [values.length], bytesOf(Float32Array.from(values)))
const indices = (values: readonly number[], shape: readonly number[] = [values.length]) =>
  new MemoryTensor('int64', shape, bytesOf(BigInt64Array.from(values, BigInt)))

const sample = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }).chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    // Unsorted, and at times a place twice: then the last value counts, as in ONNX Runtime.
    places: fc.array(fc.nat(elementCount(shape) - 1), { maxLength: 12 }),
    byAxis: fc.boolean(),
    chunk: fc.integer({ min: 1, max: 4 }),
  }),
)

describe('A sparse tensor', () => {
  const inFolder = temporaryFolder()

  it('reads as the dense tensor that it stands for, by linear and by axis indices, at once and in parts', () => {
    fc.assert(
      fc.property(sample, ({ shape, places, byAxis, chunk }) => {
        const dense = new Float32Array(elementCount(shape))
        for (const [i, place] of places.entries()) dense[place] = i + 1
        const expected = Buffer.from(dense.buffer)
        const strides = shape.map((_, axis) => elementCount(shape.slice(axis + 1)))
        const coordinates = places.flatMap((place) =>
          shape.map((d, axis) => Math.floor(place / (strides[axis] ?? 1)) % d),
        )
        const where = byAxis ? indices(coordinates, [places.length, shape.length]) : indices(places)

        const tensor = new SparseTensor(shape, floats(places.map((_, i) => i + 1)), where, '"w" in "m.onnx"')

        assert.equal(tensor.byteLength, expected.length)
        assert.deepEqual(Buffer.from(tensor.read()), expected)
        assert.deepEqual(Buffer.concat([...tensor.chunks(chunk * 16)]), expected)
        const half = Math.floor(dense.length / 2) * 4
        assert.deepEqual(Buffer.from(tensor.readAt(half, expected.length - half)), expected.subarray(half))
        const negated = tensor.map((bytes) => {
          for (const [i, b] of bytes.entries()) bytes[i] = b ^ 0xff
        })
        assert.deepEqual(Buffer.from(negated.read()), Buffer.from(expected.map((b) => b ^ 0xff)))
      }),
    )
  })

  it('takes indices of every signed integer type, as ONNX Runtime does', () => {
    const types: readonly [DType, NodeJS.TypedArray][] = [
      ['int32', Int32Array.of(2, 0)],
      ['int16', Int16Array.of(2, 0)],
      ['int8', Int8Array.of(2, 0)],
    ]
    for (const [dtype, array] of types) {
      const tensor = new SparseTensor([3], floats([5, 6]), new MemoryTensor(dtype, [2], bytesOf(array)), '"w"')
      assert.deepEqual([...new Float32Array(tensor.read().buffer)], [6, 0, 5])
    }
  })

  const refused: readonly [title: string, make: () => unknown, text: RegExp, kind?: typeof UnsupportedModelError][] = [
    [
      'an index past the end',
      () => new SparseTensor([3], floats([1]), indices([3]), '"w" in "m.onnx"'),
      /"w" in "m.onnx" has an index 3, which lies outside of its shape \[3\]/,
    ],
    ['a negative index', () => new SparseTensor([3], floats([1]), indices([-1]), '"w"'), /index -1/],
    [
      'an index past the end of its axis',
      () => new SparseTensor([2, 3], floats([1]), indices([0, 3], [1, 2]), '"w"'),
      /index 3, which lies outside of its shape \[2,3\]/,
    ],
    [
      'more values than indices',
      () => new SparseTensor([3], floats([1, 2]), indices([0]), '"w"'),
      /values \[2\] and int64 indices \[1\], which do not fit/,
    ],
    [
      'indices of another rank',
      () => new SparseTensor([2, 3], floats([1]), indices([0, 0, 0], [1, 3]), '"w"'),
      /indices \[1,3\]/,
    ],
    ['indices that are no integers', () => new SparseTensor([3], floats([1]), floats([0]), '"w"'), /float32 indices/],
    [
      'values in a grid',
      () => new SparseTensor([3], new MemoryTensor('uint8', [1, 1], Uint8Array.of(1)), indices([0]), '"w"'),
      /values \[1,1\]/,
    ],
    [
      'elements narrower than a byte',
      () => new SparseTensor([3], new MemoryTensor('int4', [1], Uint8Array.of(1)), indices([0]), '"w"'),
      /has the type int4/,
      UnsupportedModelError,
    ],
    [
      'more elements than any memory holds',
      () => new SparseTensor([2 ** 30, 2 ** 10], floats([1]), indices([0]), '"w"'),
      /stands for float32\[1073741824,1024\]: 4398046511104 bytes/,
      UnsupportedModelError,
    ],
  ]
  for (const [title, make, text, kind = InvalidModelError] of refused) {
    it(`is refused with ${title}`, () => {
      assert.throws(make, (error) => error instanceof kind && text.test(error.message) && error.suggestions.length > 0)
    })
  }

  it('is written as it was read, and dense once a pass has changed it', async () => {
    const path = 'fixtures/generated/sparse.onnx'
    const { model } = readModel(path)
    const feeds = { x: randomArray('float32', [3, 4], 1) }
    const before = await runModel({ path }, feeds)
    const sparse = [...model.main.initializers].filter((v) => v.constant instanceof SparseTensor)
    assert.equal(sparse.length, 2)
    for (const value of sparse) {
      const { constant } = value
      assert.ok(constant)
      model.setConstant(
        value,
        constant.map(() => {}),
      )
    }

    const written = encodeToBytes(model)

    assert.ok(sparse.every((v) => v.constant?.constructor.name !== 'SparseTensor'))
    assertSameBits(await runModel({ bytes: written, folder: inFolder() }, feeds), before)
  })

  it('whose parts lie in external data is drawn into the file, as its places may differ elsewhere', () => {
    const root = onnxSchema()
    writeFileSync(inFolder('parts.bin'), Buffer.concat([floats([1, 2]).read(), indices([1, 3]).read()]))
    const external = (dims: number[], dataType: number, offset: number) => ({
      dims,
      dataType,
      dataLocation: 1,
      externalData: [
        { key: 'location', value: 'parts.bin' },
        { key: 'offset', value: String(offset) },
      ],
    })
    const sparseInitializer = [
      { values: { name: 'w', ...external([2], 1, 0) }, indices: external([2], 7, 8), dims: [4] },
    ]
    const path = inFolder('external.onnx')
    writeFileSync(path, encodeWith(root, { irVersion: 8, graph: { sparseInitializer, output: [{ name: 'w' }] } }))
    const { model } = readModel(path)
    const [w] = model.main.initializers
    assert.ok(w)
    assert.ok(w.constant instanceof SparseTensor && w.constant.values instanceof FileTensor)

    writeFileSync(inFolder('inside.onnx'), encodeToBytes(model))
    writeFileSync(
      inFolder('planned.onnx'),
      Buffer.concat(
        encodeModel(model, { location: 'x', plan: planExternal(model) }).parts.map((p) =>
          p instanceof Uint8Array ? p : Buffer.from(p.read()),
        ),
      ),
    )

    for (const file of ['inside.onnx', 'planned.onnx']) {
      const again = readModel(inFolder(file))
      const [value] = again.model.main.initializers
      assert.ok(value)
      assert.deepEqual(again.external, [])
      assert.deepEqual([...new Float32Array(constantOf(value)?.read().buffer ?? new ArrayBuffer(0))], [0, 1, 0, 2])
    }
  })
})
