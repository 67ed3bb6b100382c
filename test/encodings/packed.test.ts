import assert from 'node:assert/strict'
import { type Attrs, int64, outputOf, sketch } from '../../fixtures/sketch.js'
import { GraphBuilder } from '../../src/encodings/builder.js'
import { digitForm } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { build, label } from '../../src/encodings/index.js'
import { packedIn } from '../../src/encodings/packed.js'
import { unpackModel } from '../../src/encodings/unpack.js'
import { InvalidModelError } from '../../src/errors.js'
import { type Attr, attr } from '../../src/ir/attr.js'
import type { Graph, Model, Value } from '../../src/ir/graph.js'
import { printModel } from '../../src/ir/print.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { verify } from '../../src/ir/verify.js'
import { walk } from '../../src/ir/walk.js'
import { initializerBytes } from '../../src/onnx/bytes.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { assertSameBits, runModel } from '../support/ort.js'
import { nibbles, packed, store, tensor } from './models.js'

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
    const w = s.weight('w', [64, 64])
    s.output('y', s.node('MatMul', 'mm', [s.input('x', [1, 64]), s.node('Transpose', 't', [w])]), null)
    s.output('z', s.node('Gather', 'embed', [w, s.input('i', [1], 'int64')]), null)
    const joined = s.node('Concat', 'joined', [w, s.weight('v', [64, 64])], { axis: 0 })
    s.output('both', s.node('MatMul', 'mm2', [joined, w]), null)
    s.output('shape', s.node('Cast', 'cast', [s.constant('two', int64([2], [1, 2]))], { to: 1 }), null)
    assert.deepEqual(packedIn(s.model), [])
  })

  it('finds the weight itself behind what was there before it was packed', () => {
    const views: readonly (readonly [string, Attrs])[] = [
      ['Transpose', {}],
      ['Cast', { to: 10 }],
      ['Identity', {}],
      ['Unsqueeze', {}],
    ]
    for (const encoded of [nibbles('rows'), nibbles('planes'), sparse(40, 'float32')]) {
      for (const [op, attrs] of views) {
        const s = sketch('views', 13)
        const w = s.weight('w', [64, 64])
        const axes = op === 'Unsqueeze' ? [s.constant('axes', int64([1], [0]))] : []
        s.output('y', s.node('Relu', 'relu', [s.node(op, 'view', [w, ...axes], attrs)]), null)
        store(s.model, w, encoded)
        const found = packedIn(s.model)
        assert.deepEqual(
          found.map(({ value, label: text }) => [value.name, text]),
          [['w', label(encoded)]],
          op,
        )
        unpackModel(s.model)
        verify(s.model, 'unpack')
        assert.deepEqual(ops(s.model), [op, 'Relu'])
      }
    }
  })

  it('takes the Reshape that ends a decoder for a part of it, and another for none', () => {
    const flat = tensor('float32', [1, 1, 36], bytes(36, 9))
    const encoded = { ...sparse(40, 'float32'), shape: [64, 8, 8], values: dense(flat) } as Encoded // as it was
    const s = sketch('reshape', 13)
    const w = s.weight('w', [64, 8, 8])
    const to = s.constant('to', int64([2], [64, 64]))
    s.output('y', s.node('Relu', 'relu', [s.node('Reshape', 'flat', [w, to])]), null)
    store(s.model, w, encoded)
    assert.deepEqual(
      packedIn(s.model).map(({ value, shape }) => [value.name, shape]),
      [['w', [64, 8, 8]]],
    )
  })

  it('finds a weight that is read as it is and otherwise once', () => {
    const s = sketch('tied', 13)
    const w = s.weight('w', [64, 64])
    const x = s.input('x', [1, 64])
    s.output('y', s.node('MatMul', 'mm', [x, s.node('Transpose', 't', [w])]), null)
    s.output('z', s.node('MatMul', 'mm2', [x, w]), null)
    s.output('both', s.node('Neg', 'neg', [s.node('Concat', 'twice', [w, w], { axis: 0 })]), null)
    store(s.model, w, nibbles('rows'))
    const [found, ...more] = packedIn(s.model)
    assert.ok(found)
    assert.equal(found.value, w)
    // Twice of it side by side is larger than it once: by the same measure that is packed, too.
    assert.deepEqual(
      more.map(({ value, nodes, constants }) => [value.name, nodes.map(({ op }) => op), constants]),
      [['twice.out', ['Concat'], { own: [], shared: [] }]],
    )
    const twice = Buffer.from(more[0]?.tensor.read() ?? [])
    const once = Buffer.from(found.tensor.read())
    assert.ok(twice.equals(Buffer.concat([once, once])))
  })

  it('splits what weights share, and counts what each has to itself', () => {
    const s = sketch('shared', 13)
    const x = s.input('x', [1, 64])
    const [v, w] = [s.weight('v', [64, 64]), s.weight('w', [64, 64])]
    s.output('y', s.node('MatMul', 'mm', [x, v]), null)
    s.output('z', s.node('MatMul', 'mm2', [x, w]), null)
    const plain = encodeToBytes(s.model).byteLength - 2 * initializerBytes('v', v.constant ?? tensor('uint8', [0], []))
    const [first] = s.graph.nodes
    const into = new GraphBuilder(s.model, s.graph, first ?? null)
    for (const each of [v, w]) s.model.compute(each, build(nibbles('rows'), into))

    const found = packedIn(s.model)

    assert.deepEqual(
      found.map(({ value }) => value),
      [v, w],
    )
    const size = encodeToBytes(s.model).byteLength - plain
    const counted = found.reduce((n, packed) => n + packed.bytes, 0)
    assert.ok(Math.abs(counted - size) <= 40, `${counted} of ${size}`)
    assert.equal(found[0]?.bytes, found[1]?.bytes)
    for (const { constants } of found) {
      const dtypes = (values: readonly Value[]) =>
        values.map((value) => `${value.constant?.dtype}[${value.constant?.shape}]`)
      assert.deepEqual(dtypes(constants.own).toSorted(), ['float32[16]', 'uint8[1,2048]'])
      assert.deepEqual(dtypes(constants.shared).toSorted(), ['int64[2]', 'uint8[256,2]'])
    }
  })

  it('leaves alone what an input may change, and what depends on the call of a function', () => {
    const s = sketch('default', 13)
    const w = s.weight('w', [64, 64])
    s.output('y', s.node('Relu', 'relu', [w]), null)
    const codes = nibbles('planes')
    assert.ok(codes.encoding === 'codebook')
    store(s.model, w, codes)
    const palette = [...s.graph.initializers].find((value) => value.constant?.dtype === 'float32')
    assert.ok(palette?.constant)
    assert.equal(packedIn(s.model).length, 1)
    const input = s.input('palette', [16])
    s.model.setDefault(input, palette.constant)
    s.model.replaceUses(palette, input)
    assert.deepEqual(
      packedIn(s.model).map(({ dtype }) => dtype),
      ['int32'], // of the weight only its codes are constant
    )

    const { model, graph } = functionOf({ axis: { kind: 'ref', value: 'axis' } })
    assert.ok(graph.nodes.size > 0)
    assert.deepEqual(packedIn(model), [])
  })

  it('finds weights in bodies, made of constants there and outside', () => {
    const s = sketch('bodies', 13)
    const x = s.input('x', [1, 64])
    const outer = s.weight('outer', [64, 64])
    const choice = s.nodeOf('If', 'choice', [s.input('flag', [], 'bool')], ['z'])
    let inner: Value | null = null
    s.body(choice, 'then_branch', (b) => {
      inner = b.weight('inner', [64, 64])
      b.output('then', b.node('MatMul', 'mm1', [x, inner]), null)
    })
    s.body(choice, 'else_branch', (b) => b.output('else', b.node('MatMul', 'mm2', [x, outer]), null))
    s.output('z', outputOf(choice), null)
    assert.ok(inner !== null)
    for (const w of [outer, inner]) store(s.model, w, nibbles('rows'))
    assert.deepEqual(
      packedIn(s.model).map(({ value }) => value.name),
      ['outer', 'inner'],
    )
    unpackModel(s.model)
    verify(s.model, 'unpack')
    assert.deepEqual(ops(s.model).toSorted(), ['If', 'MatMul', 'MatMul'])
  })

  it('names by type and ops what others have packed', () => {
    const s = sketch('foreign', 21)
    const codes = s.constant('codes', new MemoryTensor('uint4', [64, 64], Uint8Array.from(bytes(2048, 255))))
    const cast = s.node('Cast', 'cast', [codes], { to: 1 })
    const shifted = s.node('Sub', 'sub', [cast, s.constant('zero', f32([], [8]))])
    const scaled = s.node('Mul', 'mul', [shifted, s.constant('scale', f32([64, 1], bytes(64, 9)))])
    s.output('y', s.node('MatMul', 'mm', [s.input('x', [1, 64]), scaled]), null)
    const [found] = packedIn(s.model)
    assert.equal(found?.label, 'uint4 by Cast, Sub, Mul')
    const first = new Float32Array(found.tensor.readAt(0, 8).buffer.slice(0, 8))
    assert.deepEqual([...first], [(0 - 8) * 0, (0 - 8) * 0])
    assert.equal(found.tensor.byteLength, 4 * 64 * 64)
  })
})

/** A function whose Gather looks a codebook up. */
function functionOf(attrs: Record<string, Attr> = {}): { model: Model; graph: Graph } {
  const s = sketch('calls', 13, { local: 1 })
  const opsets = new Map([['', 13]])
  const { graph } = s.model.addFunction({ domain: 'local', name: 'f', overload: '', opsets, extra: {} })
  const constant = (name: string, value: Tensor) =>
    outputOf(
      s.model.addNode(graph, { op: 'Constant', inputs: [], outputs: [name], attrs: { value: attr.tensor(value) } }),
    )
  const x = s.model.addInput(graph, 'a', null)
  const codes = constant('codes', tensor('int32', [64, 64], bytes(4096, 16)))
  const palette = constant('palette', tensor('float64', [16], bytes(16, 9)))
  const w = outputOf(s.model.addNode(graph, { op: 'Gather', inputs: [palette, codes], outputs: ['w'], attrs }))
  const sum = outputOf(s.model.addNode(graph, { op: 'Add', inputs: [x, w], outputs: ['sum'] }))
  s.model.addOutput(graph, sum)
  const called = s.nodeOf('f', 'call', [s.input('x', [64, 64], 'float64')], ['y'], {}, { domain: 'local' })
  s.output('y', outputOf(called), null)
  verify(s.model, 'building')
  return { model: s.model, graph }
}

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

  it('puts a Constant into a function, which has no initializers', async () => {
    const { model, graph } = functionOf()
    const before = encodeToBytes(model)
    const [found] = unpackModel(model)
    verify(model, 'unpack')
    assert.ok(found)
    assert.equal(found.held.producer?.op, 'Constant')
    assert.deepEqual(
      [...graph.nodes].map(({ op }) => op),
      ['Constant', 'Add'],
    )
    const feeds = { x: { dtype: 'float64' as const, shape: [64, 64], data: new Float64Array(4096).fill(0.5) } }
    const run = (bytes: Uint8Array) => runModel({ bytes, folder: '.' }, feeds)
    assertSameBits(await run(encodeToBytes(model)), await run(before))
  })

  it('keeps a constant that something else reads, and takes what only decoders have read', () => {
    const { model, w } = packed(nibbles('rows'))
    const words = [...model.main.initializers].find((value) => value.constant?.byteLength === 2048)
    assert.ok(words)
    model.addOutput(model.main, words, { name: 'words' })
    unpackModel(model)
    verify(model, 'unpack')
    assert.deepEqual([...model.main.initializers], [words, w])
    assert.deepEqual(ops(model), ['Identity'])
  })

  it('decodes nothing before it is read, and the same whatever way it is read', () => {
    const codes = nibbles('rows')
    assert.ok(codes.encoding === 'codebook')
    let reads = 0
    const words = codes.codes.words.map(() => {
      reads++
    })
    const { model } = packed({ ...codes, codes: { ...codes.codes, words } })
    const [found] = unpackModel(model)
    assert.ok(found)
    assert.equal(reads, 0)
    const { tensor: decoded } = found
    const all = Buffer.from(decoded.read())
    assert.equal(reads, 1)
    assert.ok(Buffer.concat([...decoded.chunks(1024)].map((chunk) => chunk.slice())).equals(all))
    assert.ok(Buffer.from(decoded.readAt(400, 800)).equals(all.subarray(400, 1200)))
    const first = decoded.read()
    first.fill(0)
    for (const chunk of decoded.chunks(64)) chunk.fill(0)
    assert.ok(Buffer.from(decoded.read()).equals(all))
    const doubled = decoded.map((chunk) => {
      const floats = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, x] of floats.entries()) floats[i] = 2 * x
    })
    assert.equal(new Float32Array(doubled.readAt(0, 8).buffer)[1], 2 * all.readFloatLE(4))
  })

  it('says which weight cannot be decoded when it is read', () => {
    const codes = nibbles('planes')
    assert.ok(codes.encoding === 'codebook')
    const { model } = packed({ ...codes, palette: f32([3], [0, 1, 2]) })
    const [found] = unpackModel(model)
    assert.throws(
      () => found?.tensor.read(),
      (error) => error instanceof InvalidModelError && /The packed weight "w" cannot be decoded/.test(error.message),
    )
  })
})
