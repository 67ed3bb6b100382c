import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { onnxruntimeVersion } from '../../src/runtime/version.js'

describe('onnxruntimeVersion', () => {
  it('is that of the installed package', async () => {
    const { env } = await import('onnxruntime-node')
    assert.equal(onnxruntimeVersion(), env.versions.node)
  })

  it('loads nothing native', () => {
    const script = `
      const { onnxruntimeVersion } = await import(process.argv[1])
      onnxruntimeVersion()
      console.log(process.report.getReport().sharedObjects.some((path) => path.includes('onnxruntime')))`
    const url = new URL('../../src/runtime/version.js', import.meta.url).href
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, url], { encoding: 'utf8' })
    assert.equal(stdout.trim(), 'false')
  })
})
