import assert from 'node:assert/strict'
import type { Port } from '../../src/data/dataset.js'
import { openDataset } from '../../src/data/open.js'
import { madeUp } from '../../src/data/random.js'
import { Rng } from '../../src/data/rng.js'
import { UsageError } from '../../src/errors.js'
import { contextOf, port, valuesOf } from '../support/data-files.js'

const IMAGE = port('image', 'float32', ['N', 3, 'H', 4])

describe('data/random', () => {
  const values = async (spec: string, input: Port, field = input.name) => {
    const dataset = await openDataset(spec, contextOf([input], { H: 8 }))
    return (await valuesOf(dataset, field, { size: 16 })).map(Number)
  }

  it('makes a field for every input, in its dtype and shape', async () => {
    const inputs = [IMAGE, port('ids', 'int64', [1, 5]), port('half', 'float16', [null, 2]), port('rate', 'int64', [])]
    const dataset = await openDataset('random?n=3', contextOf(inputs, { H: 8 }))

    assert.equal(dataset.length, 3)
    assert.deepEqual(dataset.fields, {
      image: { dtype: 'float32', shape: [3, 8, 4] },
      ids: { dtype: 'int64', shape: [5] },
      half: { dtype: 'float16', shape: [2] },
      rate: { dtype: 'int64', shape: [] },
    })
  })

  it('makes 64 samples by default', async () => {
    assert.equal((await openDataset('random', contextOf([port('x', 'float32', ['N'])]))).length, 64)
  })

  it('makes the same values for the same seed, whatever the batch and the order', async () => {
    const dataset = await openDataset('random?n=9&seed=5', contextOf([port('x', 'float32', ['N', 2])]))
    const again = await openDataset('random?n=9&seed=5', { ...contextOf([port('x', 'float32', ['N', 2])]), seed: 77 })
    const inOrder = await valuesOf(dataset, 'x', { size: 1 })

    assert.deepEqual(await valuesOf(again, 'x', { size: 4 }), inOrder)
    assert.deepEqual(await valuesOf(dataset, 'x', { order: Uint32Array.of(8, 3) }), [
      ...inOrder.slice(16, 18),
      ...inOrder.slice(6, 8),
    ])
    assert.equal(new Set(inOrder).size, 18, 'no sample repeats another one')
  })

  it('makes other values for another seed, from --seed or the option', async () => {
    const input = port('x', 'float32', ['N', 2])
    const one = await valuesOf(await openDataset('random?n=2', { ...contextOf([input]), seed: 1 }), 'x')
    const two = await valuesOf(await openDataset('random?n=2', { ...contextOf([input]), seed: 2 }), 'x')
    const asked = await valuesOf(await openDataset('random?n=2&seed=1', { ...contextOf([input]), seed: 2 }), 'x')

    assert.notDeepEqual(one, two)
    assert.deepEqual(asked, one)
  })

  it('draws floating-point values from the distribution that is asked for', async () => {
    const normal = await values('random?n=100', IMAGE)
    const shifted = await values('random?n=100&normal=5,0.5', IMAGE)
    const uniform = await values('random?n=100&range=-2,3', IMAGE)

    const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length
    assert.ok(Math.abs(mean(normal)) < 0.05, `${mean(normal)}`)
    assert.ok(Math.abs(mean(shifted) - 5) < 0.03, `${mean(shifted)}`)
    assert.ok(Math.abs(mean(uniform) - 0.5) < 0.08, `${mean(uniform)}`)
    assert.ok(uniform.every((v) => v >= -2 && v < 3))
  })

  it('keeps integers small enough to be an index, unless they are bytes or more is asked for', async () => {
    const distinct = async (spec: string, dtype: Port['dtype']) => {
      const found = new Set(await values(spec, port('x', dtype, ['N', 500])))
      return [Math.min(...found), Math.max(...found), found.size]
    }

    assert.deepEqual(await distinct('random', 'int64'), [0, 1, 2])
    assert.deepEqual(await distinct('random', 'bool'), [0, 1, 2])
    assert.deepEqual(await distinct('random?max=9', 'int32'), [0, 9, 10])
    assert.deepEqual(await distinct('random?max=9', 'bool'), [0, 1, 2])
    assert.deepEqual(await distinct('random', 'uint8'), [0, 255, 256])
    assert.deepEqual(await distinct('random', 'int8'), [-128, 127, 256])
  })

  it('gives a scalar input one value for all samples', async () => {
    const rates = await values('random?n=20', port('rate', 'float32', []))

    assert.equal(rates.length, 20)
    assert.equal(new Set(rates).size, 1)
  })

  const refused: [what: string, spec: string, inputs: Port[], message: RegExp][] = [
    ['an open dimension', 'random', [port('x', 'float32', ['N', 'T'])], /leaves its axis 1 open \("T"\)/],
    ['an unknown rank', 'random', [port('x', 'float32', null)], /does not say the shape of input "x"/],
    ['a string input', 'random', [port('x', 'string', ['N'])], /takes string/],
    ['a model without inputs', 'random', [], /there are none/],
    ['no samples', 'random?n=0', [IMAGE], /is below 1/],
    [
      'two distributions',
      'random?range=0,1&normal=0,1',
      [port('x', 'float32', ['N'])],
      /asks for range and for normal/,
    ],
    ['one number for two', 'random?range=1', [port('x', 'float32', ['N'])], /is not two numbers/],
    ['a range that goes down', 'random?range=1,0', [port('x', 'float32', ['N'])], /does not go upwards/],
    ['a negative deviation', 'random?normal=0,-1', [port('x', 'float32', ['N'])], /negative standard deviation/],
  ]
  for (const [what, spec, inputs, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(openDataset(spec, contextOf(inputs)), { name: 'UsageError', message })
    })
  }

  it('says how to settle an open dimension, by its name or its place', async () => {
    const named = openDataset('random', contextOf([port('x', 'float32', ['N', 'T'])]))
    const unnamed = openDataset('random', contextOf([port('x', 'float32', ['N', null])]))

    await assert.rejects(named, { suggestions: ['Say its size: --dim T=64'] })
    await assert.rejects(unnamed, { suggestions: ['Say its size: --dim x.1=64'] })
    const settled = await openDataset('random', contextOf([port('x', 'float32', ['N', null])], { 'x.1': 7 }))
    assert.deepEqual(settled.fields.x?.shape, [7])
  })
})

describe('madeUp', () => {
  it('is an array of that dtype and shape, the same for the same stream', () => {
    const array = madeUp('float16', [2, 3], new Rng(1))

    assert.deepEqual([array.dtype, array.shape, array.data.length], ['float16', [2, 3], 6])
    assert.ok(array.data instanceof Uint16Array)
    assert.deepEqual(madeUp('float16', [2, 3], new Rng(1)), array)
    assert.notDeepEqual(madeUp('float16', [2, 3], new Rng(2)), array)
  })

  it('makes integers that are safe as index and as mask, and bytes of their whole range', () => {
    const values = (dtype: 'int64' | 'bool' | 'uint8' | 'int8') =>
      [...(madeUp(dtype, [500], new Rng(1)).data as Iterable<number | bigint>)].map(Number) // no strings
    assert.deepEqual([...new Set(values('int64'))].sort(), [0, 1])
    assert.deepEqual([...new Set(values('bool'))].sort(), [0, 1])
    assert.ok(Math.max(...values('uint8')) > 200)
    assert.ok(Math.min(...values('int8')) < -100 && Math.max(...values('int8')) > 100)
  })

  it('refuses sizes beyond all measure, before it takes the memory', () => {
    assert.throws(
      () => madeUp('float32', [100_000_000, 1, 28, 28], new Rng(1)),
      (error: unknown) =>
        error instanceof UsageError &&
        error.message === 'An input of shape [100000000,1,28,28] is too large to be made up.' &&
        /--batch-size/.test(error.suggestions.join()),
    )
  })

  it('makes floating point of mean 0 and deviation 1; a scalar has one value', () => {
    const { data } = madeUp('float64', [4000], new Rng(3))
    const values = [...(data as Float64Array)] // what the dtype says
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length
    assert.ok(Math.abs(mean) < 0.1)
    assert.ok(Math.abs(values.reduce((sum, v) => sum + v * v, 0) / values.length - 1) < 0.1)
    assert.equal(madeUp('float32', [], new Rng(3)).data.length, 1)
  })
})
