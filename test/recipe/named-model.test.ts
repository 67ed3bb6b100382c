import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { InvalidModelError, IoError, UserError } from '../../src/errors.js'
import { readNamedModel } from '../../src/recipe/named-model.js'
import { emptyFolder } from './models.js'

describe('A model that the user names', () => {
  const path = emptyFolder()
  const refused = (name: string): UserError => {
    try {
      readNamedModel(path(name))
    } catch (error) {
      assert.ok(error instanceof UserError)
      return error
    }
    throw new Error('It was read.')
  }

  it('is read', () => {
    copyFileSync('fixtures/generated/gemm.onnx', path('gemm.onnx'))

    assert.equal(readNamedModel(path('gemm.onnx')).model.main.nodes.size, 4)
  })

  it('is looked for among its neighbours when it is missing', () => {
    for (const name of ['lenet5.onnx', 'resnet50.ONNX', 'notes.txt']) writeFileSync(path(name), '')

    assert.deepEqual(refused('lenet55.onnx').suggestions, [`Did you mean "${path('lenet5.onnx')}"?`])
    const [others] = refused('x/../vgg.onnx').suggestions
    assert.equal(others, `Check the path. The models there are: ${path('lenet5.onnx')}, ${path('resnet50.ONNX')}.`)
    assert.deepEqual(refused('no/m.onnx').suggestions, [`There is no folder "${path('no')}".`])
    assert.match(refused('*.onnx').suggestions[0] ?? '', /^No file matches/)
  })

  it('is one of those in the folder that was named', () => {
    mkdirSync(path('models'))
    assert.deepEqual(refused('models').suggestions, ['There is no .onnx file in it.'])
    for (let i = 10; i < 22; i++) writeFileSync(path(`models/m${i}.onnx`), '')

    const [models = ''] = refused('models').suggestions

    assert.ok(models.startsWith(`The models in it are: ${path('models/m10.onnx')}, `))
    assert.ok(models.endsWith(`${path('models/m19.onnx')}, and 2 more.`), models)
  })

  it('keeps other errors as they are', () => {
    writeFileSync(path('text.onnx'), 'text')
    copyFileSync('fixtures/generated/external.onnx', path('external.onnx'))

    assert.ok(refused('text.onnx') instanceof InvalidModelError)
    const missing = refused('external.onnx')
    assert.ok(missing instanceof IoError)
    assert.match(missing.suggestions[0] ?? '', /^Copy the data file/)
  })
})
