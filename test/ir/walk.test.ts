import assert from 'node:assert/strict'
import { outputOf, sketch } from '../../fixtures/sketch.js'
import { type Attr, attr } from '../../src/ir/attr.js'
import { MemoryTensor, StringTensor } from '../../src/ir/tensor.js'
import { bytesOf, constantOf, graphs, valuesOf, walk, withBodies } from '../../src/ir/walk.js'

const text = (s: string) => new TextEncoder().encode(s)

/** An If in a branch of an If, and a function with an If. */
function nested() {
  const s = sketch('main')
  const flag = s.input('flag', [], 'bool')
  s.constant('w', new MemoryTensor('uint8', [], Uint8Array.of(1)))
  const outer = s.nodeOf('If', 'outer', [flag], ['outer.out', ''])
  s.body(outer, 'then_branch', (b) => {
    const inner = b.nodeOf('If', 'inner', [flag], ['inner.out'])
    b.body(inner, 'then_branch', (c) => c.node('Neg', 'deep', [flag]))
    b.node('Abs', 'beside', [outputOf(inner)])
  })
  s.body(outer, 'else_branch', (b) => b.node('Ceil', 'other', [flag]))
  s.node('Neg', 'last', [flag])
  const f = s.model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map(), extra: {} })
  const input = s.model.addInput(f.graph, 'in', null)
  s.model.addNode(f.graph, { op: 'Floor', name: 'inside f', inputs: [input], outputs: ['f.out'] })
  return { model: s.model, main: s.graph, outer }
}

describe('walk', () => {
  it('gives every node of every graph once, outer graphs first', () => {
    const names = [...walk(nested().model)].map((n) => n.name)
    assert.deepEqual(names, ['outer', 'last', 'inner', 'beside', 'deep', 'other', 'inside f'])
  })

  it('gives every graph, and those below one', () => {
    const { model, main, outer } = nested()
    const [then] = outer.graphs()
    assert.ok(then)
    assert.deepEqual(
      [...graphs(model)].map((g) => g.name),
      ['main', 'outer.then_branch', 'inner.then_branch', 'outer.else_branch', 'f'],
    )
    assert.deepEqual(
      [...withBodies(then)].map((g) => g.name),
      ['outer.then_branch', 'inner.then_branch'],
    )
    assert.deepEqual([...withBodies(main)].length, 4)
  })

  it('gives every value of a graph once, an input with a default too', () => {
    const { model, main } = nested()
    const p = model.addInput(main, 'p', null)
    model.setDefault(p, new MemoryTensor('uint8', [], Uint8Array.of(2)))
    assert.deepEqual(
      [...valuesOf(main)].map((v) => v.name),
      ['flag', 'p', 'w', 'outer.out', 'last.out'],
    )
  })
})

describe('constantOf', () => {
  const sparse = new MemoryTensor('float32', [2], bytesOf(Float32Array.of(0, 3)))
  const forms: readonly [name: string, a: Attr, dtype: string, shape: number[], bytes: Uint8Array][] = [
    ['value', attr.tensor(new MemoryTensor('int8', [1], Uint8Array.of(7))), 'int8', [1], Uint8Array.of(7)],
    ['sparse_value', { kind: 'sparse-tensor', value: sparse }, 'float32', [2], sparse.read()],
    ['value_float', attr.float(0.5), 'float32', [], bytesOf(Float32Array.of(0.5))],
    ['value_floats', attr.floats([1, -2]), 'float32', [2], bytesOf(Float32Array.of(1, -2))],
    ['value_floats', attr.floats([]), 'float32', [0], new Uint8Array()],
    ['value_int', attr.int(-(2n ** 63n)), 'int64', [], bytesOf(BigInt64Array.of(-(2n ** 63n)))],
    ['value_ints', attr.ints([1, 2]), 'int64', [2], bytesOf(BigInt64Array.of(1n, 2n))],
    ['value_string', attr.string('ä'), 'string', [], text('ä')],
    ['value_strings', { kind: 'strings', value: [text('a'), text('bc')] }, 'string', [2], text('abc')],
  ]
  for (const [name, a, dtype, shape, bytes] of forms) {
    it(`reads a Constant by its ${name} (${dtype}[${shape}])`, () => {
      const s = sketch('main')
      const node = s.nodeOf('Constant', 'c', [], ['c'], { [name]: a })
      const tensor = constantOf(outputOf(node))
      assert.deepEqual([tensor?.dtype, tensor?.shape], [dtype, shape])
      assert.deepEqual(Buffer.from(tensor?.read() ?? []), Buffer.from(bytes))
    })
  }

  it('reads an initializer, and an input by its default, which callers may replace', () => {
    const s = sketch('main')
    const tensor = new StringTensor([], [text('x')])
    assert.equal(constantOf(s.constant('w', tensor)), tensor)
    const input = s.input('p', [], 'string')
    s.model.setDefault(input, tensor)
    assert.equal(constantOf(input), tensor)
  })

  it('knows nothing of other values: inputs, other nodes, and Constants of a function call', () => {
    const s = sketch('main')
    const x = s.input('x', [1])
    assert.equal(constantOf(x), null)
    assert.equal(constantOf(s.node('Neg', 'n', [x], { value_int: 1 })), null)
    assert.equal(
      constantOf(
        outputOf(s.nodeOf('Constant', 'c', [], ['c'], {}, { attrs: { value: { kind: 'ref', value: 'alpha' } } })),
      ),
      null,
    )
    assert.equal(
      constantOf(outputOf(s.nodeOf('Constant', 'd', [], ['d'], { value_int: 1 }, { domain: 'other' }))),
      null,
    )
  })
})
