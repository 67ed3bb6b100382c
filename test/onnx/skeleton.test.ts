import assert from 'node:assert/strict'
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { float32, outputOf, Sketch, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'
import { readModel } from '../../src/onnx/read.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { encodeModel, planExternal, toBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { type Arrays, assertSameBits, randomArray, runModel } from '../support/ort.js'

const SIZE = 64
const FEEDS: Arrays = { x: randomArray('float32', [2, SIZE], 1) }
const weights = (seed: number) =>
  float32([SIZE, SIZE], [...(randomArray('float32', [SIZE, SIZE], seed).data as Float32Array)]) // made of floats

/** Weights of 16 KiB as initializers, in a Constant node, and in both branches of an If. */
function big(): Sketch {
  const s = sketch('big')
  const x = s.input('x', ['N', SIZE])
  const first = s.node('MatMul', 'first', [x, s.constant('w', weights(1))])
  const constant = outputOf(s.nodeOf('Constant', 'constant', [], ['c'], { value: attr.tensor(weights(2)) }))
  const second = s.node('MatMul', 'second', [first, constant])
  const flag = s.constant('flag', new MemoryTensor('bool', [], Uint8Array.of(1)))
  const choice = s.nodeOf('If', 'choice', [flag], ['y'])
  for (const [i, branch] of ['then_branch', 'else_branch'].entries()) {
    s.body(choice, branch, (b) =>
      b.output(`${branch}.out`, b.node('MatMul', branch, [second, b.constant(`${branch}.w`, weights(3 + i))]), null),
    )
  }
  s.output('y', outputOf(choice), tensorType('float32', ['N', SIZE]))
  return s
}

describe('A skeleton', () => {
  const inFolder = temporaryFolder()

  it('holds no weights: they stay in the file, those of Constants and of bodies too', async () => {
    const path = inFolder('big.onnx')
    writeFileSync(path, toBytes(encodeModel(big().model)))
    const { model, source } = readModel(path)

    const { bytes, folder } = skeleton(model)

    assert.ok(source.size > 4 * SIZE * SIZE * 4 && bytes.length < 1500, `${bytes.length} bytes`)
    assert.equal(folder, realpathSync(inFolder()))
    assertSameBits(await runModel({ bytes, folder }, FEEDS), await runModel({ path }, FEEDS))
  })

  it('holds what a pass has changed, beside weights that stay where they are', async () => {
    const path = inFolder('changed.onnx')
    writeFileSync(path, toBytes(encodeModel(big().model)))
    const { model } = readModel(path)
    const w = [...model.main.initializers].find((v) => v.name === 'w')
    assert.ok(w?.constant)
    model.setConstant(
      w,
      w.constant.map((chunk) => {
        chunk.fill(0)
      }),
    )

    const { bytes, folder } = skeleton(model)

    assert.ok(bytes.length > SIZE * SIZE * 4 && bytes.length < 2 * SIZE * SIZE * 4)
    const { y } = await runModel({ bytes, folder }, FEEDS)
    assert.deepEqual(y?.data, new Float32Array(2 * SIZE))
  })

  it('takes weights from files in two folders: what both lie below is its own', async () => {
    mkdirSync(inFolder('a'))
    mkdirSync(inFolder('b'))
    const { model: source } = big()
    const plan = planExternal(source)
    writeFileSync(inFolder('a/one.data'), toBytes(plan))
    writeFileSync(inFolder('a/one.onnx'), toBytes(encodeModel(source, { location: 'one.data', plan })))
    writeFileSync(inFolder('b/two.onnx'), toBytes(encodeModel(source)))
    const one = readModel(inFolder('a/one.onnx')).model
    const two = readModel(inFolder('b/two.onnx')).model
    const expected = await runModel({ path: inFolder('a/one.onnx') }, FEEDS)
    assertSameBits(await runModel(skeleton(one), FEEDS), expected)

    const constants = (m: typeof one) => new Map([...m.main.initializers].map((v) => [v.name, v]))
    const [here, there] = [constants(one).get('w'), constants(two).get('w')]
    assert.ok(here && there?.constant)
    one.setConstant(here, there.constant)
    const mixed = skeleton(one)

    assert.equal(mixed.folder, dirname(realpathSync(inFolder('a'))))
    assert.ok(mixed.bytes.length < 1500, `${mixed.bytes.length} bytes`)
    assertSameBits(await runModel(mixed, FEEDS), expected)
  })

  it('follows a link to another folder, as the caches of model hubs have them', async () => {
    mkdirSync(inFolder('blobs'))
    mkdirSync(inFolder('links'))
    writeFileSync(inFolder('blobs/1'), toBytes(encodeModel(big().model)))
    symlinkSync('../blobs/1', inFolder('links/m.onnx'))

    const { bytes, folder } = skeleton(readModel(inFolder('links/m.onnx')).model)

    assert.ok(bytes.length < 1500, `${bytes.length} bytes`)
    assertSameBits(await runModel({ bytes, folder }, FEEDS), await runModel({ path: inFolder('blobs/1') }, FEEDS))
  })

  it('leaves the weights of functions in the file too', async () => {
    const s = sketch('calls', 17, { d: 1 })
    const f = s.model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map([['', 17]]), extra: {} })
    const inside = new Sketch(s.model, f.graph)
    const x = s.model.addInput(f.graph, 'in', null)
    const w = outputOf(inside.nodeOf('Constant', 'c', [], ['w'], { value: attr.tensor(weights(5)) }))
    s.model.addOutput(f.graph, inside.node('MatMul', 'product', [x, w]), { name: 'product.out' })
    const call = s.nodeOf('f', 'call', [s.input('x', ['N', SIZE])], ['y'], {}, { domain: 'd' })
    s.output('y', outputOf(call), tensorType('float32', ['N', SIZE]))
    const path = inFolder('function.onnx')
    writeFileSync(path, toBytes(encodeModel(s.model)))

    const { bytes, folder } = skeleton(readModel(path).model)

    assert.ok(bytes.length < 1000)
    assertSameBits(await runModel({ bytes, folder }, FEEDS), await runModel({ path }, FEEDS))
  })

  it('of a model in memory holds everything', async () => {
    const { model } = big()
    const { bytes, folder } = skeleton(model)
    assert.equal(folder, process.cwd())
    assertSameBits(
      await runModel({ bytes, folder }, FEEDS),
      await runModel({ bytes: toBytes(encodeModel(model)), folder }, FEEDS),
    )
  })
})
