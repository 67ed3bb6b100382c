import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { unpacked } from '../../src/analysis/unpacked.js'
import { label } from '../../src/encodings/index.js'
import { packedIn } from '../../src/encodings/packed.js'
import { NothingToDoError } from '../../src/errors.js'
import type { Model } from '../../src/ir/graph.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { applyRecipe, runRecipe } from '../../src/recipe/run.js'
import { samples } from '../encodings/samples.js'
import { packedLayers } from '../passes/packed-models.js'
import { emptyFolder, passOf } from './models.js'

const PRUNED = { sparsity: 0.95 }

/** The weights as they are used. */
async function weightsIn(model: Model): Promise<Map<string, string>> {
  const { model: dense } = await unpacked(model)
  const found = [...dense.main.initializers].map(({ name, constant }): [string, string] => [
    name,
    Buffer.from(constant?.read() ?? []).toString('base64'),
  ])
  return new Map(found.filter(([name]) => name.endsWith('.weight')))
}

describe('A packed model that is pruned', () => {
  const path = emptyFolder()
  const step = (raw: object = PRUNED) => makeStep(passOf('prune'), { ...raw })
  const all = samples([64, 64])

  for (const [i, encoded] of all.entries()) {
    const other = all[(i + 1) % all.length] ?? encoded
    // Where nearly everything is zero already there is nothing to prune.
    if (other.encoding === 'low-rank' || [encoded, other].some(({ encoding }) => encoding === 'repeated')) continue
    it(`is pruned as the dense one, and packed again without loss: ${label(encoded)}, ${label(other)}`, async () => {
      const model = packedLayers([encoded, other])
      writeFileSync(path('packed.onnx'), encodeToBytes(model))
      writeFileSync(path('dense.onnx'), encodeToBytes((await unpacked(model)).model))

      const report = await runRecipe({ input: path('packed.onnx'), steps: [step()], gzip: false })
      await applyRecipe({ input: path('dense.onnx'), steps: [step()] })

      const result = readModel(path('packed.pruned.onnx')).model
      assert.deepEqual(await weightsIn(result), await weightsIn(readModel(path('dense.pruned.onnx')).model))
      assert.deepEqual(
        report.steps.map(({ pass }) => pass),
        ['prune', 'pack'],
      )
      assert.equal(report.steps[1]?.options.lossless, true)
      assert.ok(
        report.headlines.includes(
          'The weights were packed: they were unpacked for prune, and packed again without loss.',
        ),
        report.headlines.join('\n'),
      )
      assert.deepEqual(report.packing?.consumers, [], 'it was loaded when it was packed')
      assert.ok(packedIn(result).length >= 2)
      assert.ok(report.after?.layers.every(({ encoding }) => encoding !== null))
      assert.equal(report.before.layers[0]?.encoding, label(encoded))
    })
  }

  it('makes the same file where nobody reads the report', async () => {
    const [encoded, other] = all.slice(3)
    assert.ok(encoded && other)
    writeFileSync(path('packed.onnx'), encodeToBytes(packedLayers([encoded, other])))

    await runRecipe({ input: path('packed.onnx'), steps: [step()], output: path('read.onnx'), targets: [] })
    await applyRecipe({ input: path('packed.onnx'), steps: [step()], output: path('unread.onnx') })

    assert.deepEqual(
      encodeToBytes(readModel(path('unread.onnx')).model),
      encodeToBytes(readModel(path('read.onnx')).model),
    )
  })

  it('stays as it is where there is nothing to prune', async () => {
    const [encoded, other] = all.slice(3)
    assert.ok(encoded && other)
    writeFileSync(path('packed.onnx'), encodeToBytes(packedLayers([encoded, other])))

    await assert.rejects(
      runRecipe({ input: path('packed.onnx'), steps: [step({ sparsity: 0 })] }),
      (error) => error instanceof NothingToDoError && /nothing to prune/.test(error.message),
    )
  })
})

describe('A recipe of several steps', () => {
  const path = emptyFolder()
  const prune = passOf('prune')
  const pack = passOf('pack')

  it('packs what a step has pruned already, and says that there was nothing to prune', async () => {
    writeFileSync(path('in.onnx'), encodeToBytes(await packedDense()))
    await applyRecipe({ input: path('in.onnx'), steps: [makeStep(prune, PRUNED)], output: path('pruned.onnx') })

    const report = await runRecipe({
      input: path('pruned.onnx'),
      steps: [makeStep(prune, PRUNED), makeStep(pack, { lossless: true })],
      output: path('out.onnx'),
      targets: [],
    })

    const [first, second] = report.steps
    assert.deepEqual([first?.pass, first?.changed], ['prune', []])
    assert.match(first?.skipped[0]?.why ?? '', /^The weights have at least that many zeros already/)
    assert.ok((second?.changed.length ?? 0) > 0)
    assert.ok(report.headlines.some((line) => line.startsWith('The weights have at least that many zeros already')))
    assert.ok(report.after && report.after.bytes < report.before.bytes / 4)
  })

  it('has nothing to do where none of them has', async () => {
    writeFileSync(path('in.onnx'), encodeToBytes(await packedDense()))
    const steps = [makeStep(prune, { sparsity: 0.9 }), makeStep(pack, { lossless: true })]
    await applyRecipe({ input: path('in.onnx'), steps, output: path('once.onnx') })

    await assert.rejects(
      runRecipe({ input: path('once.onnx'), steps, output: path('twice.onnx') }),
      (error) => error instanceof NothingToDoError && /nothing to prune/.test(error.message),
    )
    const report = await runRecipe({
      input: path('once.onnx'),
      steps,
      output: path('twice.onnx'),
      allowUnchanged: true,
    })
    assert.equal(report.after, null)
  })
})

async function packedDense(): Promise<Model> {
  const [, , , encoded] = samples([64, 64])
  assert.ok(encoded)
  return (await unpacked(packedLayers([encoded, encoded]))).model
}
