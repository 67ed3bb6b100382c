import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { openDataset } from '../../src/data/open.js'
import { batchesOf, contextOf, temporaryFolder, valuesOf } from '../support/data-files.js'

describe('data/jsonl', () => {
  const path = temporaryFolder()
  let files = 0 // a file that is in use must not be written again
  const open = async (lines: readonly unknown[] | Uint8Array, options = '', name = 't.jsonl') => {
    const isFile = lines instanceof Uint8Array
    const text = isFile ? lines : lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n')
    const file = path(`${files++}-${name}`)
    await writeFile(file, text)
    return openDataset(`${file}${options}`, contextOf())
  }

  it('makes every key a field, nested lists being its axes', async () => {
    const dataset = await open([
      { x: [[1, 2, 3], [4, 5, 6]], ok: true, name: 'a', label: 7 }, // biome-ignore format: one sample a line
      { x: [[7, 8, 9], [0, 1, 2]], ok: false, name: 'b', label: 8 }, // biome-ignore format: one sample a line
    ])

    assert.deepEqual(dataset.fields, {
      x: { dtype: 'float64', shape: [2, 3] },
      ok: { dtype: 'bool', shape: [] },
      name: { dtype: 'string', shape: [] },
      label: { dtype: 'float64', shape: [] },
    })
    assert.deepEqual((await batchesOf(dataset))[0]?.fields.x?.shape, [2, 2, 3])
    assert.deepEqual(await valuesOf(dataset, 'x', { order: Uint32Array.of(1) }), [7, 8, 9, 0, 1, 2])
    assert.deepEqual(await valuesOf(dataset, 'ok'), [1, 0])
  })

  it('numbers labels that are class names, sorted or as given', async () => {
    const lines = [{ label: 'dog' }, { label: 'cat' }, { label: 'dog' }]
    const sorted = await open(lines)
    const given = await open(lines, '?classes=dog,cat')

    assert.deepEqual(sorted.fields.label, { dtype: 'int32', shape: [] })
    assert.deepEqual(await valuesOf(sorted, 'label'), [1, 0, 1])
    assert.deepEqual(await valuesOf(given, 'label'), [0, 1, 0])
  })

  it('takes only the keys that are asked for, under the names asked for', async () => {
    const dataset = await open([{ pixels: [1], meta: { any: 'thing' } }, { pixels: [2] }], '?fields=x:pixels')

    assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2])
  })

  it('reads gzip and passes over blank lines', async () => {
    const dataset = await open(gzipSync('{"x":1}\n\n{"x":2}\n'), '', 't.ndjson')

    assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2])
  })

  it('leaves a dimension open in which samples differ, and reads them one by one', async () => {
    const dataset = await open([{ ids: [1, 2] }, { ids: [3] }])

    assert.deepEqual(dataset.fields.ids, { dtype: 'float64', shape: [null] })
    assert.deepEqual(await valuesOf(dataset, 'ids', { size: 1 }), [1, 2, 3])
    await assert.rejects(batchesOf(dataset), {
      name: 'DataError',
      message: /t.jsonl": "ids" is float64\[2\] in line 1 and float64\[1\] in line 2; samples of one batch must agree/,
    })
  })

  const refused: [what: string, lines: unknown[], options: string, message: RegExp][] = [
    ['what is no JSON', [{ x: 1 }, '', '{x: 2}'], '', /t.jsonl", line 3: it is not valid JSON: /],
    ['NaN', [{ x: 1 }, '{"x": NaN}'], '', /line 2: it is not valid JSON \(NaN and Infinity are not JSON\)/],
    ['a list for an object', ['[1, 2]'], '', /line 1: it is no JSON object/],
    ['an empty object', ['{}'], '', /line 1: the object is empty/],
    ['a key that is missing later', [{ x: 1 }, { y: 1 }], '', /line 2: the key "x" is missing/],
    ['a key that is asked for and missing', [{ pixels: 1 }], '?fields=pixel', /has no key "pixel" in its first line/],
    ['ragged lists', [{ x: [[1, 2], [3]] }], '', /line 1: "x" is no array of numbers: lists side by side have 2 and 1/],
    ['null', [{ x: 1 }, { x: null }], '', /line 2: "x" is no array of numbers: it has null/],
    ['an object for numbers', [{ x: { a: 1 } }], '', /"x" is no array of numbers: it has an object/],
    ['text among numbers', [{ x: 1 }, { x: '1' }], '', /"x" is float64\[\] in line 1 and string\[\] in line 2/],
    [
      'a class that is not listed',
      [{ label: 'cow' }],
      '?classes=cat',
      /line 1, "label": "cow" is none of the 1 classes/,
    ],
    ['an empty file', [''], '', /holds no samples/],
  ]
  for (const [what, lines, options, message] of refused) {
    it(`refuses ${what}`, async () => {
      const read = async () => batchesOf(await open(lines, options))

      await assert.rejects(read(), { name: 'DataError', message })
    })
  }
})
