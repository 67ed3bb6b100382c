import assert from 'node:assert/strict'
import { type Attrs, float32, int64, type Sketch, uniform } from '../../../fixtures/sketch.js'
import type { Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { drawn } from '../../rewrites/rewritten.js'
import { assertCutHolds } from './holds.js'
import { type Operand, unitsOf } from './units-of.js'

const MICROSOFT = { domain: 'com.microsoft' }
const int32 = (shape: readonly number[], values: readonly number[]) =>
  new MemoryTensor('int32', shape, bytesOf(Int32Array.from(values)))

/** A model of domain com.microsoft around a product on either side. */
function around(width: number, inner: (s: Sketch, x: Value) => Value, out = width, opset = 17) {
  const model = drawn([1, 5, 4], (s, x) => s.node('MatMul', 'out', [inner(s, x), s.weight('wo', [out, 3])]), opset)
  model.opsets.set('com.microsoft', 1)
  return model
}

describe('the axes around com.microsoft.Attention', () => {
  it('are heads, in each of the three parts of its weights', async () => {
    assert.equal(
      await unitsOf('com.microsoft.Attention', [[2, 5, 3], [3, 18], [18]], { num_heads: 3 }),
      '.. ..... abc | abc ddeeffddeeffddeeff | ddeeffddeeffddeeff -> .. ..... ddeeff [sum of 0.2]',
    )
  })

  it('may be wider for values, and have scores to be added', async () => {
    const attrs = { num_heads: 2, qkv_hidden_sizes: [4, 4, 8] }
    assert.equal(
      await unitsOf('com.microsoft.Attention', [[2, 5, 3], [3, 16], [16], null, null, [1, 2, 5, 5]], attrs),
      '.. ..... abc | abc ddeeddeeddddeeee | ddeeddeeddddeeee | - | - | . de ..... ..... -> .. ..... ddddeeee [sum of 0.2]',
    )
  })

  it('lie along what is remembered', async () => {
    const operands = [[1, 5, 3], [3, 12], [12], null, [2, 1, 2, 4, 2]]
    assert.equal(
      await unitsOf('com.microsoft.Attention', operands, { num_heads: 2 }, { outputs: 2 }),
      [
        '. ..... abc | abc ddeeddeeddee | ddeeddeeddee | - | .. . de .... ..',
        '. ..... ddee | .. . de ......... .. [sum of 0.2]',
      ].join(' -> '),
    )
  })

  it('are cut with the numbers of heads and of columns', async () => {
    const plain = around(12, (s, x) =>
      s.node('Attention', 'a', [x, s.weight('w', [4, 36], 4), s.weight('b', [36])], { num_heads: 4 }, MICROSOFT),
    )
    const wider = around(16, (s, x) => {
      const inputs = [x, s.weight('w', [4, 32], 4), s.weight('b', [32])]
      return s.node('Attention', 'a', inputs, { num_heads: 4, qkv_hidden_sizes: [8, 8, 16] }, MICROSOFT)
    })

    assert.equal(await assertCutHolds(plain), 4)
    assert.equal(await assertCutHolds(wider), 4)
  })
})

describe('the axes around com.microsoft.MultiHeadAttention', () => {
  const tableOf = (operands: readonly Operand[], attrs: Attrs = { num_heads: 3 }, outputs = 1) =>
    unitsOf('com.microsoft.MultiHeadAttention', operands, attrs, { outputs })

  it('are heads behind each other, with the bias of all three', async () => {
    assert.equal(
      await tableOf([[1, 5, 6], [1, 4, 6], [1, 4, 6], [18]]),
      '. ..... aabbcc | . .... aabbcc | . .... aabbcc | aabbccaabbccaabbcc -> . ..... aabbcc',
    )
  })

  it('are an axis of keys and values that come as heads, or packed', async () => {
    assert.equal(
      await tableOf([
        [1, 5, 6],
        [1, 3, 4, 2],
        [1, 3, 4, 2],
      ]),
      '. ..... aabbcc | . abc .... .. | . abc .... .. -> . ..... aabbcc',
    )
    assert.equal(await tableOf([[1, 5, 3, 3, 2]]), '. ..... abc ... .. -> . ..... aabbcc')
    assert.equal(
      await tableOf([
        [1, 5, 6],
        [1, 4, 3, 2, 2],
      ]),
      '. ..... aabbcc | . .... abc .. .. -> . ..... aabbcc',
    )
  })

  it('lie along what is remembered and what is added', async () => {
    const qkv = [
      [1, 5, 6],
      [1, 5, 6],
      [1, 5, 6],
    ]
    assert.equal(
      await tableOf([...qkv, null, null, [1, 1, 5, 9], [1, 3, 4, 2], [1, 3, 4, 2]], { num_heads: 3 }, 3),
      [
        '. ..... aabbcc | . ..... aabbcc | . ..... aabbcc | - | - | . . ..... ......... | . abc .... .. | . abc .... ..',
        '. ..... aabbcc | . abc ......... .. | . abc ......... ..',
      ].join(' -> '),
    )
  })

  it('are cut with the number of heads', async () => {
    const model = around(8, (s, x) => {
      const [q, k, v] = ['q', 'k', 'v'].map((name) => s.node('MatMul', name, [x, s.weight(`w${name}`, [4, 8])]))
      assert.ok(q && k && v)
      return s.node('MultiHeadAttention', 'a', [q, k, v, s.weight('b', [24])], { num_heads: 4 }, MICROSOFT)
    })

    assert.equal(await assertCutHolds(model), 4)
  })
})

describe('the axes around com.microsoft.GroupQueryAttention', () => {
  const attrs = { num_heads: 4, kv_num_heads: 2 }
  const past = (groups: number, width: number) => [
    [1, groups, 3, width],
    [1, groups, 3, width],
  ]
  const lengths = [int32([1, 1], [7]), int32([1], [8])]
  /** A group goes with all heads of queries that it serves. */
  const grouped = (packed: boolean) =>
    around(32, (s, x) => {
      const made = (name: string, width: number) => s.node('MatMul', name, [x, s.weight(`w${name}`, [4, width])])
      const qkv = packed ? [made('qkv', 64), null, null] : [made('q', 32), made('k', 16), made('v', 16)]
      const memory = ['pk', 'pv'].map((name) => s.constant(name, float32([1, 2, 3, 8], uniform([1, 2, 3, 8], 1, 5))))
      const [lasts, total] = lengths.map((tensor, i) => s.constant(`length${i}`, tensor))
      const names = ['a', 'a.keys', 'a.values']
      const inputs = [...qkv, ...memory, lasts ?? null, total ?? null]
      return s.nodeOf('GroupQueryAttention', 'a', inputs, names, attrs, MICROSOFT).outputs[0] ?? x
    })

  it('are groups, which go with all heads that they serve', async () => {
    assert.equal(
      await unitsOf(
        'com.microsoft.GroupQueryAttention',
        [[1, 5, 32], [1, 5, 16], [1, 5, 16], ...past(2, 8), ...lengths],
        attrs,
        { outputs: 3 },
      ),
      [
        '. ..... aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb | . ..... aaaaaaaabbbbbbbb | . ..... aaaaaaaabbbbbbbb',
        '. ab ... ........ | . ab ... ........ | . . | . -> . ..... aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb',
        '. ab ........ ........ | . ab ........ ........',
      ].join(' | '),
    )
  })

  it('are heads one by one where all share their keys', async () => {
    const shared = { num_heads: 3, kv_num_heads: 1 }
    assert.match(
      await unitsOf(
        'com.microsoft.GroupQueryAttention',
        [[1, 5, 24], [1, 5, 8], [1, 5, 8], ...past(1, 8), ...lengths],
        shared,
      ),
      /^\. \.{5} a{8}b{8}c{8} \| \. \.{5} \.{8} \|/,
    )
  })

  it('are cut with both numbers of heads', async () => {
    assert.equal(await assertCutHolds(grouped(false)), 2)
    assert.equal(await assertCutHolds(grouped(true)), 2)
  })
})

describe('the axes around Attention', () => {
  it('are heads, as an axis or behind each other', async () => {
    assert.equal(
      await unitsOf(
        'Attention',
        [
          [1, 4, 5, 2],
          [1, 2, 6, 2],
          [1, 2, 6, 3],
        ],
        {},
        { opset: 23 },
      ),
      '. aabb ..... .. | . ab ...... .. | . ab ...... ... -> . aabb ..... ...',
    )
    const attrs = { q_num_heads: 2, kv_num_heads: 2 }
    assert.equal(
      await unitsOf(
        'Attention',
        [
          [1, 5, 4],
          [1, 6, 4],
          [1, 6, 6],
          [2, 5, 6],
        ],
        attrs,
        { opset: 23 },
      ),
      '. ..... aabb | . ...... aabb | . ...... aaabbb | ab ..... ...... -> . ..... aaabbb',
    )
  })

  it('are cut with the numbers of heads', async () => {
    const flat = (heads: number, groups: number) =>
      around(
        4 * heads,
        (s, x) => {
          const made = (name: string, count: number) =>
            s.node('MatMul', name, [x, s.weight(`w${name}`, [4, 4 * count])])
          const qkv = [made('q', heads), made('k', groups), made('v', groups)]
          return s.node('Attention', 'a', qkv, { q_num_heads: heads, kv_num_heads: groups })
        },
        4 * heads,
        23,
      )

    assert.equal(await assertCutHolds(flat(4, 4)), 4)
    assert.equal(await assertCutHolds(flat(6, 3)), 3)
  })
})

describe('the axes around RotaryEmbedding', () => {
  it('are heads, as an axis or behind each other', async () => {
    const tables = [
      [5, 1],
      [5, 1],
    ]
    const positions = int64([1], [0])
    assert.equal(
      await unitsOf('com.microsoft.RotaryEmbedding', [[1, 5, 6], positions, ...tables], {}),
      '. ..... aabbcc | . | ..... . | ..... . -> . ..... aabbcc',
    )
    assert.equal(
      await unitsOf('com.microsoft.RotaryEmbedding', [[1, 3, 5, 2], positions, ...tables], {}),
      '. abc ..... .. | . | ..... . | ..... . -> . abc ..... ..',
    )
    assert.equal(
      await unitsOf(
        'RotaryEmbedding',
        [
          [1, 5, 6],
          [1, 5, 1],
          [1, 5, 1],
        ],
        { num_heads: 3 },
        { opset: 23 },
      ),
      '. ..... aabbcc | . ..... . | . ..... . -> . ..... aabbcc',
    )
  })

  it('are cut with the number of heads', async () => {
    const model = around(8, (s, x) => {
      const made = s.node('MatMul', 'made', [x, s.weight('w', [4, 8])])
      const angles = uniform([5, 2], 1, 7)
      const tables = [Math.cos, Math.sin].map((f, i) => s.constant(`table${i}`, float32([5, 2], angles.map(f))))
      const inputs = [made, s.constant('first', int64([1], [0])), ...tables]
      return s.node('RotaryEmbedding', 'turned', inputs, { num_heads: 2, rotary_embedding_dim: 4 }, MICROSOFT)
    })

    assert.equal(await assertCutHolds(model), 2)
  })
})
