import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare } from '../../src/analysis/compare.js'
import { DataError, UnsupportedModelError, UsageError } from '../../src/errors.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'
import { compareIn, nodeNamed, residual, sketch } from './comparison/models.js'

describe('compare', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'compare-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  describe('of outputs', () => {
    it('gives errors, SQNR, cosine and agreement that can be worked out by hand', async () => {
      const scaled = (factor: number) => {
        const s = sketch()
        const x = s.input('x', ['N', 2])
        const w = s.constant('w', new MemoryTensor('float32', [2], bytesOf(Float32Array.of(1, factor))))
        s.output('y', s.node('Mul', 'mul', [x, w]), tensorType('float32', ['N', 2]))
        return s.model
      }
      const { samples, outputs } = await compareIn(folder, scaled(1), scaled(-1), {
        data: 'random?n=400&range=1,1.0000001',
        layers: false,
      })

      // a = [1, 1], b = [1, -1]
      const [y] = outputs
      assert.equal(samples, 400)
      assert.equal(y?.elements, 800)
      assert.ok(Math.abs((y?.maxError ?? 0) - 2) < 1e-6)
      assert.ok(Math.abs((y?.meanError ?? 0) - 1) < 1e-6)
      assert.ok(Math.abs((y?.sqnrDb ?? 0) - 10 * Math.log10(1 / 2)) < 1e-6)
      assert.ok(Math.abs(y?.cosine ?? 1) < 1e-6)
      assert.equal(y?.agreement?.decisions, 400)
    })

    it('compares those that both have, and names the others', async () => {
      const model = residual()
      const { model: other } = model.clone()
      other.addOutput(other.main, outputOf(other, 'right'), { name: 'extra' })

      const { outputs, skipped } = await compareIn(folder, model, other, { layers: false })

      assert.deepEqual(
        outputs.map(({ name }) => name),
        ['logits'],
      )
      assert.deepEqual(skipped, [{ target: 'extra', why: 'an output of "b" only' }])
    })

    it('runs in a child process, and tells its peak memory', async () => {
      const progress: string[] = []
      const path = 'fixtures/lenet5.onnx'

      const result = await compare(
        { a: { path, name: 'a' }, b: { path, name: 'b' }, data: 'random?n=2', layers: true },
        { onProgress: ({ phase, done }) => progress.push(`${phase} ${done}`) },
      )

      assert.ok(result.peakBytes > 2e7)
      assert.deepEqual([...new Set(progress)], ['outputs 0', 'outputs 1', 'layers 0', 'layers 1'])
    })

    it('stops when told', async () => {
      const controller = new AbortController()
      const path = 'fixtures/lenet5.onnx'
      const running = compare(
        { a: { path, name: 'a' }, b: { path, name: 'b' }, data: 'random?n=100000', layers: true },
        { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) },
      )

      await assert.rejects(running, /enough/)
    })
  })

  describe('refuses', () => {
    const refused = async (work: Promise<unknown>, kind: new (message: string) => Error, message: RegExp) =>
      assert.rejects(work, (error) => {
        assert.ok(error instanceof kind, String(error))
        assert.match(error.message, message)
        return true
      })

    it('inputs that differ, with names, types and shapes', async () => {
      const model = residual()
      const s = sketch()
      const x = s.input('x', ['N', 1, 8, 8])
      s.input('mask', ['N'], 'int64')
      s.output('logits', s.node('Relu', 'relu', [x]), null)

      await refused(
        compareIn(folder, model, s.model),
        UsageError,
        /"a" and "b" cannot be fed the same: "x" is float32\[N,3,8,8\] and float32\[N,1,8,8\]; "mask" \(int64\[N\]\) is only in "b"\./,
      )
    })

    it('outputs without a common name, or of other shapes', async () => {
      const model = residual()
      const make = (name: string) => {
        const s = sketch()
        s.output(name, s.node('Relu', 'relu', [s.input('x', ['N', 3, 8, 8])]), null)
        return s.model
      }

      await refused(compareIn(folder, model, make('other')), UsageError, /no output in common: "logits" and "other"/)
      await refused(
        compareIn(folder, model, make('logits')),
        DataError,
        /No output can be compared: "logits": its shape is \[3,5\] in A and \[3,3,8,8\] in B/,
      )
    })

    it('a model that ONNX Runtime does not load', async () => {
      const s = sketch()
      s.output('logits', s.node('Nonsense', 'n', [s.input('x', ['N', 3, 8, 8])]), null)

      await refused(compareIn(folder, residual(), s.model), UnsupportedModelError, /cannot load "b".*Nonsense/)
    })

    it('data of another shape', async () => {
      await refused(
        compareIn(folder, residual(), residual(), { data: 'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz' }),
        DataError,
        /A sample of field/,
      )
    })
  })
})

function outputOf(model: Model, name: string): Value {
  const [output] = nodeNamed(model, name).outputs
  if (!output) throw new Error(`"${name}" has no output.`)
  return output
}
