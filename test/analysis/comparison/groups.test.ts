import assert from 'node:assert/strict'
import { cutOut } from '../../../src/analysis/comparison/cut-out.js'
import { activations, coneOf } from '../../../src/analysis/comparison/dataflow.js'
import { grouped, type Layer, layersOf } from '../../../src/analysis/comparison/groups.js'
import { matchValues } from '../../../src/analysis/comparison/matching.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { verify } from '../../../src/ir/verify.js'
import { readModel } from '../../../src/onnx/read.js'
import { nodeNamed, residual, sketch } from './models.js'

async function layersOfItself(model: Model): Promise<Layer[]> {
  const typed = { model, shapes: await inferShapes(model, { dims: { N: 1 } }) }
  return layersOf(matchValues(typed, typed).matches, typed, typed)
}

const names = (layers: readonly Layer[]) => layers.map(({ match }) => match.a.producer?.name)

describe('layersOf', () => {
  it('knows what each value is computed from, and what it takes', async () => {
    const layers = await layersOfItself(residual())

    const of = (name: string) => layers.find(({ match }) => match.a.producer?.name === name)
    assert.equal(layers.length, 13)
    assert.deepEqual(names(of('block.add')?.fromB ?? []).sort(), ['block.2', 'stem.relu'])
    assert.deepEqual(names(of('stem')?.fromA ?? []), [])
    assert.equal(of('stem')?.bytes, 6 * 64 * 4)
    assert.deepEqual(
      of('fc')?.span.map(({ name }) => name),
      ['fc'],
    )
  })
})

describe('grouped', () => {
  it('keeps everything together within the budget', async () => {
    const layers = await layersOfItself(residual())

    const groups = grouped(layers, 1e9)

    assert.equal(groups.length, 1)
    assert.deepEqual([groups[0]?.givenA, groups[0]?.givenB], [[], []])
    assert.equal(groups[0]?.layers.length, layers.length)
    assert.equal(groups[0]?.done.length, layers.length)
  })

  it('never fetches more than the budget but for a single value, and keeps each value until its last reader', async () => {
    const layers = await layersOfItself(residual())
    for (const budget of [1, 5000, 10_000, 30_000]) {
      const groups = grouped(layers, budget)

      assert.deepEqual(new Set(groups.flatMap((group) => group.layers)), new Set(layers))
      const known = new Set<Layer>()
      for (const { layers: own, givenA, givenB, givenLocal, done, bytes } of groups) {
        assert.ok(bytes <= budget || own.length === 1, `${bytes} of ${budget}`)
        for (const layer of [...givenA, ...givenB]) assert.ok(known.has(layer))
        for (const layer of own) known.add(layer)
        for (const layer of givenLocal) assert.ok(known.has(layer))
        for (const layer of done) assert.ok(known.delete(layer), 'forgotten twice, or before it was known')
      }
      assert.equal(known.size, 0)
    }
  })

  it('makes one group where the orders of two models contradict each other', async () => {
    const [first, second] = (await layersOfItself(residual())) as [Layer, Layer] // it has thirteen
    const circle: Layer[] = [
      { ...first, fromA: [], fromB: [] },
      { ...second, fromA: [], fromB: [] },
    ]
    Object.assign(circle[0] as Layer, { fromA: [circle[1]] })
    Object.assign(circle[1] as Layer, { fromB: [circle[0]] })

    assert.equal(grouped(circle, 1).length, 1)
  })
})

describe('cutOut', () => {
  it('leaves the nodes between given and wanted values, and a valid model', () => {
    const model = residual()
    const value = (name: string) => {
      const [output] = nodeNamed(model, name).outputs
      if (!output) throw new Error(`"${name}" has no output.`)
      return output
    }

    const { model: part, inputs } = cutOut(model, {
      wanted: [value('block.add'), value('stem.relu')],
      given: [value('block.relu')],
      typeOf: () => ({ kind: 'tensor', dtype: 'float32', shape: [1, 6, 8, 8] }),
    })

    verify(part, 'cutOut')
    assert.deepEqual(
      [...part.main.nodes].map(({ name }) => name),
      ['stem', 'stem.relu', 'block.2', 'block.add'],
    )
    assert.deepEqual([...inputs.values()], ['block.relu.out/given'])
    assert.deepEqual(
      part.main.inputs.map(({ name, declared }) => [name, declared?.kind === 'tensor' ? declared.shape : null]),
      [
        ['x', ['N', 3, 8, 8]],
        ['block.relu.out/given', [null, null, null, null]],
      ],
    )
    assert.deepEqual([...part.main.initializers].map(({ name }) => name).sort(), ['block.2.w', 'stem.w'])
    assert.equal([...model.main.nodes].length, 13)
  })
})

describe('activations and coneOf', () => {
  it('take what is decoded from constants for a part of the weights', () => {
    const s = sketch()
    const x = s.input('x', ['N', 2])
    const codes = s.constant('codes', new MemoryTensor('int8', [2, 2], new Uint8Array(4)))
    const decoded = s.node('Cast', 'decode', [codes], { to: attr.int(1) })
    const product = s.node('MatMul', 'mul', [x, decoded])
    s.output('y', s.node('Relu', 'act', [product]), null)

    const found = [...activations(s.model)].map(({ producer }) => producer?.name)
    const { boundary, nodes } = coneOf(product, () => false)

    assert.deepEqual(found, ['mul', 'act'])
    assert.equal(boundary.size, 0)
    assert.deepEqual([...nodes].map(({ name }) => name).sort(), ['decode', 'mul'])
  })

  it('see what the bodies of a node capture', () => {
    const { model } = readModel('fixtures/generated/if.onnx')
    const choice = [...model.main.nodes].find(({ type }) => type === 'If')
    const [output] = choice?.outputs ?? []
    assert.ok(choice && output)

    const { boundary } = coneOf(output, (value) => value.producer !== choice)

    assert.ok(activations(model).has(output))
    assert.ok(boundary.size > choice.inputs.length, 'only its own inputs were seen')
  })
})
