import assert from 'node:assert/strict'
import { int64, sketch } from '../../fixtures/sketch.js'
import { openDimensions, trials } from '../../src/analysis/open-dimensions.js'
import type { Model } from '../../src/ir/graph.js'
import { type Shape, type Type, tensorType } from '../../src/ir/type.js'

function modelOf(inputs: Readonly<Record<string, Shape | null>>): Model {
  const s = sketch('inputs')
  for (const [name, shape] of Object.entries(inputs)) {
    const type: Type | null = shape === null ? null : tensorType('float32', shape)
    s.model.addInput(s.graph, name, type)
  }
  return s.model
}

const kinds = (inputs: Readonly<Record<string, Shape | null>>) =>
  Object.fromEntries(openDimensions(modelOf(inputs)).map(({ name, kind }) => [name, kind]))

function choices(inputs: Readonly<Record<string, Shape>>, given: Readonly<Record<string, number>> = {}) {
  return [...trials(openDimensions(modelOf(inputs)), given)].map((dims) => Object.fromEntries(dims))
}

describe('openDimensions', () => {
  it('knows images by their few channels, first or last', () => {
    assert.deepEqual(kinds({ x: ['N', 3, 'H', 'W'] }), { N: 'batch', H: 'size', W: 'size' })
    assert.deepEqual(kinds({ x: [null, 'H', 'W', 3] }), { 'x.0': 'batch', H: 'size', W: 'size' })
    assert.deepEqual(kinds({ x: ['N', null, 'H', 'W'] }), { N: 'batch', 'x.1': 'channels', H: 'size', W: 'size' })
  })

  it('takes features and sequences for something else', () => {
    assert.deepEqual(kinds({ x: ['N', 256, 'H', 'W'] }), { N: 'batch', H: 'other', W: 'other' })
    assert.deepEqual(kinds({ ids: ['B', 'T'] }), { B: 'batch', T: 'other' })
  })

  it('finds the batch where it is not first', () => {
    assert.deepEqual(kinds({ x: ['T', 'N', 8] }), { T: 'other', N: 'batch' })
    assert.deepEqual(kinds({ state: [2, null, 128] }), { 'state.1': 'batch' })
    assert.deepEqual(kinds({ h: [2, 'rows', 64], x: ['rows', 'T'] }), { rows: 'batch', T: 'other' })
  })

  it('lists each name once, with all places', () => {
    const [rows] = openDimensions(modelOf({ x: ['rows', 3], y: [7, 'rows'] }))

    assert.deepEqual(rows, { name: 'rows', axes: ['x.0', 'y.1'], kind: 'batch' })
  })

  it('passes over fixed shapes, inputs without a shape, and defaults', () => {
    const model = modelOf({ x: [1, 2], y: null })
    model.setDefault(model.addInput(model.main, 'sizes', tensorType('int64', ['K'])), int64([1], [3]))

    assert.deepEqual(openDimensions(model), [])
  })
})

describe('trials', () => {
  it('starts with the likeliest numbers', () => {
    assert.deepEqual(choices({ x: ['N', 3, 'H', 'W'] })[0], { N: 1, H: 224, W: 224 })
    assert.deepEqual(choices({ ids: ['B', 'T'] })[0], { B: 1, T: 16 })
  })

  it('is one choice when nothing is open', () => {
    assert.deepEqual(choices({ x: [1, 2] }), [{}])
  })

  it('gives one number to all dimensions of a kind before it mixes them', () => {
    const all = choices({ x: ['B', 'S', 'T'] })

    assert.deepEqual(
      all.slice(0, 4).map(({ S, T }) => [S, T]),
      [
        [16, 16],
        [512, 512],
        [1, 1],
        [16, 512],
      ],
    )
    assert.equal(all.length, 9)
  })

  it('ends after a few, however many are open', () => {
    const inputs = Object.fromEntries(Array.from({ length: 40 }, (_, i): [string, Shape] => [`x${i}`, [1, `d${i}`]]))

    assert.equal(choices(inputs).length, 16)
  })

  it('keeps what is given', () => {
    for (const { H, N } of choices({ x: ['N', 3, 'H', 'W'] }, { H: 100, 'x.0': 4 })) assert.deepEqual([H, N], [100, 4])
  })
})
