import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import { divide, type Part } from '../../src/analysis/anatomy.js'
import type { Division } from '../../src/analysis/division.js'
import type { Inventory, Piece } from '../../src/analysis/pieces.js'
import type { Node } from '../../src/ir/graph.js'

const { model } = sketch('anatomy')

function node(op: string, name: string): Node {
  return model.addNode(model.main, { op, name, inputs: [], outputs: [] })
}

function piece(name: string | null, of: Partial<Piece>): Piece {
  return { name, value: null, dtype: 'float32', node: null, bytes: 0, parameters: 0, macs: 0, ...of }
}

function inventory(pieces: readonly Piece[], more: Partial<Inventory> = {}): Inventory {
  return { main: model.main, pieces, structure: 10, unused: 0, ...more }
}

/** A part as its name and bytes, with its children behind it. */
type Outline = readonly [name: string, bytes: number, ...children: Outline[]]

function outline({ name, bytes, children }: Part): Outline {
  return [name, bytes, ...children.map(outline)]
}

const conv = node('Conv', 'block/conv')
const fc = node('Gemm', 'head/fc')
const relu = node('Relu', 'block/relu')
const PIECES = [
  piece('block.conv.weight', { node: conv, bytes: 40, parameters: 10, macs: 500 }),
  piece('block.conv.bias', { node: conv, bytes: 4, parameters: 1 }),
  piece('onnx::Gemm_12', { node: fc, dtype: 'float16', bytes: 100, parameters: 50, macs: 50 }),
  piece('block.scale', { node: relu, bytes: 8, parameters: 2 }),
  piece('left', { bytes: 2, dtype: 'int64' }),
]

describe('divide', () => {
  const EXPECTED: Readonly<Record<Division, readonly Outline[]>> = {
    op: [
      ['Gemm', 100, ['head/fc', 100]],
      ['Conv', 44, ['block/conv', 44, ['block.conv.weight', 40], ['block.conv.bias', 4]]],
      ['graph, names and metadata', 10],
      ['Relu', 8, ['block/relu', 8]],
      ['(read by no node)', 2, ['left', 2]],
    ],
    dtype: [
      ['float16', 100, ['onnx::Gemm_12', 100]],
      ['float32', 52, ['block.conv.weight', 40], ['block.scale', 8], ['block.conv.bias', 4]],
      ['graph, names and metadata', 10],
      ['int64', 2, ['left', 2]],
    ],
    layer: [
      ['block/conv', 44],
      ['head/fc', 100],
      ['block/relu', 8],
      ['(read by no node)', 2],
      ['graph, names and metadata', 10],
    ],
    name: [
      ['head/fc', 100],
      ['block', 52, ['conv', 44, ['weight', 40], ['bias', 4]], ['scale', 8]],
      ['graph, names and metadata', 10],
      ['left', 2],
    ],
  }
  for (const [by, expected] of Object.entries(EXPECTED)) {
    it(`makes a tree by ${by}`, () => {
      assert.deepEqual(outline(divide(inventory(PIECES), by as Division)), ['all', 164, ...expected]) // a key of the table
    })
  }

  it('adds up parameters and MACs as well', () => {
    const { bytes, parameters, macs } = divide(inventory(PIECES), 'op')

    assert.deepEqual([bytes, parameters, macs], [164, 63, 550])
  })

  it('splits names at any separator, and joins what has a single part', () => {
    const names = ['/encoder/layer.0/attn/w', '/encoder/layer.1/attn/w', 'a::b', 'plain', '']
    const tree = divide(inventory(names.map((name, i) => piece(name, { bytes: 100 - i }))), 'name')

    assert.deepEqual(outline(tree).slice(2, -1), [
      ['/encoder/layer', 199, ['0/attn/w', 100], ['1/attn/w', 99]],
      ['a::b', 98],
      ['plain', 97],
      ['', 96],
    ])
  })

  it('takes names of any length', () => {
    const pieces = ['x', 'y'].map((end) => piece(`${'a/'.repeat(100_000)}${end}`, { bytes: 5 }))

    const [part] = divide(inventory(pieces), 'name').children

    assert.equal(part?.bytes, 10)
    assert.equal(part?.children.length, 2)
    assert.equal(part?.name.length, 2 * 49 - 1)
  })

  it('keeps a part of its own for what is named like a group', () => {
    const tree = divide(
      inventory([piece('a', { bytes: 30 }), piece('a.b', { bytes: 20 }), piece('a.c', { bytes: 40 })]),
      'name',
    )

    assert.deepEqual(outline(tree)[2], ['a', 90, ['c', 40], ['a', 30], ['b', 20]])
  })

  it('puts many small parts together, and few not', () => {
    const large = piece('large', { bytes: 1_000_000 })
    const small = (n: number) => Array.from({ length: n }, (_, i) => piece(`s${i}`, { bytes: i + 1 }))

    assert.equal(divide(inventory([large, ...small(2)]), 'name').children.length, 1 + 2 + 1)
    assert.deepEqual(outline(divide(inventory([large, ...small(9)]), 'name')).slice(2), [
      ['large', 1_000_000],
      ['10 smaller ones', 45 + 10],
    ])
  })

  it('keeps what has few bytes and many MACs', () => {
    const pieces = Array.from({ length: 5 }, (_, i) => piece(`s${i}`, { bytes: 1, macs: i === 2 ? 100 : 0 }))
    const tree = divide(inventory([piece('large', { bytes: 1_000_000, macs: 100 }), ...pieces]), 'name')

    assert.deepEqual(
      tree.children.map((part) => [part.name, part.macs]),
      [
        ['large', 100],
        ['5 smaller ones', 0],
        ['s2', 100],
      ],
    )
  })

  it('stays small in a report of 500 layers with thousands of scalars', () => {
    const layers = Array.from({ length: 500 }, (_, i) => {
      const layer = node('Conv', `/encoder/layer.${i}/conv`)
      const of = (name: string, bytes: number) => piece(`encoder.layer.${i}.${name}`, { node: layer, bytes })
      return [of('weight', 40_000), of('bias', 400), ...Array.from({ length: 10 }, (_, j) => of(`c${j}`, 8))]
    })
    const whole = inventory(layers.flat())
    const bytes = (['op', 'dtype', 'layer', 'name'] as const).reduce((sum, by) => {
      return sum + JSON.stringify(divide(whole, by)).length
    }, 0)

    assert.ok(bytes < 500_000, `${bytes} bytes`)
  })

  it('tells bytes of data files that nobody uses', () => {
    assert.deepEqual(outline(divide(inventory([], { unused: 7 }), 'op')), [
      'all',
      17,
      ['graph, names and metadata', 10],
      ['unused bytes of data files', 7],
    ])
  })

  it('places nodes of bodies below their node, and those of functions below the function', () => {
    const s = sketch('nested')
    const choice = s.nodeOf('If', 'choice', [s.input('c', [], 'bool')], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.node('Relu', 'inner', [s.input('x', [1])]), null))
    const f = s.model.addFunction({ domain: 'local', name: 'Dense', overload: '', opsets: new Map(), extra: {} })
    const product = s.model.addNode(f.graph, { op: 'MatMul', name: 'product', inputs: [], outputs: [] })
    const inner = [...choice.graphs()].flatMap((graph) => [...graph.nodes])[0] ?? null
    const pieces = [piece('a', { node: inner, bytes: 3 }), piece('b', { node: product, bytes: 4 })]

    assert.deepEqual(outline(divide({ ...inventory(pieces), main: s.model.main }, 'layer')).slice(2), [
      ['choice', 3, ['inner', 3]],
      ['function Dense', 4, ['product', 4]],
      ['graph, names and metadata', 10],
    ])
  })
})
