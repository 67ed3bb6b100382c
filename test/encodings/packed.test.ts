import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import { digitForm } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { label } from '../../src/encodings/index.js'
import { packedIn } from '../../src/encodings/packed.js'
import { unpackModel } from '../../src/encodings/unpack.js'
import type { Model } from '../../src/ir/graph.js'
import { printModel } from '../../src/ir/print.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { verify } from '../../src/ir/verify.js'
import { walk } from '../../src/ir/walk.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { nibbles, packed, tensor } from './models.js'

const SHAPE = [64, 64]
const bytes = (count: number, below: number) => Array.from({ length: count }, (_, i) => (i * 7) % below)
const f32 = (shape: readonly number[], values: readonly number[]) => tensor('float32', shape, values)
const dense = (of: Tensor): Encoded => ({ encoding: 'dense', dtype: of.dtype, shape: of.shape, tensor: of })

function sparse(base: number, dtype: 'float32' | 'float64'): Encoded {
  const form = digitForm(base)
  const count = 12 * form.perWord
  const words = tensor(form.dtype, [1, 12], Array(12).fill(1))
  const shape = dtype === 'float32' ? [1, 1, count] : [count]
  const values = dense(tensor(dtype, shape, bytes(count, 9)))
  return { encoding: 'gaps', dtype, shape: SHAPE, gaps: { form, order: 'planes', words }, values }
}

const ENCODED: readonly Encoded[] = [
  { encoding: 'cast', dtype: 'float32', shape: SHAPE, stored: tensor('float16', SHAPE, bytes(4096, 999)) },
  {
    encoding: 'int8',
    dtype: 'float32',
    shape: SHAPE,
    codes: tensor('int8', SHAPE, bytes(4096, 99)),
    scale: f32([64, 1], bytes(64, 5)),
  },
  {
    encoding: 'int8',
    dtype: 'float32',
    shape: SHAPE,
    codes: tensor('int8', SHAPE, bytes(4096, 99)),
    scale: f32([], [0.5]),
  },
  nibbles('planes'),
  nibbles('rows'),
  sparse(40, 'float32'),
  sparse(256, 'float32'),
  sparse(16, 'float64'),
  { encoding: 'repeated', dtype: 'float32', shape: SHAPE, element: f32([1], [2.5]) },
  {
    encoding: 'bitmask',
    dtype: 'float32',
    shape: SHAPE,
    mask: { form: digitForm(2), order: 'planes', words: tensor('uint8', [1, 512], bytes(512, 2)) },
    values: {
      encoding: 'int8',
      dtype: 'float32',
      shape: [257],
      codes: tensor('int8', [257], bytes(257, 50)),
      scale: f32([1], [2]),
    },
  },
  {
    encoding: 'low-rank',
    dtype: 'float32',
    shape: [64, 32, 2],
    left: { encoding: 'cast', dtype: 'float32', shape: [64, 3], stored: tensor('float16', [64, 3], bytes(192, 99)) },
    right: dense(f32([3, 64], bytes(192, 7))),
  },
]

describe('packedIn', () => {
  for (const encoded of ENCODED) {
    it(`finds ${label(encoded)} in ${encoded.dtype} by its nodes, and says so`, () => {
      const { model, w } = packed(encoded)
      const was = [...model.main.nodes].map((node) => node.id)

      const [found, ...more] = packedIn(model)

      assert.ok(found !== undefined && more.length === 0)
      assert.equal(found.value, w)
      assert.equal(found.label, label(encoded))
      assert.deepEqual([found.dtype, found.shape], [encoded.dtype, encoded.shape])
      assert.equal(found.viaCastOnly, encoded.encoding === 'cast')
      const ids = found.nodes.map((node) => node.id)
      assert.deepEqual(ids.toSorted(), was.filter((id) => ids.includes(id)).toSorted())
      assert.equal(found.nodes.length, was.length - 1)
      assert.equal(found.constants.own.length, model.main.initializers.size)
    })
  }

  it('finds nothing in a model without packed weights', () => {
    const s = sketch('plain')
    const w = s.weight('w', [8, 8])
    s.output('y', s.node('MatMul', 'mm', [s.input('x', [1, 8]), s.node('Transpose', 't', [w])]), null)
    assert.deepEqual(packedIn(s.model), [])
  })
})

/** The model with every tensor and name aside. */
function ops(model: Model): string[] {
  return [...walk(model)].map((node) => node.op)
}

describe('unpackModel', () => {
  it('leaves the weight, and what read it', () => {
    const { model, w } = packed(nibbles('rows'))
    const [unpacked] = unpackModel(model)
    verify(model, 'unpack')
    assert.ok(unpacked)
    assert.equal(unpacked.held, w)
    assert.deepEqual(ops(model), ['Identity'])
    assert.deepEqual([...model.main.initializers], [w])
    assert.equal(w.constant, unpacked.tensor)
    assert.ok(encodeToBytes(model).byteLength > 4 * 4096)
    assert.deepEqual(unpackModel(model), [])
  })

  it('leaves casts alone unless it is told otherwise', () => {
    const [cast] = ENCODED
    assert.ok(cast)
    const { model, w } = packed(cast)
    const before = printModel(model)
    assert.deepEqual(unpackModel(model), [])
    assert.equal(printModel(model), before)
    assert.equal(unpackModel(model, { castOnly: true }).length, 1)
    verify(model, 'unpack')
    assert.equal(w.producer, null)
    assert.deepEqual(ops(model), ['Identity'])
  })
})
