import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { openDataset } from '../../src/data/open.js'
import { batchesOf, contextOf, port, temporaryFolder, valuesOf } from '../support/data-files.js'

const X = 'length: null, fields: { x: { dtype: "int8", shape: [] } }'

describe('data/module', () => {
  const path = temporaryFolder()
  let modules = 0 // a module is loaded once: every test needs a file of its own
  const open = async (code: string, options = '', context = contextOf()) => {
    const file = path(`d${modules++}.mjs`)
    await writeFile(file, code)
    return openDataset(`${file}${options}`, context)
  }

  it('takes a list of samples: it has a length, and any order', async () => {
    const dataset = await open(
      'export default [{ x: [1, 2], label: 0 }, { x: [3, 4], label: 1 }, { x: [5, 6], label: 0 }]',
    )

    assert.equal(dataset.length, 3)
    assert.deepEqual(dataset.fields, { x: { dtype: 'float64', shape: [2] }, label: { dtype: 'float64', shape: [] } })
    assert.deepEqual(await valuesOf(dataset, 'x', { order: Uint32Array.of(2, 0) }), [5, 6, 1, 2])
  })

  it('takes a generator function: a stream that can be gone through as often as wanted', async () => {
    const dataset = await open(`export default async function* (context, options) {
      for (let i = 0; i < 5; i++) yield { x: Float32Array.of(i), id: BigInt(i) }
    }`)

    assert.equal(dataset.length, null)
    assert.deepEqual(dataset.fields, { x: { dtype: 'float32', shape: [1] }, id: { dtype: 'int64', shape: [] } })
    assert.deepEqual(await valuesOf(dataset, 'x'), [0, 1, 2, 3, 4])
    assert.deepEqual(await valuesOf(dataset, 'x', { size: 3, last: 'drop' }), [0, 1, 2])
    assert.deepEqual(await valuesOf(dataset, 'id', { size: 4 }), [0n, 1n, 2n, 3n, 4n])
  })

  it('takes iterables that can be gone through again, from a function too', async () => {
    const samples = '{ *[Symbol.iterator]() { yield { x: 1 }; yield { x: 2 } } }'
    const direct = await open(`export default ${samples}`)
    const returned = await open(`export default async () => (${samples})`)

    for (const dataset of [direct, returned]) {
      assert.equal(dataset.length, null)
      assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2])
      assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2])
    }
  })

  it('hands the context and the options to the function', async () => {
    const code = `export default ({ inputs, seed }, options) => [{ text: [inputs[0].name, String(seed), options.part] }]`
    const dataset = await open(code, '?part=test', contextOf([port('pixels', 'float32', null)]))

    assert.deepEqual(await valuesOf(dataset, 'text'), ['pixels', '0', 'test'])
  })

  it('takes a Dataset and reports it under the spec', async () => {
    const dataset = await open(`export default {
      length: 2,
      fields: { x: { dtype: 'float16', shape: [1] } },
      async *batches({ size }) { yield { size: 2, fields: { x: { dtype: 'float16', shape: [2, 1], data: Uint16Array.of(1, 2) } } } },
    }`)

    assert.match(dataset.spec, /d\d+\.mjs$/)
    assert.equal(dataset.length, 2)
    assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2])
  })

  it('opens a function no more often than it must', async () => {
    const dataset = await open(`let calls = 0
      export default function* () { calls++; yield { calls }; yield { calls } }`)

    assert.deepEqual(await valuesOf(dataset, 'calls'), [2, 2], 'once to see the fields, once for this pass')
  })

  const refused: [what: string, code: string, message: RegExp][] = [
    ['no default export', 'export const x = 1', /has no default export/],
    ['broken code', 'export default [', /cannot be loaded: SyntaxError: /],
    ['a failing import', 'import "./nothing-there.mjs"', /cannot be loaded: .*(nothing-there|no such file)/],
    [
      'a failing function',
      'export default () => { throw new TypeError("oh no") }',
      /function of ".*" failed: TypeError: oh no/,
    ],
    ['a failing generator', 'export default function* () { throw new Error("oh no") }', /end with Error: oh no/],
    ['a number', 'export default 5', /gives a number; no Dataset, and no iterable/],
    ['an object that is none', 'export default { rows: [] }', /gives an object with the keys rows;/],
    ['a function that gives nothing', 'export default () => {}', /gives undefined;/],
    ['a used iterator', 'export default (function* () { yield { x: 1 } })()', /can be gone through only once/],
    ['no samples', 'export default []', /holds no samples/],
    ['a stream without samples', 'export default function* () {}', /holds no samples/],
    ['samples that are no objects', 'export default [[1, 2]]', /Sample 0 of ".*" is a list, no object/],
    ['samples without fields', 'export default [{}]', /Sample 0 of ".*" has no fields/],
    ['fields that are no arrays', 'export default [{ x: {} }]', /field "x", which is unusable: it has an object/],
    ['samples that lack a field', 'export default [{ x: 1 }, { y: 1 }]', /lacks the field "x" that the first one has/],
    [
      'samples of two shapes',
      'export default [{ x: [1] }, { x: [1, 2] }]',
      /differ in "x": float64\[1\] and float64\[2\]/,
    ],
    ['a Dataset without fields', dataset('length: 1'), /Dataset of ".*" has no fields/],
    [
      'a Dataset with a bad length',
      dataset('length: -1, fields: { x: { dtype: "int8", shape: [] } }'),
      /has the length -1/,
    ],
    ['a Dataset with a bad type', dataset('length: 1, fields: { x: "int8" }'), /field "x" without dtype and shape/],
    [
      'a batch without a field',
      dataset(`${X}, batches: one({ size: 1, fields: {} })`),
      /a batch without the field "x"/,
    ],
    ['a batch without a size', dataset(`${X}, batches: one({ fields: {} })`), /gives a batch of size undefined/],
    [
      'a batch of another size',
      dataset(`${X}, batches: one({ size: 2, fields: { x: array } })`),
      /"x" as \[1\] in a batch of 2/,
    ],
    [
      'a batch of junk',
      dataset(`${X}, batches: one({ size: 1, fields: { x: { shape: [1] } } })`),
      /"x" is unusable: its dtype is/,
    ],
  ]
  for (const [what, code, message] of refused) {
    it(`refuses ${what}`, async () => {
      const read = async () => batchesOf(await open(code))

      await assert.rejects(read(), (error: Error) => {
        assert.match(error.name, /^(DataError|IoError)$/)
        assert.match(error.message, message)
        return true
      })
    })
  }

  it('refuses an order for a stream: that is a mistake of the caller', async () => {
    const dataset = await open('export default function* () { yield { x: 1 } }')

    await assert.rejects(batchesOf(dataset, { order: Uint32Array.of(0) }), { name: 'RangeError' })
  })
})

function dataset(body: string): string {
  return `const array = { dtype: 'int8', shape: [1], data: Int8Array.of(1) }
    const one = (batch) => async function* () { yield batch }
    export default { batches: one(null), ${body} }`
}
