import assert from 'node:assert/strict'
import { float32, int64, type Sketch, sketch, uniform } from '../../../fixtures/sketch.js'
import { unpackModel } from '../../../src/encodings/unpack.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import type { Tensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { verify } from '../../../src/ir/verify.js'
import { encodeToBytes } from '../../../src/onnx/write.js'
import { shareDuplicates } from '../../../src/passes/pack/duplicates.js'
import { assertSameBits, randomArray, runModel } from '../../support/ort.js'

const SIZE = 16

describe('shareDuplicates', () => {
  it('stores equal initializers once', async () => {
    const model = twoLayers((s, name) => s.constant(name, weight()))

    const { changed, ops } = await shared(model)

    assert.deepEqual(changed, ['b.w: duplicate initializer removed'])
    assert.deepEqual(ops, ['MatMul', 'MatMul'])
    assert.deepEqual(namesOf(model), ['a.w'])
  })

  it('stores what Constant nodes hold with an equal initializer', async () => {
    const model = twoLayers((s, name) =>
      name === 'a.w' ? constantNode(s, name, weight()) : s.constant(name, weight()),
    )

    const { ops } = await shared(model)

    assert.deepEqual(ops, ['MatMul', 'MatMul'])
    assert.equal(model.main.initializers.size, 1)
  })

  it('stores what two Constant nodes hold once, and leaves one that is alone', async () => {
    const model = twoLayers(
      (s, name) => constantNode(s, name, weight()),
      (s) => constantNode(s, 'other', weight([SIZE], 9)),
    )

    const { ops } = await shared(model)

    assert.deepEqual(ops.toSorted(), ['Add', 'Constant', 'MatMul', 'MatMul'])
    assert.equal(model.main.initializers.size, 1)
  })

  it('makes a Reshape of a constant that differs in shape alone', async () => {
    const model = twoLayers((s, name) => (name === 'a.w' ? s.constant(name, weight()) : unflattened(s, name)))

    const { changed, ops } = await shared(model)

    assert.deepEqual(changed, ['b.flat: stored once, with "a.w", of shape [16,16]'])
    assert.deepEqual(ops, ['Reshape', 'MatMul', 'Reshape', 'MatMul'])
    assert.deepEqual((await shared(model)).changed, [], 'a second run finds something')
    assert.deepEqual(unpackModel(model), [], 'it is not taken for a packed weight')
  })

  it('leaves small constants that differ in shape', async () => {
    const model = twoLayers(
      (s, name) => s.constant(name, weight([SIZE, SIZE], name === 'a.w' ? 1 : 2)),
      (s) => s.node('Add', 'bias', [s.constant('row', weight([1, SIZE], 3)), s.constant('flat', weight([SIZE], 3))]),
    )

    assert.deepEqual((await shared(model)).changed, [])
  })

  it('leaves constants that differ in a bit', async () => {
    const numbers = uniform([SIZE, SIZE], 1, 1)
    const other = numbers.with(-1, -(numbers.at(-1) ?? 0))
    const model = twoLayers((s, name) => s.constant(name, float32([SIZE, SIZE], name === 'a.w' ? numbers : other)))

    assert.deepEqual((await shared(model)).changed, [])
  })

  it('leaves the defaults of inputs, which who runs the model may set', async () => {
    const model = twoLayers((s, name) => s.constant(name, weight([SIZE, SIZE], name === 'a.w' ? 1 : 2)))
    model.setDefault(model.addInput(model.main, 'given', tensorType('float32', [SIZE, SIZE])), weight())

    assert.deepEqual(await shareDuplicates(model), [])
  })
})

/** x a.w b.w, and more added to it. */
function twoLayers(w: (s: Sketch, name: string) => Value, bias?: (s: Sketch) => Value): Model {
  const s = sketch('twice', 17)
  const x = s.input('x', ['N', SIZE])
  const a = s.node('MatMul', 'a', [x, w(s, 'a.w')])
  const b = s.node('MatMul', 'b', [a, w(s, 'b.w')])
  s.output('y', bias === undefined ? b : s.node('Add', 'add', [b, bias(s)]), null)
  return s.model
}

function weight(shape: readonly number[] = [SIZE, SIZE], seed = 1): Tensor {
  return float32(shape, uniform(shape, 1, seed))
}

function constantNode(s: Sketch, name: string, tensor: Tensor): Value {
  return s.node('Constant', name, [], { value: attr.tensor(tensor) })
}

/** The same numbers stored in a row. */
function unflattened(s: Sketch, name: string): Value {
  const flat = s.constant('b.flat', float32([SIZE * SIZE], uniform([SIZE, SIZE], 1, 1)))
  return s.node('Reshape', `${name}.shaped`, [flat, s.constant(`${name}.shape`, int64([2], [SIZE, SIZE]))])
}

interface Shared {
  readonly changed: readonly string[]
  readonly ops: readonly string[]
}

/** Shares in place, and checks what holds always: invariants, the same outputs bit for bit, no growth. */
async function shared(model: Model): Promise<Shared> {
  const before = encodeToBytes(model)
  const feeds = { x: randomArray('float32', [2, SIZE], 5) }
  const was = await runModel({ bytes: before, folder: '.' }, feeds)

  const changed = await shareDuplicates(model)

  verify(model, 'pack')
  const after = encodeToBytes(model)
  assertSameBits(await runModel({ bytes: after, folder: '.' }, feeds), was)
  assert.ok(after.byteLength <= before.byteLength, `it has grown from ${before.byteLength} to ${after.byteLength}`)
  return {
    changed: changed.map(({ target, what }) => `${target}: ${what}`),
    ops: [...model.main.nodes].map(({ op }) => op),
  }
}

function namesOf(model: Model): string[] {
  return [...model.main.initializers].map(({ name }) => name)
}
