import assert from 'node:assert/strict'
import { axesOf, macsOf, weightSpecs } from './one-node.js'

const [B, S, T, H, D, P] = [2, 5, 6, 4, 8, 3]

describe('attention ops', () => {
  it('ONNX Attention: queries by keys, then scores by values, heads first or last', () => {
    const heads = [[B, H, S, D], [B, H, T, D], [B, H, T, 2 * D]] as const // biome-ignore format: Q, K, V
    const flat = [[B, S, H * D], [B, T, H * D], [B, T, 2 * H * D]] as const // biome-ignore format: Q, K, V

    const macs = B * H * S * T * (D + 2 * D)
    assert.equal(macsOf('Attention', heads, [[B, H, S, 2 * D]]), macs)
    assert.equal(macsOf('Attention', flat, [[B, S, 2 * H * D]], { q_num_heads: H, kv_num_heads: H }), macs)
  })

  it('ONNX Attention: keys of the past count, fewer key heads do not', () => {
    const shapes = [[B, H, S, D], [B, 1, T, D], [B, 1, T, D], null, [B, 1, P, D], [B, 1, P, D]] as const

    assert.equal(macsOf('Attention', shapes, [[B, H, S, D]]), B * H * S * (T + P) * 2 * D)
  })

  it('com.microsoft.Attention: the projection, too', () => {
    const shapes = [[B, S, 16], [16, 3 * H * D], [3 * H * D]] as const // biome-ignore format: one line

    const macs = macsOf('com.microsoft.Attention', shapes, [[B, S, H * D]], { num_heads: H })
    assert.equal(macs, B * S * 16 * 3 * H * D + B * S * S * 2 * H * D)
    assert.deepEqual(axesOf('com.microsoft.Attention', 1, shapes), [1, 0])
  })

  it('com.microsoft.Attention: V of another width, and a past', () => {
    const shapes = [[B, S, 16], [16, 80], [80], null, [2, B, H, P, D]] as const // biome-ignore format: one line
    const attrs = { num_heads: H, qkv_hidden_sizes: [32, 32, 16] }

    const macs = macsOf('com.microsoft.Attention', shapes, [[B, S, 16]], attrs)
    assert.equal(macs, B * S * 16 * 80 + B * S * (S + P) * (32 + 16))
  })

  it('MultiHeadAttention: apart, packed in one, and with keys of another layout', () => {
    const type = 'com.microsoft.MultiHeadAttention'
    const apart = [[B, S, H * D], [B, T, H * D], [B, T, H * D]] as const // biome-ignore format: Q, K, V
    const cross = [[B, S, H * D], [B, H, T, D], [B, H, T, D]] as const // biome-ignore format: Q, K, V

    assert.equal(macsOf(type, apart, [[B, S, H * D]]), B * S * T * 2 * H * D)
    assert.equal(macsOf(type, cross, [[B, S, H * D]]), B * S * T * 2 * H * D)
    assert.equal(macsOf(type, [[B, S, H, 3, D]], [[B, S, H * D]]), B * S * S * 2 * H * D)
    assert.deepEqual(weightSpecs(type, apart), [])
  })

  it('GroupQueryAttention: all keys that are there afterwards', () => {
    const type = 'com.microsoft.GroupQueryAttention'

    const macs = macsOf(type, [[B, 1, H * D]], [[B, 1, H * D], [B, 2, 40, D]]) // biome-ignore format: one line
    assert.equal(macs, B * 40 * 2 * H * D)
  })

  it('say null where the cost hangs on values', () => {
    assert.equal(macsOf('com.microsoft.PackedMultiHeadAttention', [[7, H * D]], [[7, H * D]]), null)
    assert.equal(
      macsOf(
        'com.microsoft.PackedAttention',
        [
          [7, 16],
          [16, 96],
        ],
        [[7, 32]],
      ),
      null,
    )
  })
})
