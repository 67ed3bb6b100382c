import assert from 'node:assert/strict'
import { sketch } from '../../../fixtures/sketch.js'
import { UsageError } from '../../../src/errors.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor, type Tensor } from '../../../src/ir/tensor.js'
import { graphs } from '../../../src/ir/walk.js'
import { errorGoal, sizeGoal } from '../../../src/passes/pack/bound.js'
import { Packer } from '../../../src/passes/pack/packer.js'
import type { Store } from '../../../src/passes/pack/store.js'
import { targetsOf } from '../../../src/passes/pack/targets.js'
import type { PackedWeight } from '../../../src/passes/pass.js'
import { product } from './matrices.js'
import { float32, normal, withStore } from './tensors.js'

describe('Packer', () => {
  it('takes another plan where more is lost than a plan knew', async () => {
    // In the middle between two numbers of float16 is as bad as it gets: 2^-11 of 1, and not 2^-10 / sqrt(12).
    const halfway = float32(
      [100, 100],
      Float32Array.from({ length: 10000 }, (_, i) => 1 + ((i % 1000) * 2 + 1) / 2 ** 11),
    )
    const [packed] = await packedWith(halfway, 0.0003)
    assert.notEqual(packed?.encoding, 'float16')
    assert.ok((packed?.error ?? 0) <= 0.0003, `${packed?.encoding}: ${packed?.error}`)
    // Where it does as well as was known, it is what a bound of that size asks for.
    const anywhere = float32(
      [100, 100],
      Float32Array.from({ length: 10000 }, (_, i) => 1 + ((i * 0.618034) % 1)),
    )
    const [float16] = await packedWith(anywhere, 0.0003)
    assert.equal(float16?.encoding, 'float16')
    assert.ok(float16.error > 0.0001 && float16.error <= 0.0003, `${float16.error}`)
  })

  it('keeps the numbers of factors in the store', async () => {
    const { model, weights } = await packedWithModel(product({ rows: 200, columns: 300, rank: 17, noise: 0.005 }), 0.01)
    assert.match(weights[0]?.encoding ?? '', /^rank 17 /)
    const large = [...graphs(model)].flatMap((graph) =>
      [...graph.initializers].filter(({ constant }) => (constant?.byteLength ?? 0) > 2000),
    )
    assert.equal(large.length, 2)
    assert.deepEqual(
      large.filter(({ constant }) => constant instanceof MemoryTensor),
      [],
    )
  })

  it('meets every target size from the smallest on that it names', async () => {
    await withStore(async (store) => {
      const s = sketch('two layers', 13)
      const layer = (x: Value, name: string, shape: readonly [number, number]) =>
        s.node('MatMul', name, [x, s.constant(`${name}.w`, float32(shape, normal(shape[0] * shape[1], shape[1])))])
      s.output('y', layer(layer(s.input('x', ['N', 160]), 'fc1', [160, 120]), 'fc2', [120, 60]), null)
      const packer = await opened(s.model, store)
      let least = 0
      await assert.rejects(packer.plan(sizeGoal(100)), (error: unknown) => {
        assert.ok(error instanceof UsageError)
        least = Number(/at best it takes (\d+)/.exec(error.message)?.[1])
        return true
      })
      await assert.rejects(packer.plan(sizeGoal(least - 1)), UsageError)
      for (let size = least; size < 2 * least; size += 37) {
        const { bytes } = await packer.plan(sizeGoal(size))
        assert.ok(bytes <= size, `${bytes} for ${size}`)
      }
    })
  })
})

async function packedWith(weight: Tensor, maxError: number): Promise<readonly PackedWeight[]> {
  const { weights } = await packedWithModel(weight, maxError)
  return weights
}

function packedWithModel(weight: Tensor, maxError: number) {
  return withStore(async (store) => {
    const { shape } = weight
    const s = sketch('product', 13)
    s.output('y', s.node('MatMul', 'fc', [s.input('x', ['N', shape[0] ?? 0]), s.constant('w', weight)]), null)
    const { model } = s
    const packer = await opened(model, store)
    const planned = await packer.plan(errorGoal(maxError))
    return { model, weights: await planned.into(model, (value) => value) }
  })
}

function opened(model: Model, store: Store): Promise<Packer> {
  const { targets } = targetsOf(model, { include: [], exclude: [] })
  const options = {
    importances: new Map(),
    byMagnitude: false,
    wasPacked: new Set<never>(),
    loadMemory: 2.5,
    seed: 0,
    store,
  }
  return Packer.open(model, targets, options, () => {})
}
