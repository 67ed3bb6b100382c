import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { VerificationError } from '../../src/errors.js'
import { attr } from '../../src/ir/attr.js'
import type { Model } from '../../src/ir/graph.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { loadProblem, verifyOutput } from '../../src/recipe/verify-output.js'
import { emptyFolder, layers } from './models.js'

describe('The verification of an output', () => {
  const path = emptyFolder()
  const fileOf = (model: Model, name: string) => {
    writeFileSync(path(name), encodeToBytes(model))
    return path(name)
  }
  const verify = (output: Model, input: Model) =>
    verifyOutput(fileOf(output, 'out.onnx'), readModel(fileOf(input, 'in.onnx')), 'shown.onnx')

  it('is of the level run when ONNX Runtime loads it', async () => {
    assert.deepEqual(await verify(layers(), layers()), { level: 'run', detail: 'loaded by ONNX Runtime' })
  })

  it('is of the level structure when ONNX Runtime does not load the input either', async () => {
    const { level, detail } = await verify(layers('Swirl'), layers('Swirl'))

    assert.equal(level, 'structure')
    assert.match(detail, /^structure checked, by ONNX Runtime too for the ops that it knows; it does not load .*Swirl/)
  })

  it('fails when ONNX Runtime loads the input only', async () => {
    await assert.rejects(verify(layers('Swirl'), layers()), (error) => {
      assert.ok(error instanceof VerificationError)
      assert.equal(error.exitCode, 4)
      return /^"shown\.onnx" was not written: ONNX Runtime takes the input, but not the result: .*Swirl/.test(
        error.message,
      )
    })
  })

  it('fails when what is beside the unknown ops is worse than it was', async () => {
    const worse = layers('Swirl')
    const [first] = worse.main.nodes
    assert.equal(first?.op, 'MatMul')
    worse.setAttr(first, 'no_attribute_of_it', attr.int(1))

    await assert.rejects(verify(worse, layers('Swirl')), /ONNX Runtime takes the input, but not the result/)
  })

  it('fails when what was written cannot be read again', async () => {
    writeFileSync(path('out.onnx'), encodeToBytes(layers()).subarray(0, -9))
    const input = readModel(fileOf(layers(), 'in.onnx'))

    await assert.rejects(verifyOutput(path('out.onnx'), input, 'shown.onnx'), (error) => {
      assert.ok(error instanceof VerificationError)
      return /^"shown\.onnx" was not written: what was made cannot be read again: .*truncated/.test(error.message)
    })
  })

  it('asks ONNX Runtime by a skeleton, in its own words', async () => {
    assert.equal(await loadProblem(layers()), null)
    assert.match((await loadProblem(layers('Swirl'))) ?? '', /Swirl/)
  })
})
