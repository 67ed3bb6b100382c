import assert from 'node:assert/strict'
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { IoError, UsageError } from '../../src/errors.js'
import { resolveTarget } from '../../src/recipe/target.js'
import { emptyFolder } from './models.js'

describe('The place of a result', () => {
  const path = emptyFolder()
  const resolve = (name: string, inPlace = false) => resolveTarget(path(name), path('in.onnx'), inPlace)

  beforeEach(() => {
    writeFileSync(path('in.onnx'), 'input')
    writeFileSync(path('old.onnx'), 'old')
    mkdirSync(path('deep/folder'), { recursive: true })
  })

  it('is a file that there is, or is not yet', async () => {
    assert.deepEqual(await resolve('new.onnx'), { path: path('new.onnx'), shown: path('new.onnx') })
    assert.deepEqual(await resolve('old.onnx'), { path: path('old.onnx'), shown: path('old.onnx') })
  })

  it('is what a link points to', async () => {
    symlinkSync('../old.onnx', path('deep/link.onnx'))
    symlinkSync('deep/folder', path('linked'))

    assert.equal((await resolve('deep/link.onnx')).path, path('old.onnx'))
    assert.equal((await resolve('linked/new.onnx')).path, path('deep/folder/new.onnx'))
    // The system goes up from where the link leads to.
    assert.equal(
      (await resolveTarget(`${path('linked')}/../new.onnx`, path('in.onnx'), false)).path,
      path('deep/new.onnx'),
    )
  })

  it('is a link itself when that leads nowhere', async () => {
    symlinkSync('gone.onnx', path('dangling.onnx'))

    assert.equal((await resolve('dangling.onnx')).path, path('dangling.onnx'))
  })

  it('is the input only in place, whatever it is called', async () => {
    linkSync(path('in.onnx'), path('hard.onnx'))
    symlinkSync('in.onnx', path('soft.onnx'))

    for (const name of ['in.onnx', 'hard.onnx', 'soft.onnx', 'deep/../in.onnx']) {
      await assert.rejects(resolve(name), UsageError)
    }
    assert.equal((await resolve('soft.onnx', true)).path, path('in.onnx'))
  })

  it('is no folder, no device, and not in a folder that is missing', async () => {
    await assert.rejects(resolve('deep'), /it is a folder/)
    await assert.rejects(resolveTarget('/dev/null', path('in.onnx'), false), /it is no regular file/)
    for (const name of ['no/new.onnx', 'old.onnx/new.onnx']) await assert.rejects(resolve(name), IoError)
  })
})
