import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { float32, sketch, uniform } from '../../../../fixtures/sketch.js'
import type { Model } from '../../../../src/ir/graph.js'
import { tensorType } from '../../../../src/ir/type.js'
import type { LearningData } from '../../../../src/passes/pass.js'
import { importances } from '../../../../src/passes/prune-structured/importance/index.js'
import { options } from '../../../../src/passes/prune-structured/index.js'
import { scoresOf } from '../../../../src/passes/prune-structured/scores.js'
import { temporaryFolder } from '../../models.js'
import { learningFrom, samples } from '../../prune/learning.js'
import { chain, subjectOf, valuesOf } from '../selectable.js'

const pathIn = temporaryFolder()

async function scored(model: Model, raw: Record<string, unknown>, data?: LearningData, seed = 0) {
  const subject = await subjectOf(model, { seed, ...(data && { data }) })
  return scoresOf(subject, valuesOf({ reduce: 'sum', normalize: 'none', ...raw }))
}

function near(found: Float64Array, expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(found.length, expected.length)
  for (const [i, score] of found.entries()) {
    assert.ok(Math.abs(score - (expected[i] ?? 0)) <= tolerance * Math.max(1, Math.abs(score)), `${[...found]}`)
  }
}

describe('the table of importances', () => {
  it('holds every file of its folder, and every choice of the option', () => {
    const files = readdirSync('src/passes/prune-structured/importance').map((file) => file.replace(/\.ts$/, ''))
    const names = importances.map(({ name }) => name)

    assert.deepEqual(names.toSorted(), files.filter((file) => file !== 'index' && file !== 'importance').toSorted())
    assert.deepEqual(names, options.importance.choices)
  })
})

describe('bn-scale', () => {
  it('takes the magnitude of the scale, wherever the channel comes from', async () => {
    const s = sketch('normed', 17)
    const x = s.input('x', [1, 1, 2, 2])
    const conv = (name: string) => s.node('Conv', name, [x, s.weight(`${name}.w`, [2, 1, 1, 1])])
    const joined = s.node('Concat', 'concat', [conv('a'), conv('b')], { axis: 1 })
    const scales = s.constant('scale', float32([4], [-3, 1, 0.5, 2]))
    const others = ['shift', 'mean', 'var'].map((name) => s.constant(name, float32([4], [1, 1, 1, 1])))
    const normed = s.node('BatchNormalization', 'bn', [joined, scales, ...others])
    s.output('y', s.node('Conv', 'read', [normed, s.weight('c.w', [1, 4, 1, 1])]), tensorType('float32', [1, 1, 2, 2]))

    const { scores, notes } = await scored(s.model, { importance: 'bn-scale' })

    near(scores, [3, 1, 0.5, 2])
    assert.deepEqual(notes, [])
  })
})

describe('fpgm', () => {
  it('adds up the distances of a filter to those of its layer', async () => {
    // Columns (0, 0), (3, 4), (3, 0): distances 5, 3 and 4.
    const model = chain(
      [
        [0, 3, 3],
        [0, 4, 0],
      ],
      [[1], [1], [1]],
    )

    near((await scored(model, { importance: 'fpgm' })).scores, [8, 9, 7])
  })

  it('computes those of many filters in blocks, as exactly as it has to', async () => {
    const [inputs, filters] = [150, 160] // 160^2 * 150 is more than is computed one by one
    const values = uniform([inputs, filters], 1, 3).map((value) => Math.fround(value + 20)) // far from zero
    const matrix = Array.from({ length: inputs }, (_, i) => values.slice(i * filters, (i + 1) * filters))
    const model = chain(
      matrix,
      Array.from({ length: filters }, () => [1]),
    )

    const { scores } = await scored(model, { importance: 'fpgm' })

    const expected = Array.from({ length: filters }, (_, a) => {
      let sum = 0
      for (let b = 0; b < filters; b++) {
        const squares = matrix.reduce((all, row) => all + ((row[a] ?? 0) - (row[b] ?? 0)) ** 2, 0)
        sum += Math.sqrt(squares)
      }
      return sum
    })
    near(scores, expected, 1e-5)
  })
})

describe('random', () => {
  it('draws the same lots by the same seed, and others by another', async () => {
    const model = () => chain([Array<number>(20).fill(1)], Array<number[]>(20).fill([1]))
    const [one, same, other] = await Promise.all(
      [4, 4, 5].map((seed) => scored(model(), { importance: 'random' }, undefined, seed)),
    )

    assert.deepEqual(one?.scores, same?.scores)
    assert.notDeepEqual(one?.scores, other?.scores)
    assert.equal(new Set(one?.scores).size, 20)
  })
})

/** Two channels that are read, x and 2x - 1 behind a Relu. */
const READ = () =>
  chain(
    [
      [1, 2],
      [0, -1],
    ],
    [
      [3, -1],
      [0.5, 0.5],
    ],
  )
const ROWS = [
  [1, 1],
  [2, 1],
  [-4, 1],
]

describe('activation', () => {
  it('is the mean magnitude of what is read', async () => {
    const { scores, samples: seen } = await scored(
      READ(),
      { importance: 'activation' },
      learningFrom(samples(ROWS), pathIn),
    )

    near(scores, [(1 + 2 + 0) / 3, (1 + 3 + 0) / 3])
    assert.equal(seen, 3)
  })

  it('sees convolutions at all their places, and the channels of groups', async () => {
    const model = grouped()
    const data = learningFrom({ dtype: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(1, -3) }, pathIn)

    // Channels 1x, 2x, 3x, 4x in two groups: a unit is a channel of each of them.
    near((await scored(model, { importance: 'activation' }, data)).scores, [(2 + 6) / 2, (4 + 8) / 2])
  })
})

describe('wanda', () => {
  it('multiplies the weights that read a channel with the root mean square of what they read', async () => {
    const { scores, samples: seen } = await scored(READ(), { importance: 'wanda' }, learningFrom(samples(ROWS), pathIn))

    near(scores, [4 * Math.sqrt(5 / 3), Math.sqrt(10 / 3)])
    assert.equal(seen, 3)
  })

  it('takes the mean over the groups of a convolution', async () => {
    const model = grouped()
    const data = learningFrom({ dtype: 'float32', shape: [1, 1, 1, 2], data: Float32Array.of(1, -3) }, pathIn)

    // Mean squares 5, 20, 45, 80 by channel; the weights that read a local channel are 1 + 3 and 2 + 4.
    near((await scored(model, { importance: 'wanda' }, data)).scores, [
      (1 + 3) * Math.sqrt((5 + 45) / 2),
      (2 + 4) * Math.sqrt((20 + 80) / 2),
    ])
  })

  it('wants data', async () => {
    await assert.rejects(scored(READ(), { importance: 'wanda' }), {
      name: 'UsageError',
      message: '--importance wanda learns from data, but there is none.',
    })
  })

  it('looks at as many samples as told', async () => {
    const data = learningFrom(samples(ROWS), pathIn)

    assert.equal((await scored(READ(), { importance: 'wanda' }, data)).samples, 3)
    const subject = { ...(await subjectOf(READ(), { data: learningFrom(samples(ROWS), pathIn) })), samples: 2 }
    assert.equal((await scoresOf(subject, valuesOf({ importance: 'wanda' }))).samples, 2)
  })
})

/** Channels 1x, 2x, 3x and 4x, read by a convolution of two groups with weights 1, 2 and 3, 4. */
function grouped(): Model {
  const s = sketch('grouped')
  const x = s.input('x', [1, 1, 1, 2])
  const made = s.node('Conv', 'make', [x, s.constant('a', float32([4, 1, 1, 1], [1, 2, 3, 4]))])
  const read = s.node('Conv', 'read', [made, s.constant('b', float32([2, 2, 1, 1], [1, 2, 3, 4]))], { group: 2 })
  s.output('y', read, tensorType('float32', [1, 2, 1, 2]))
  return s.model
}
