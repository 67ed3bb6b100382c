import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { web } from '../../../src/runtime/consumers/web.js'
import { EngineError } from '../../../src/runtime/engine-error.js'

const OPTIONS = { level: 'all', threads: null } as const

describe('The consumer web', () => {
  it('runs a model with external data', async () => {
    const folder = 'fixtures/generated'
    const external = [{ location: 'external.onnx.data', path: join(folder, 'external.onnx.data') }]
    const session = await web.open({ path: join(folder, 'external.onnx'), external }, OPTIONS)
    const [input] = session.inputs
    assert.ok(input?.shape)
    const shape = input.shape.map((d) => (typeof d === 'number' ? d : 2))
    const data = new Float32Array(shape.reduce((a, b) => a * b)).fill(1)

    const outputs = await session.run({ [input.name]: { dtype: 'float32', shape, data } })

    await session.release()
    const [first] = Object.values(outputs)
    assert.equal(first?.dtype, 'float32')
    assert.ok(first.data instanceof Float32Array && first.data.every(Number.isFinite))
  })

  it('says what it does not load', async () => {
    await assert.rejects(web.open({ path: 'package.json', external: [] }, OPTIONS), (error: unknown) => {
      assert.ok(error instanceof EngineError)
      assert.match(error.message, /protobuf parsing failed/)
      return true
    })
  })

  it('is found in the folder that one works in, and otherwise refused with the remedy', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcompress-web-'))
    try {
      // Beside this code there is one, too; beside a copy of it there is none.
      const from = fileURLToPath(new URL('../../../src', import.meta.url))
      for (const part of ['runtime', 'ir', 'errors.js', 'nearest.js']) {
        cpSync(join(from, part), join(folder, 'src', part), { recursive: true })
      }
      const script = `
        const { web } = await import(${JSON.stringify(pathToFileURL(join(folder, 'src/runtime/consumers/web.js')))})
        try { web.version(); console.log('found') }
        catch (error) { console.log(error.name, error.exitCode, error.message, error.suggestions.join()) }`
      const run = (cwd: string) =>
        spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, encoding: 'utf8' }).stdout.trim()

      assert.equal(run(process.cwd()), 'found')
      assert.equal(
        run(folder),
        'UsageError 2 The target web needs the package onnxruntime-web, which is not installed. npm install onnxruntime-web',
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
