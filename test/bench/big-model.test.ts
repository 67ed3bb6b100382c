import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type BigModel, bigModels, ensureBigModel } from '../../bench/support/big-model.js'
import { weightSparsity } from '../../bench/support/sparsity.js'
import { openSession } from '../../src/runtime/session.js'

const small: BigModel = { name: 'small', width: 16, convs: 1, matmuls: 2, externalData: false }
const weightBytes = ({ width, convs, matmuls }: BigModel) => 4 * width * width * (9 * convs + 16 * matmuls)

describe('bench/support/big-model', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'mcompress-big-model-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('is as big as its name says', () => {
    assert.ok(Math.abs(weightBytes(bigModels.single) / 500e6 - 1) < 0.01)
    assert.ok(Math.abs(weightBytes(bigModels.external) / 4e9 - 1) < 0.01)
    assert.ok(Math.abs(weightBytes(bigModels.products) / 127e6 - 1) < 0.01)
    assert.ok(Math.abs(weightBytes(bigModels.product) / 4 / 10e6 - 1) < 0.03)
  })

  for (const externalData of [false, true]) {
    it(`writes a model that runs, ${externalData ? 'its weights beside it' : 'in one file'}`, async () => {
      const path = await ensureBigModel({ ...small, externalData }, root)
      const bytes = statSync(externalData ? `${path}.data` : path).size
      assert.ok(bytes >= weightBytes(small) && bytes < weightBytes(small) + 2 * 4096)
      assert.equal(weightSparsity(path), 0)
      const session = await openSession({ path })
      try {
        const image = { dtype: 'float32', shape: [1, 16, 2, 2], data: new Float32Array(64).fill(1) } as const
        const { out } = await session.run({ image })
        assert.deepEqual(out?.shape, [1, 64])
        assert.ok(out?.data instanceof Float32Array && out.data.some((v) => v > 0))
      } finally {
        await session.release()
      }
    })
  }

  it('keeps a model that is there', async () => {
    const path = await ensureBigModel(small, root)
    const { mtimeMs } = statSync(path)
    const bytes = readFileSync(path)
    assert.equal(await ensureBigModel(small, root), path)
    assert.equal(statSync(path).mtimeMs, mtimeMs)
    assert.ok(readFileSync(path).equals(bytes))
    assert.ok(!existsSync(`${dirname(path)}.part`))
  })
})
