import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { node } from '../../../src/runtime/consumers/node.js'
import { computedOps } from '../../../src/runtime/consumers/profile.js'

const MODEL = { path: 'fixtures/lenet-300-100.onnx', external: [] }

describe('The consumer node', () => {
  it('tells which nodes a run computes, at each level', async () => {
    for (const [level, expected] of [
      ['disabled', 'Flatten 1, Gemm 3, Relu 2'],
      ['all', 'Flatten 1, FusedGemm 2, Gemm 1'],
    ] as const) {
      const profile = mkdtempSync(join(tmpdir(), 'mcompress-profile-'))
      try {
        const session = await node.open(MODEL, { level, threads: 1, profile })
        const [input] = session.inputs
        const shape = input?.shape?.map((d) => (typeof d === 'number' ? d : 1)) ?? []
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
        await session.run({ [input?.name ?? '']: { dtype: 'float32', shape, data } })
        await session.release()

        const ops = [...(await computedOps(profile))].map(([op, n]) => `${op} ${n}`).sort()
        assert.equal(ops.join(', '), expected, level)
      } finally {
        rmSync(profile, { recursive: true })
      }
    }
  })
})
