import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { outputOf } from '../../../../fixtures/sketch.js'
import { DataError, NothingToDoError, UnsupportedModelError, UsageError } from '../../../../src/errors.js'
import type { Model } from '../../../../src/ir/graph.js'
import { verify } from '../../../../src/ir/verify.js'
import { skeleton } from '../../../../src/onnx/skeleton.js'
import type { LearningData, PassContext } from '../../../../src/passes/pass.js'
import {
  type DepthOptions,
  type DepthResult,
  pruneDepth,
} from '../../../../src/passes/prune-structured/depth/prune-depth.js'
import { assertSameBits, randomArray, runModel } from '../../../support/ort.js'
import { rewritten, temporaryFolder } from '../../models.js'
import { learningFrom } from '../../prune/learning.js'
import { Net, resnet, TRANSFORMER, transformer } from './nets.js'

describe('pruneDepth', () => {
  const pathIn = temporaryFolder()

  function prune(
    model: Model,
    options: Partial<DepthOptions> & { readonly layers: number },
    context: Partial<PassContext> = {},
  ): Promise<DepthResult> {
    const folder = () => mkdtemp(pathIn('made-'))
    return pruneDepth(model, { include: [], exclude: [], ...options }, { seed: 0, folder, ...context })
  }

  const images = (samples: number, more: Partial<LearningData> = {}) =>
    learningFrom(randomArray('float32', [samples, 3, 6, 6], 3), pathIn, more)

  async function assertSameModel(model: Model, expected: Model, shape: readonly number[]): Promise<void> {
    verify(model, 'depth')
    assert.deepEqual(
      [...model.main.nodes].map(({ name }) => name),
      [...expected.main.nodes].map(({ name }) => name),
    )
    const constants = ({ main }: Model) => [...main.initializers].map(({ name }) => name).sort()
    assert.deepEqual(constants(model), constants(expected))
    const x = randomArray('float32', shape, 5)
    assertSameBits(await runModel(skeleton(model), { x }), await runModel(skeleton(expected), { x }))
  }

  it('removes the block that does least: the model is the one that was built without it, bit for bit', async () => {
    for (const least of ['a1', 'a2', 'b1', 'b2']) {
      const model = resnet({ factors: { [`${least}.2.w`]: 1e-3 } })
      const result = await prune(model, { layers: 1 }, { data: images(6) })
      assert.deepEqual(
        result.blocks.filter(({ removed }) => removed).map(({ name }) => name),
        [`${least}.2`],
      )
      const block = result.blocks.find(({ removed }) => removed)
      assert.ok(block?.score && block.score < 1e-4 && block.score > 0, `${block?.score}`)
      assert.equal(result.error, block.score)
      assert.equal(result.samples, 6)
      // The last Relu of a block stays: relu(relu(x)) is relu(x).
      const [node] = [...model.main.nodes].filter(({ name }) => name === `${least}.out`)
      assert.ok(node)
      const [x] = node.inputs
      assert.ok(x)
      model.replaceUses(outputOf(node), x)
      model.removeNode(node)
      await assertSameModel(model, resnet({ without: [least] }), [2, 3, 6, 6])
    }
  })

  it('removes attention or MLP of a transformer', async () => {
    for (const least of TRANSFORMER) {
      const model = transformer([], { [`${least}.out.rows`]: 1e-3, [`${least}.out.b`]: 1e-3 })
      const { blocks } = await prune(
        model,
        { layers: 1 },
        { data: learningFrom(randomArray('float32', [4, 5, 3], 1), pathIn) },
      )
      assert.deepEqual(
        blocks.map(({ removed }) => removed),
        TRANSFORMER.map((name) => name === least),
      )
      await assertSameModel(model, transformer([least]), [3, 5, 3])
    }
  })

  it('removes several, as many as were asked for, and all', async () => {
    const factors = { 'a1.2.w': 1e-3, 'b2.2.w': 1e-2 }
    const two = await prune(resnet({ factors }), { layers: 2 }, { data: images(4) })
    assert.deepEqual(
      two.changed.map(({ target }) => target),
      ['a1.2', 'b2.2'],
    )
    assert.match(two.changed[0]?.what ?? '', /^residual block removed: alone it changes the outputs by 0\.\d+ %$/)
    const model = resnet()
    const all = await prune(model, { layers: 4 }, { data: images(4) })
    assert.ok(all.blocks.every(({ removed }) => removed))
    assert.ok([...model.main.nodes].every(({ name }) => !/^[ab]\d\.[12]$/.test(name)))
    verify(model, 'depth')
  })

  it('says how much the outputs change without all that it removed', async () => {
    const [before, model] = [resnet(), resnet()]
    const data = images(2)
    const { error } = await prune(model, { layers: 2 }, { data })
    const x = randomArray('float32', [2, 3, 6, 6], 3)
    const [y, z] = [await runModel(skeleton(before), { x }), await runModel(skeleton(model), { x })].map(({ y }) =>
      Array.from(y?.data ?? [], Number),
    )
    assert.ok(y && z)
    const sum = (f: (a: number, b: number) => number) => y.reduce((total, a, i) => total + f(a, z[i] ?? 0), 0)
    assert.ok(Math.abs(error / (sum((a, b) => (a - b) ** 2) / sum((a) => a * a)) - 1) < 1e-3, `${error}`)
  })

  it('makes inputs up where there are no data, says so, and chooses the same for the same seed', async () => {
    const once = await prune(transformer(), { layers: 2 })
    const again = await prune(transformer(), { layers: 2 })
    const other = await prune(transformer(), { layers: 2 }, { seed: 1 })
    assert.deepEqual(again, once)
    assert.notDeepEqual(
      other.blocks.map(({ score }) => score),
      once.blocks.map(({ score }) => score),
    )
    assert.match(once.notes.join(), /made up at random/)
    const { notes } = await prune(resnet(), { layers: 1 }, { data: images(2) })
    assert.deepEqual(notes, [])
  })

  it('removes what may go only', async () => {
    const removed = async (options: Partial<DepthOptions>) => {
      const { blocks } = await prune(resnet({ factors: { 'a1.2.w': 1e-3 } }), { layers: 1, ...options })
      return blocks.map(({ name, score, removed }) => (removed ? `${name}!` : score === null ? '-' : name))
    }
    assert.deepEqual(await removed({}), ['a1.2!', 'a2.2', 'b1.2', 'b2.2'])
    assert.deepEqual(await removed({ exclude: ['a*', 'b1.1'] }), ['-', '-', '-', 'b2.2!'])
    assert.deepEqual(await removed({ include: ['b1.1.w'] }), ['-', '-', 'b1.2!', '-'])
    assert.deepEqual(await removed({ include: ['a*'], exclude: ['a1.relu'] }), ['-', 'a2.2!', '-', '-'])
  })

  it('keeps a block in which one stays', async () => {
    const net = new Net()
    const x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
    const inner = net.add('inner.sum', x, net.conv('inner', x, 4))
    net.output(net.conv('head', net.add('outer.sum', net.conv('outer', inner, 4), x), 4, 2))
    await assert.rejects(prune(net.model, { layers: 1, exclude: ['inner'] }), (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.message, '--layers 1: --exclude leaves 0 of 2 residual blocks.')
      return true
    })
  })

  it('keeps inputs and outputs, also where the sum is an output and x an input', async () => {
    const net = new Net()
    const x = net.input([1, 3, 4, 4])
    const sum = net.add('sum', x, net.conv('f', x, 3))
    net.output(sum)
    net.output(net.conv('head', sum, 3, 2), 'z')
    const result = await prune(net.model, { layers: 1 })
    assert.equal(result.blocks[0]?.removed, true)
    const written = await rewritten(net.model, pathIn('both.onnx'))
    const array = randomArray('float32', [1, 3, 4, 4], 1)
    const { y, z } = await runModel(skeleton(written), { x: array })
    assert.deepEqual(y?.data, array.data)
    assert.deepEqual(z?.shape, [1, 2, 4, 4])
  })

  it('keeps weights that the blocks share until the last of them is gone', async () => {
    const draw = () => {
      const net = new Net()
      let x = net.conv('stem', net.input([1, 3, 4, 4]), 3, 4)
      for (const name of ['p', 'q']) x = net.add(`${name}.sum`, x, net.conv(name, x, 4, 4, 'shared.w'))
      return net.output(net.conv('head', x, 4, 2))
    }
    const names = ({ main }: Model) => [...main.initializers].map(({ name }) => name)
    const [one, both] = [draw(), draw()]
    await prune(one, { layers: 1 })
    await prune(both, { layers: 2 })
    assert.deepEqual(names(one), ['stem.w', 'shared.w', 'head.w'])
    assert.deepEqual(names(both), ['stem.w', 'head.w'])
  })

  it('judges by the data: what does nothing on them goes', async () => {
    // One works on what is below zero, and hardly moves it; the other on what is above.
    const draw = () => {
      const net = new Net(17, { 'below.rows': 0.01, 'below.b': 0, 'above.b': 0 })
      const x = net.input([2, 3])
      const turned = net.node('Neg', 'turned', [x])
      const below = net.add('below.sum', x, net.linear('below', net.relu('below.relu', turned), 3, 3))
      const above = net.add('above.sum', below, net.linear('above', net.relu('above.relu', below), 3, 3))
      return net.output(net.linear('head', above, 3, 2))
    }
    const high = learningFrom({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(9, 8, 7, 9, 9, 9) }, pathIn)
    const low = learningFrom({ dtype: 'float32', shape: [2, 3], data: Float32Array.of(-9, -8, -7, -9, -9, -9) }, pathIn)
    const removed = async (data: LearningData) => {
      const { blocks } = await prune(draw(), { layers: 1 }, { data })
      return blocks.filter((block) => block.removed).map(({ name }) => name)
    }
    assert.deepEqual(await removed(high), ['below'])
    assert.deepEqual(await removed(low), ['above'])
  })

  it('measures models of an opset before Where knew all types, and leaves their opset', async () => {
    const model = resnet({ opset: 8, factors: { 'b1.2.w': 1e-3 } })
    const { blocks } = await prune(model, { layers: 1 }, { data: images(4) })
    assert.equal(blocks.find(({ removed }) => removed)?.name, 'b1.2')
    assert.equal(model.opset, 8)
  })

  it('looks at so many samples as it was told', async () => {
    const { samples } = await prune(resnet(), { layers: 1, samples: 3 }, { data: images(10) })
    assert.equal(samples, 3)
  })

  it('changes nothing when it is stopped on the way', async () => {
    const model = resnet()
    const { version } = model
    const stop = new AbortController()
    const context = { signal: stop.signal, onProgress: () => stop.abort(new Error('stopped')) }
    await assert.rejects(prune(model, { layers: 3, samples: 64 }, context), /stopped/)
    assert.equal(model.version, version)
  })

  it('says how far it is', async () => {
    const heard: number[] = []
    await prune(resnet(), { layers: 2 }, { onProgress: (done) => heard.push(done) })
    assert.ok(heard.length > 0 && heard.every((done, i) => done > 0 && done <= 1 && done >= (heard[i - 1] ?? 0)))
  })

  it('names the blocks when more are asked for than there are', async () => {
    await assert.rejects(prune(resnet(), { layers: 5 }), (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.message, '--layers 5: the model has 4 residual blocks.')
      assert.deepEqual(error.suggestions, ['Its blocks: a1.2, a2.2, b1.2, b2.2.'])
      return true
    })
    await assert.rejects(prune(resnet(), { layers: 3, include: ['a*'], exclude: ['a1.2'] }), (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.message, '--layers 3: --include and --exclude leave 1 of 4 residual blocks.')
      assert.match(error.suggestions[0] ?? '', /^Those that may go: a2\.2\.$/)
      return true
    })
  })

  it('has nothing to do without a residual block, and says what comes closest', async () => {
    const net = new Net()
    net.output(net.conv('head', net.conv('stem', net.input([1, 3, 4, 4]), 3, 4), 4, 2))
    await assert.rejects(prune(net.model, { layers: 1 }), (error: unknown) => {
      assert.ok(error instanceof NothingToDoError)
      assert.match(error.message, /has no residual block/)
      return true
    })
    const only = new Net()
    const x = only.input([1, 3, 4, 4])
    only.output(only.add('global', x, only.conv('f', x, 3)))
    await assert.rejects(prune(only.model, { layers: 1 }), (error: unknown) => {
      assert.ok(error instanceof NothingToDoError)
      assert.match(error.suggestions.join(' '), /"global" is no such sum: all products of the model/)
      return true
    })
  })

  it('refuses data that do not fit, and a model that does not run', async () => {
    const wrong = learningFrom(randomArray('float32', [4, 3, 5, 5], 1), pathIn)
    await assert.rejects(prune(resnet(), { layers: 1 }, { data: wrong }), DataError)
    const net = new Net()
    const x = net.input([1, 3, 4, 4])
    const strange = net.sketch.node('Strange', 'strange', [x], {}, { domain: 'custom' })
    net.model.setOpset('custom', 1)
    net.model.declare(strange, { kind: 'tensor', dtype: 'float32', shape: [1, 3, 4, 4] })
    const sum = net.add('sum', strange, net.conv('f', strange, 3))
    net.output(net.conv('head', sum, 3, 2))
    await assert.rejects(prune(net.model, { layers: 1 }), (error: unknown) => {
      assert.ok(error instanceof UnsupportedModelError, `${error}`)
      assert.match(error.message, /Strange/)
      return true
    })
  })
})
