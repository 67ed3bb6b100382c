import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { VerificationError } from '../../src/errors.js'
import type { Model } from '../../src/ir/graph.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { type PublishOptions, publish } from '../../src/recipe/publish.js'
import { emptyFolder, layers } from './models.js'

describe('Publishing a model', () => {
  const path = emptyFolder()
  const names = () => readdirSync(path()).sort()
  const target = () => ({ path: path('out.onnx'), shown: 'out.onnx' })
  const to = (model: Model, options: Partial<PublishOptions> = {}) =>
    publish(model, target(), { input: readModel(path('in.onnx')), keep: true, ...options })

  beforeEach(() => {
    writeFileSync(path('in.onnx'), encodeToBytes(layers()))
    writeFileSync(path('out.onnx'), 'the old model')
  })

  it('lets others work with the verified file before it has its name', async () => {
    let staged = ''
    const verification = await to(layers('Sigmoid'), {
      whileStaged: async (paths) => {
        staged = paths[0]
        assert.deepEqual(names(), [basename(staged), 'in.onnx', 'out.onnx'])
        assert.equal(readFileSync(path('out.onnx'), 'utf8'), 'the old model')
        assert.equal(readModel(staged).model.main.nodes.size, 3)
      },
    })

    assert.equal(verification.level, 'run')
    assert.match(basename(staged), /^\.mcompress-[0-9a-f]{8}\.tmp$/)
    assert.deepEqual(names(), ['in.onnx', 'out.onnx'])
    assert.deepEqual(new Uint8Array(readFileSync(path('out.onnx'))), encodeToBytes(layers('Sigmoid')))
  })

  for (const [why, options, kind] of [
    ['the work on the verified file fails', { whileStaged: () => Promise.reject(new RangeError('no')) }, RangeError],
    ['it was stopped before', { signal: AbortSignal.abort(new SyntaxError('stop')) }, SyntaxError],
  ] as const) {
    it(`leaves everything as it was when ${why}`, async () => {
      await assert.rejects(to(layers(), options), kind)

      assert.deepEqual(names(), ['in.onnx', 'out.onnx'])
      assert.equal(readFileSync(path('out.onnx'), 'utf8'), 'the old model')
    })
  }

  it('leaves everything as it was when the result does not pass its check', async () => {
    await assert.rejects(to(layers('Swirl')), VerificationError)

    assert.deepEqual(names(), ['in.onnx', 'out.onnx'])
    assert.equal(readFileSync(path('out.onnx'), 'utf8'), 'the old model')
  })

  it('throws the result away in a dry run', async () => {
    assert.equal((await to(layers(), { keep: false })).level, 'run')

    assert.deepEqual(names(), ['in.onnx', 'out.onnx'])
    assert.equal(readFileSync(path('out.onnx'), 'utf8'), 'the old model')
  })

  describe('with external data', () => {
    const input = readModel('fixtures/generated/external.onnx')

    it('gives both files their names, or none', async () => {
      let staged: readonly string[] = []
      await to(input.model, {
        input,
        whileStaged: async (paths) => {
          staged = paths
        },
      })
      const [, data = ''] = staged
      assert.match(basename(data), /^out\.[0-9a-f]{8}\.data$/)
      assert.deepEqual(names(), ['in.onnx', basename(data), 'out.onnx'].sort())

      await assert.rejects(
        publish(
          input.model,
          { path: path('two.onnx'), shown: 'two.onnx' },
          {
            input,
            keep: true,
            whileStaged: () => Promise.reject(new RangeError('no')),
          },
        ),
        RangeError,
      )
      assert.deepEqual(names(), ['in.onnx', basename(data), 'out.onnx'].sort())
    })

    it('makes one file where nothing is left to lie outside', async () => {
      await to(layers(), { input })

      assert.deepEqual(names(), ['in.onnx', 'out.onnx'])
    })

    it('keeps the data of the old model when writing the same once more fails', async () => {
      await to(input.model, { input })
      const there = names()

      await assert.rejects(
        to(input.model, { input, whileStaged: () => Promise.reject(new RangeError('no')) }),
        RangeError,
      )

      assert.deepEqual(names(), there)
      assert.ok(existsSync(readModel(path('out.onnx')).external[0]?.path ?? ''))
    })
  })
})
