import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { runRecipe } from '../../src/recipe/run.js'
import { withInputFile, withOutputToStdout } from '../../src/recipe/streams.js'
import { passOf } from './models.js'

/** Lets a stream of this process look like a terminal while something runs. */
async function onTerminal(stream: { isTTY?: boolean }, run: () => Promise<unknown>): Promise<void> {
  const own = Object.getOwnPropertyDescriptor(stream, 'isTTY')
  Object.defineProperty(stream, 'isTTY', { value: true, configurable: true })
  try {
    await run()
  } finally {
    if (own) Object.defineProperty(stream, 'isTTY', own)
    else Reflect.deleteProperty(stream, 'isTTY')
  }
}

describe('Models in streams', () => {
  const unused = () => Promise.reject(new Error('It was called.'))

  it('neither come from a terminal nor go to one', async () => {
    await onTerminal(process.stdin, () => assert.rejects(withInputFile('-', undefined, unused), UsageError))
    await onTerminal(process.stdout, () => assert.rejects(withOutputToStdout(true, undefined, unused), UsageError))
  })

  it('go nowhere in a dry run, so that a terminal is no hindrance', async () => {
    await onTerminal(process.stdout, async () => {
      const steps = [makeStep(passOf('prune'))]
      const report = await runRecipe({ input: 'fixtures/generated/gemm.onnx', output: '-', steps, keep: false })

      assert.equal(report.after?.path, null)
    })
  })

  it('are files where a path names one', async () => {
    const seen = await withInputFile('some.onnx', undefined, async (path, shown) => [path, shown])

    assert.deepEqual(seen, ['some.onnx', 'some.onnx'])
  })

  it('need a name for what is made of them', async () => {
    await assert.rejects(runRecipe({ input: '-', steps: [] }), /A model from stdin needs a name for the result/)
  })
})
