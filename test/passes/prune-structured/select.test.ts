import assert from 'node:assert/strict'
import fc from 'fast-check'
import { float32, sketch } from '../../../fixtures/sketch.js'
import type { Model } from '../../../src/ir/graph.js'
import { tensorType } from '../../../src/ir/type.js'
import { encodeModel } from '../../../src/onnx/write.js'
import { select } from '../../../src/passes/prune-structured/select.js'
import { trialModel } from '../../../src/passes/prune-structured/trial-model.js'
import { chain, gone, rising, selectableOf, selected, valuesOf } from './selectable.js'

const contextOf = () => ({ seed: 0, folder: () => Promise.reject(new Error('No files are needed.')) })

/** How many units of each group go. */
async function goneByGroup(model: Model, raw: Record<string, unknown>): Promise<number[]> {
  const selectable = await selectableOf(model)
  const { removal } = await select(selectable, valuesOf(raw), contextOf())
  return selectable.dependencies.groups.map(({ units }) => units.filter((unit) => removal[unit] === 1).length)
}

describe('select by ratio', () => {
  it('removes the channels that matter least, so many of each layer', async () => {
    const selection = await selected(rising(3, 4, 6, 2), { ratio: '0.5' })

    assert.deepEqual(gone(selection), [0, 1, 4, 5, 6]) // 4 channels, and 6 behind them
    assert.equal(selection.goal, 'ratio 0.5 of each group')
    assert.deepEqual(selection.notes, [])
  })

  it('takes the first of equals, and never more than asked', async () => {
    const model = chain([[1, 1, 1, 1, 1]], [[1], [1], [1], [1], [1]])

    assert.deepEqual(gone(await selected(model, { ratio: '0.4' })), [0, 1])
    assert.deepEqual(gone(await selected(model, { ratio: '0.4', scope: 'global' })), [0, 1])
  })

  it('compares all channels with one another by --scope global, each by what is usual in its group', async () => {
    // By l1 without normalization: 2, 2, 2, 2 and 20, 20, 20, 60.
    const small = [[1, 1, 1, 1]]
    const large = [
      [10, 10, 10, 30],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]
    const model = chain(small, large, [[10], [10], [10], [30]])
    const options = { importance: 'l1', reduce: 'first', scope: 'global', ratio: '0.5' }

    assert.deepEqual(gone(await selected(model, { ...options, normalize: 'none' })), [0, 1, 2, 4]) // one has to stay
    assert.deepEqual(gone(await selected(model, { ...options, normalize: 'mean' })), [0, 4, 5, 6]) // 1 and 2/3, 2
  })

  it('lets groups of one structure compete by --scope isomorphic, and each kind lose its share', async () => {
    const s = sketch('two kinds')
    const x = s.input('x', [1, 1, 4, 4])
    const conv = (name: string, input: typeof x, filters: readonly number[], channels: number, kernel: number) => {
      const values = filters.flatMap((value) => Array<number>(channels * kernel * kernel).fill(value))
      const w = s.constant(`${name}.w`, float32([filters.length, channels, kernel, kernel], values))
      return s.node('Conv', name, [input, w], { pads: [kernel >> 1, kernel >> 1, kernel >> 1, kernel >> 1] })
    }
    // Made and read by 3x3 filters, the first two; the third is read by 1x1 filters.
    const a = conv('a', x, [1, 1, 1, 1], 1, 3)
    const b = conv('b', a, [9, 9, 9, 9], 4, 3)
    const c = conv('c', b, [5, 6, 7, 8], 4, 3)
    s.output('y', conv('d', c, [1], 4, 1), tensorType('float32', [1, 1, 4, 4]))

    const options = { importance: 'l1', reduce: 'first', normalize: 'none', ratio: '0.25' }

    assert.deepEqual(await goneByGroup(s.model, { ...options, scope: 'layer' }), [1, 1, 1])
    assert.deepEqual(await goneByGroup(s.model, { ...options, scope: 'isomorphic' }), [2, 0, 1])
    assert.deepEqual(await goneByGroup(s.model, { ...options, scope: 'global' }), [3, 0, 0])
  })

  it('keeps so many channels of each layer at least, and so large a share', async () => {
    const model = rising(3, 4, 10, 2)

    assert.deepEqual(await goneByGroup(model, { ratio: '0.9' }), [3, 9])
    assert.deepEqual(await goneByGroup(model, { ratio: '0.9', minChannels: '3' }), [1, 7])
    assert.deepEqual(await goneByGroup(model, { ratio: '0.9', minChannels: '8' }), [0, 2])
    assert.deepEqual(await goneByGroup(model, { ratio: '0.9', maxLayerRatio: '0.3' }), [1, 3])
  })

  it('rounds what stays up to multiples, and says where there is none', async () => {
    const model = rising(3, 6, 20, 16, 2)

    const selection = await selected(model, { ratio: '0.3', roundTo: '8' })

    // 6 - 2 and 20 - 6 -> 16, 16 - 5 -> 16
    assert.deepEqual(gone(selection), [6, 7, 8, 9])
    assert.deepEqual(selection.notes, [
      'No width below its own of these layers is a multiple of 8, so they stay: fc0 (6).',
    ])
    assert.deepEqual(await goneByGroup(model, { ratio: '0.5', roundTo: '8', scope: 'global' }), [0, 4, 8])
  })

  it('prunes what --include names and --exclude does not, by nodes and by weights', async () => {
    const model = rising(3, 4, 4, 4, 2)

    assert.deepEqual(await goneByGroup(model, { include: ['fc1'] }), [0, 2, 0])
    assert.deepEqual(await goneByGroup(model, { include: ['*.w'], exclude: ['fc0', 'fc2.w'] }), [0, 2, 0])
    assert.deepEqual(await goneByGroup(model, { exclude: ['fc3'] }), [2, 2, 2]) // whose channels are the outputs
  })

  it('gives no score where nothing is asked for, beside --layers', async () => {
    const selection = await selected(rising(3, 4, 2), { ratio: '0', layers: '1' })

    assert.deepEqual(gone(selection), [])
  })
})

describe('select by target', () => {
  const WIDE = rising(8, 64, 64, 8)

  it('meets a share of the MACs with the fewest channels', async () => {
    const { dependencies, costs, ...rest } = await selectableOf(WIDE)
    const macs = (removal: Uint8Array) => costs.of(removal).macs ?? 0
    const whole = macs(new Uint8Array(dependencies.unitCount))

    for (const target of [0.9, 0.5, 0.1]) {
      const selection = await select(
        { dependencies, costs, ...rest },
        valuesOf({ targetMacs: target, normalize: 'none' }),
        contextOf(),
      )
      assert.ok(macs(selection.removal) <= target * whole)
      // The last one that went is the one that matters most.
      const last = gone(selection).reduce((a, b) => ((selection.scores[b] ?? 0) >= (selection.scores[a] ?? 0) ? b : a))
      selection.removal[last] = 0
      assert.ok(macs(selection.removal) > target * whole, `${target}`)
    }
  })

  it('meets a share of the parameters of the model as it came', async () => {
    const selectable = await selectableOf(WIDE)
    const { costs, dependencies } = selectable
    const now = costs.of(new Uint8Array(dependencies.unitCount))
    const before = { ...now, parameters: 2 * now.parameters }
    const options = valuesOf({ targetParams: '0.25' })

    const { removal } = await select({ ...selectable, before }, options, contextOf())

    const left = costs.of(removal).parameters / now.parameters
    assert.ok(left <= 0.5 && left > 0.48, `${left}`)
  })

  it('meets a size in bytes as the file will have it', async () => {
    const { dependencies, ...rest } = await selectableOf(WIDE)
    const whole = encodeModel(dependencies.model).length
    const target = Math.round(whole / 2)

    const selection = await select({ dependencies, ...rest }, valuesOf({ targetSize: `${target}` }), contextOf())

    const size = encodeModel(await trialModel(dependencies, selection.removal, undefined)).length
    assert.ok(size <= target && size > target - 2 * 4 * (64 + 64 + 8), `${size} of ${target}`)
    assert.equal(encodeModel(dependencies.model).length, whole) // nothing was cut yet
  })

  it('loses the same share of every kind by --scope isomorphic', async () => {
    const byKind = await goneByGroup(rising(8, 64, 64, 8), { targetParams: '0.5', scope: 'isomorphic' })

    assert.equal(byKind.length, 2)
    assert.ok(byKind.every((count) => count > 0))
  })

  it('says what can be reached, and what stands in the way', async () => {
    await assert.rejects(selected(rising(8, 64, 64, 8), { targetMacs: '0.001' }), (error: Error) => {
      assert.equal(error.name, 'UsageError')
      // 8*1 + 1*1 + 1*8 of 512 + 4096 + 512
      assert.match(error.message, /^--target-macs 0\.001 cannot be reached: without all that may go, 0\.3 % of/)
      const { suggestions } = error as Error & { suggestions: string[] }
      assert.equal(suggestions[0], 'What can be reached: --target-macs 0.004')
      assert.match(suggestions.join('\n'), /What fc2 \(8\) makes stays: it is the output "y" of the model/)
      return true
    })
    await assert.rejects(selected(rising(8, 64, 8), { targetSize: '100' }), /--target-size 100 cannot be reached/)
    await selected(rising(8, 64, 64, 8), { targetMacs: '0.004' })
  })

  it('removes nothing more where the blocks that went have met the target', async () => {
    for (const raw of [{ targetMacs: '1' }, { targetSize: '1MB' }]) {
      assert.deepEqual(gone(await selected(rising(3, 4, 2), { ...raw, layers: '1' })), [])
    }
  })

  it('has nothing to do where a target is met already', async () => {
    for (const raw of [{ targetMacs: '1' }, { targetParams: '1' }, { targetSize: '1MB' }]) {
      await assert.rejects(selected(rising(3, 4, 2), raw), { name: 'NothingToDoError', message: /already/ })
    }
  })
})

describe('select with nothing to remove', () => {
  it('names what keeps the channels', async () => {
    await assert.rejects(selected(chain([[1, 2, 3]]), {}), (error: Error & { suggestions?: string[] }) => {
      assert.equal(error.name, 'NothingToDoError')
      assert.equal(error.message, 'The model has no channels that can be removed.')
      assert.deepEqual(error.suggestions, ['What fc0 (3) makes stays: it is the output "y" of the model.'])
      return true
    })
  })

  it('names the flags that leave nothing', async () => {
    await assert.rejects(selected(rising(3, 4, 2), { exclude: ['fc*'] }), {
      name: 'NothingToDoError',
      message: '--exclude leaves nothing that can be removed.',
    })
  })

  it('says so when shares and limits come to less than a channel', async () => {
    await assert.rejects(selected(rising(3, 4, 2), { ratio: '0.1' }), {
      name: 'NothingToDoError',
      message: 'By ratio 0.1 of each group not a single channel goes: the largest group has 4 that could.',
    })
    await assert.rejects(selected(rising(3, 4, 2), { roundTo: '8' }), { name: 'NothingToDoError' })
  })

  it('refuses a glob that no layer matches, with a name that is like it', async () => {
    await assert.rejects(
      selected(rising(3, 4, 2), { include: ['fd1'] }),
      (error: Error & { suggestions?: string[] }) => {
        assert.equal(error.name, 'UsageError')
        assert.match(error.message, /^--include "fd1" matches no/)
        assert.match(error.suggestions?.[0] ?? '', /^Did you mean "fc[01]"\?$/)
        return true
      },
    )
  })
})

describe('select, whatever the model and the options', () => {
  /** Widths of two to five layers, the first residual with the second where they are equal. */
  const models = fc.record({
    widths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    residual: fc.boolean(),
    concat: fc.boolean(),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  const options = fc.record({
    ratio: fc.integer({ min: 1, max: 99 }).map((n) => n / 100),
    scope: fc.constantFrom('layer', 'global', 'isomorphic'),
    roundTo: fc.constantFrom(1, 2, 4),
    minChannels: fc.integer({ min: 1, max: 3 }),
    maxLayerRatio: fc.constantFrom(1, 0.7, 0.4),
    importance: fc.constantFrom('l1', 'random'),
  })

  it('leaves something on every axis, and removes no more than was asked for', async () => {
    await fc.assert(
      fc.asyncProperty(models, options, async (shape, raw) => {
        const selectable = await selectableOf(tangled(shape))
        const { dependencies } = selectable
        const { removal } = await orNothing(
          () => select(selectable, valuesOf(raw), contextOf()),
          dependencies.unitCount,
        )

        const gone = (units: Int32Array) => units.filter((unit) => unit >= 0 && removal[unit] === 1).length
        for (const units of dependencies.floors) assert.ok(gone(units) < units.length)
        let asked = 0
        for (const { units, producers } of dependencies.groups) {
          asked += Math.round(raw.ratio * units.length)
          if (raw.scope === 'layer') assert.ok(gone(units) <= Math.round(raw.ratio * units.length))
          for (const { units: axis } of producers) {
            const left = axis.length - gone(axis)
            assert.ok(left >= Math.min(raw.minChannels, axis.length))
            assert.ok(gone(axis) <= raw.maxLayerRatio * axis.length + 1e-9)
            assert.ok(gone(axis) === 0 || left % raw.roundTo === 0, `${left} of ${axis.length}`)
          }
        }
        const inAll = dependencies.groups.reduce((sum, { units }) => sum + gone(units), 0)
        if (raw.scope === 'global' && !shape.residual) {
          assert.ok(inAll <= Math.round(raw.ratio * dependencies.unitCount))
        } else if (raw.scope === 'layer') assert.ok(inAll <= asked)
      }),
      { numRuns: 60 },
    )
  })

  it('removes the same and more by a larger ratio', async () => {
    await fc.assert(
      fc.asyncProperty(models, options, fc.integer({ min: 1, max: 99 }), async (shape, raw, percent) => {
        const selectable = await selectableOf(tangled(shape))
        const { unitCount } = selectable.dependencies
        const at = async (ratio: number) =>
          (await orNothing(() => select(selectable, valuesOf({ ...raw, roundTo: 1, ratio }), contextOf()), unitCount))
            .removal

        const [less, more] = [
          await at(Math.min(raw.ratio, percent / 100)),
          await at(Math.max(raw.ratio, percent / 100)),
        ]

        assert.ok(less.every((isGone, unit) => isGone === 0 || more[unit] === 1))
      }),
      { numRuns: 40 },
    )
  })
})

async function orNothing<T>(choose: () => Promise<T>, unitCount: number) {
  try {
    return await choose()
  } catch (error) {
    if ((error as Error).name !== 'NothingToDoError') throw error
    return { removal: new Uint8Array(unitCount) }
  }
}

interface Shape {
  readonly widths: readonly number[]
  readonly residual: boolean
  readonly concat: boolean
  readonly seed: number
}

function tangled({ widths, residual, concat, seed }: Shape): Model {
  const s = sketch('tangled')
  for (let i = 0; i < seed; i++) s.nextSeed()
  let x = s.input('x', [1, 3])
  let width = 3
  for (const [i, next] of widths.entries()) {
    const w = s.weight(`w${i}`, [width, next], width)
    const made = s.node('MatMul', `fc${i}`, [x, w])
    const skip = residual ? s.node('MatMul', `skip${i}`, [x, s.weight(`v${i}`, [width, next], width)]) : null
    x = skip === null ? made : s.node('Add', `add${i}`, [made, skip])
    width = next
    if (concat && i === 0) {
      x = s.node('Concat', 'concat', [x, s.node('Relu', 'relu', [x])], { axis: 1 })
      width = 2 * next
    }
  }
  s.output('y', s.node('MatMul', 'head', [x, s.weight('head.w', [width, 2], width)]), tensorType('float32', [1, 2]))
  return s.model
}
