import assert from 'node:assert/strict'
import { sketch } from '../../fixtures/sketch.js'
import { distributionOf } from '../../src/analysis/distribution.js'
import { readConstants } from '../../src/analysis/read-constants.js'
import { countParameters } from '../../src/analysis/statistics.js'
import type { Model } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'

/** Weights of 33 MB and 4 kB, and a bias; `reads` counts the pieces that are looked at. */
function watched(): { readonly model: Model; readonly reads: () => number } {
  let reads = 0
  const tensor = (shape: readonly number[]) => {
    const bytes = new Uint8Array(shape.reduce((n, d) => n * d, 4))
    return new MemoryTensor('float32', shape, bytes).map(() => {
      reads++
    })
  }
  const s = sketch('watched')
  const x = s.node('Gemm', 'fc', [
    s.input('x', [1, 8192]),
    s.constant('w', tensor([8192, 1024])),
    s.constant('b', tensor([1024])),
  ])
  s.output('y', s.node('MatMul', 'head', [x, s.constant('v', tensor([1024, 1]))]), null)
  return { model: s.model, reads: () => reads }
}

describe('readConstants', () => {
  it('reads every constant once, after which zeros are known', async () => {
    const { model, reads } = watched()

    await readConstants(model, { distributions: false })
    const after = reads()

    assert.equal(after, (8192 * 1024 * 4) / (1 << 19) + 1 + 1)
    assert.equal(countParameters(model).nonZero, 0)
    assert.equal(reads(), after)
  })

  it('looks at weights twice for their distributions, and at other constants once', async () => {
    const { model, reads } = watched()

    await readConstants(model, { distributions: true })
    const after = reads()

    assert.equal(after, 2 * ((8192 * 1024 * 4) / (1 << 19)) + 1 + 2)
    for (const { constant } of model.main.initializers) {
      if (constant?.shape.length === 2) assert.equal(distributionOf(constant)?.nearZero, 1)
    }
    assert.equal(countParameters(model).nonZero, 0)
    assert.equal(reads(), after)
  })

  it('tells how far it is, and stops when told', async () => {
    const { model } = watched()
    const done: number[] = []
    const abort = new AbortController()

    await assert.rejects(
      readConstants(model, {
        distributions: false,
        signal: abort.signal,
        onRead: (fraction) => {
          done.push(fraction)
          abort.abort(new Error('stopped'))
        },
      }),
      /stopped/,
    )

    assert.equal(done.length, 1)
    assert.ok((done[0] ?? 0) > 0.99 && (done[0] ?? 0) < 1)
  })
})
