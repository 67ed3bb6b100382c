import assert from 'node:assert/strict'
import { type BindOptions, bind } from '../../src/data/bind.js'
import type { ArrayData, Dataset, NdArray, Port } from '../../src/data/dataset.js'
import { samplesDataset } from '../../src/data/samples.js'
import type { DType } from '../../src/ir/type.js'
import { batchesOf, port } from '../support/data-files.js'

const array = (dtype: DType, shape: number[], data: ArrayData): NdArray => ({ dtype, shape, data })
const value = (dtype: DType, data: ArrayData) => array(dtype, [], data)

/** Two samples of the same fields. */
const data = (sample: Record<string, unknown>, second = sample) => samplesDataset('d', () => [sample, second])

const X = port('x', 'float32', ['N', 4])
const PIXELS = array('uint8', [2, 2], Uint8Array.of(1, 2, 3, 4))

async function feeds(dataset: Dataset, inputs: readonly Port[], options?: BindOptions) {
  const [batch] = await batchesOf(dataset)
  assert.ok(batch)
  return bind(dataset, inputs, options).feeds(batch)
}

describe('data/bind', () => {
  describe('which field goes where', () => {
    const inputsOf = async (sample: Record<string, unknown>, inputs: Port[], options?: BindOptions) => {
      const binding = bind(await data(sample), inputs, options)
      return { ...binding.inputs, LABEL: binding.label }
    }
    const [a, b] = [port('a', 'float64', ['N']), port('b', 'float64', ['N'])]

    it('gives an input the field of its name', async () => {
      assert.deepEqual(await inputsOf({ b: 1, a: 2, more: 3 }, [a, b]), { a: 'a', b: 'b', LABEL: null })
    })

    it('pairs up one field and one input that are left', async () => {
      assert.deepEqual(await inputsOf({ a: 1, other: 2 }, [a, b]), { a: 'a', b: 'other', LABEL: null })
      assert.deepEqual(await inputsOf({ data: 1, label: 2 }, [a]), { a: 'data', LABEL: 'label' })
    })

    it('does not count text that an input for numbers cannot take', async () => {
      assert.deepEqual(await inputsOf({ data: 1, remark: 'text' }, [a]), { a: 'data', LABEL: null })
    })

    for (const name of ['label', 'labels', 'y']) {
      it(`takes ${name} for the labels`, async () => {
        assert.deepEqual(await inputsOf({ data: 1, [name]: 2 }, [a]), { a: 'data', LABEL: name })
      })
    }

    it('gives an input called y its field, which is then no label', async () => {
      assert.deepEqual(await inputsOf({ a: 1, y: 2 }, [a, port('y', 'float64', ['N'])]), {
        a: 'a',
        y: 'y',
        LABEL: null,
      })
    })

    it('does what --bind and --label say first', async () => {
      const options = { binds: { a: 'two' }, label: 'one' }

      assert.deepEqual(await inputsOf({ a: 0, one: 1, two: 2 }, [a], options), { a: 'two', LABEL: 'one' })
      assert.deepEqual(await inputsOf({ x: 1, target: 2 }, [a], { label: 'target' }), { a: 'x', LABEL: 'target' })
      assert.deepEqual(await inputsOf({ a: 1 }, [a], { label: 'a' }), { a: 'a', LABEL: 'a' }, 'an autoencoder')
    })

    const refused: [
      what: string,
      sample: Record<string, unknown>,
      options: BindOptions,
      name: string,
      message: RegExp,
    ][] = [
      [
        'two fields for one input',
        { p: 1, q: 2 },
        {},
        'DataError',
        /gives nothing to input "a" \(float64\[N\]\); fields that are left: p, q/,
      ],
      ['no field for an input', { label: 1 }, {}, 'DataError', /gives nothing to input "a" .*; no field is left/],
      [
        'an input that does not exist',
        { p: 1 },
        { binds: { A1: 'p' } },
        'UsageError',
        /--bind A1=p: the model has no input "A1"/,
      ],
      [
        'a field that does not exist',
        { p: 1 },
        { binds: { a: 'q' } },
        'UsageError',
        /--bind a=q: the data "d" has no field "q"/,
      ],
      [
        'a label that does not exist',
        { p: 1 },
        { label: 'z' },
        'UsageError',
        /--label z: the data "d" has no field "z"/,
      ],
      [
        'no labels where they are needed',
        { p: 1 },
        { labelsNeeded: true },
        'DataError',
        /There are no labels in "d"; its fields are p/,
      ],
      ['labels that are text', { p: 1, y: 'cat' }, {}, 'DataError', /The labels "y" of "d" are text/],
      ['text for numbers', { a: 'cat' }, {}, 'DataError', /Field "a" is string, input "a" takes float64/],
    ]
    for (const [what, sample, options, name, message] of refused) {
      it(`refuses ${what}`, async () => {
        const dataset = await data(sample)

        assert.throws(() => bind(dataset, [a], options), { name, message })
      })
    }

    it('says how to name a field, and which one it took for the labels', async () => {
      const dataset = await data({ p: 1, q: 2, y: 3 })

      assert.throws(() => bind(dataset, [a]), {
        suggestions: [
          'Say which field it is: --bind a=p',
          'Field "y" is taken for the labels; --label FIELD names another.',
        ],
      })
    })
  })

  describe('feeds', () => {
    it('have the dtype and shape of the input, and nothing else', async () => {
      const dataset = await data({ data: PIXELS, label: 1 })

      assert.deepEqual(await feeds(dataset, [X]), {
        x: { dtype: 'float32', shape: [2, 4], data: Float32Array.of(1, 2, 3, 4, 1, 2, 3, 4) },
      })
    })

    it('are converted to half precision and to exact 64-bit integers', async () => {
      const half = await feeds(await data({ x: PIXELS }), [port('x', 'float16', ['N', 1, 2, 2])])
      const ids = await feeds(await data({ x: [3, -1] }), [port('x', 'int64', ['N', 'T'])])
      const large = 2n ** 62n + 1n
      const exact = await feeds(await data({ x: value('int64', BigInt64Array.of(large)) }), [port('x', 'int64', ['N'])])

      assert.deepEqual(half.x?.shape, [2, 1, 2, 2])
      assert.deepEqual(half.x?.data.slice(0, 3), Uint16Array.of(0x3c00, 0x4000, 0x4200))
      assert.deepEqual(ids.x?.data, BigInt64Array.of(3n, -1n, 3n, -1n))
      assert.deepEqual(exact.x?.data, BigInt64Array.of(large, large))
    })

    it('keep their dtype and shape where the model does not say any', async () => {
      const { x } = await feeds(await data({ x: PIXELS }), [port('x', null, null)])

      assert.deepEqual([x?.dtype, x?.shape], ['uint8', [2, 2, 2]])
    })

    it('are strings for an input of strings', async () => {
      const { x } = await feeds(await data({ x: 'a' }, { x: 'b' }), [port('x', 'string', ['N', 1])])

      assert.deepEqual(x, { dtype: 'string', shape: [2, 1], data: ['a', 'b'] })
    })

    it('take open dimensions from --dim', async () => {
      const inputs = [port('x', 'float32', ['N', 'C', 'H', 'W'])]
      const dataset = await data({ x: PIXELS })

      assert.throws(
        () => bind(dataset, inputs),
        /A sample of field "x" is uint8\[2,2\]; input "x" takes float32\[N,C,H,W\]/,
      )
      assert.deepEqual((await feeds(dataset, inputs, { dims: { C: 1, H: 2 } })).x?.shape, [2, 1, 2, 2])
    })

    it('of a scalar input are one value that the samples share', async () => {
      const rate = port('rate', 'int64', [])
      const same = await data({ rate: 16 })
      const different = await data({ rate: 16 }, { rate: 8 })

      assert.deepEqual(await feeds(same, [rate]), { rate: { dtype: 'int64', shape: [], data: BigInt64Array.of(16n) } })
      await assert.rejects(feeds(different, [rate]), {
        name: 'DataError',
        message: 'Input "rate" is a single value for the whole batch, but field "rate" has 16 and 8.',
      })
    })

    it('keep their shape where no rank is known: ONNX Runtime shows such an input like a scalar', async () => {
      assert.deepEqual((await feeds(await data({ x: PIXELS }), [port('x', 'uint8', [])])).x?.shape, [2, 2, 2])
    })

    it('refuse another number of values, with both shapes and what to do', async () => {
      const dataset = await data({ x: PIXELS })

      assert.throws(() => bind(dataset, [port('x', 'float32', ['N', 1, 28, 28])]), {
        name: 'DataError',
        message:
          'A sample of field "x" is uint8[2,2] (4 values, not 784); ' +
          'input "x" takes float32[N,1,28,28], the first axis being the batch.',
        suggestions: [
          'Bring the data to the shape of the input (images: size=HEIGHTxWIDTH, channels=rgb or gray).',
          'Or choose another field: --bind x=FIELD',
        ],
      })
    })

    it('refuse another layout, which has as many values', async () => {
      const dataset = await data({ x: array('uint8', [2, 2, 3], new Uint8Array(12)) })

      assert.throws(
        () => bind(dataset, [port('x', 'float32', ['N', 3, 2, 2])]),
        (error: Error & { suggestions?: string[] }) => {
          assert.match(error.suggestions?.[0] ?? '', /axes are in another order .* layout=NCHW/)
          return true
        },
      )
    })

    it('refuse a value that the dtype cannot hold, naming the field', async () => {
      const dataset = await data({ x: [0.5, 1, 1, 1] })

      await assert.rejects(feeds(dataset, [port('x', 'int32', ['N', 4])]), {
        name: 'DataError',
        message: 'Field "x" has the value 0.5: no whole number for int32.',
      })
    })

    it('are checked batch by batch where samples differ in shape', async () => {
      const samples = [{ ids: [1, 2] }, { ids: [3] }]
      const inner = await samplesDataset('d', () => samples)
      const dataset: Dataset = { ...inner, fields: { ids: { dtype: 'float64', shape: [null] } } }
      const binding = bind(dataset, [port('ids', 'int64', ['N', 2])])
      const [first, second] = await batchesOf(dataset, { size: 1 })

      assert.deepEqual(first && binding.feeds(first).ids?.shape, [1, 2])
      assert.throws(
        () => second && binding.feeds(second),
        /A sample of field "ids" is float64\[1\] \(1 values, not 2\)/,
      )
    })
  })

  it('gives labels as numbers, whatever their dtype', async () => {
    const dataset = await data({ data: PIXELS, label: value('int64', BigInt64Array.of(7n)) })
    const unlabelled = await data({ data: PIXELS })
    const [batch] = await batchesOf(dataset)
    assert.ok(batch)

    assert.deepEqual(bind(dataset, [X]).labels(batch), { dtype: 'float64', shape: [2], data: Float64Array.of(7, 7) })
    assert.equal(bind(unlabelled, [X]).labels(batch), null)
  })

  it('tells the only batch size that the inputs take', async () => {
    const dataset = await data({ a: 1, b: 2 })
    const sizeOf = (first: number | string, second: number | string | null, dims = {}) =>
      bind(dataset, [port('a', 'float64', [first]), port('b', 'float64', [second])], { dims }).batchSize

    assert.equal(sizeOf('N', null), null)
    assert.equal(sizeOf('N', 4), 4)
    assert.equal(sizeOf('N', null, { N: 8 }), 8)
    assert.throws(() => sizeOf(2, 4), { name: 'DataError', message: /no common batch axis: a\[2\], b\[4\]/ })
  })
})
