import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { IoError } from '../../src/errors.js'
import { Temporary } from '../../src/recipe/temporary.js'
import { emptyFolder } from './models.js'

const MODULE = pathToFileURL('dist/src/recipe/temporary.js').href

describe('Temporary files', () => {
  const path = emptyFolder()

  it('go when the work is done, folders with all that is in them', async () => {
    const temporary = new Temporary()
    writeFileSync(temporary.add(path('file')), '')
    const folder = await temporary.folder()
    mkdirSync(`${folder}/inner`)
    temporary.add(path('never made'))

    await temporary.clear()

    assert.equal(existsSync(path('file')), false)
    assert.equal(existsSync(folder), false)
  })

  it('need a folder that there is, and say so', async () => {
    const before = process.env.TMPDIR
    process.env.TMPDIR = path('nowhere')
    try {
      await assert.rejects(new Temporary().folder(), (error: unknown) => {
        assert.ok(error instanceof IoError)
        assert.match(error.message, /^Cannot make a temporary folder in ".*nowhere": no such file or folder\.$/)
        return true
      })
    } finally {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
    }
  })

  it('stay when they have become a result', async () => {
    const temporary = new Temporary()
    writeFileSync(temporary.add(path('result')), '')
    temporary.release(path('result'))

    await temporary.clear()

    assert.equal(existsSync(path('result')), true)
  })

  it('go with the process', () => {
    const script = `
      import { writeFileSync } from 'node:fs'
      import { Temporary } from ${JSON.stringify(MODULE)}
      const temporary = new Temporary()
      for (const name of ['a', 'b', 'c']) writeFileSync(temporary.add(name), '')
      temporary.release('b')
      process.exit(3)`

    const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: path() })

    assert.equal(status, 3)
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => existsSync(path(name))),
      [false, true, false],
    )
  })

  it('leave no listener on the process behind', async () => {
    const before = process.listenerCount('exit')
    const [one, two] = [new Temporary(), new Temporary()]
    one.add(path('one'))
    two.add(path('two'))
    assert.equal(process.listenerCount('exit'), before + 1)

    await one.clear()
    await two.clear()

    assert.equal(process.listenerCount('exit'), before)
  })
})
