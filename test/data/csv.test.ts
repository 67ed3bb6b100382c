import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { openDataset } from '../../src/data/open.js'
import { contextOf, port, temporaryFolder, valuesOf } from '../support/data-files.js'

const PEOPLE = 'age,height,name,label\n30,1.5,"Ann, B",cat\n40,1.75,Bob,dog\n,2,"C ""x""",cat\n'

describe('data/csv', () => {
  const path = temporaryFolder()
  let files = 0 // a file that is in use must not be written again
  const open = async (text: string | Uint8Array, options = '', context = contextOf(), name = 't.csv') => {
    const file = path(`${files++}-${name}`)
    await writeFile(file, text)
    return openDataset(`${file}${options}`, context)
  }

  it('puts the numbers into one field, text into fields of its own, and numbers the classes', async () => {
    const dataset = await open(PEOPLE)

    assert.equal(dataset.length, 3)
    assert.deepEqual(dataset.fields, {
      data: { dtype: 'float64', shape: [2] },
      name: { dtype: 'string', shape: [] },
      label: { dtype: 'int32', shape: [] },
    })
    assert.deepEqual(await valuesOf(dataset, 'data'), [30, 1.5, 40, 1.75, Number.NaN, 2])
    assert.deepEqual(await valuesOf(dataset, 'name'), ['Ann, B', 'Bob', 'C "x"'])
    assert.deepEqual(await valuesOf(dataset, 'label'), [0, 1, 0])
  })

  it('gives a column named like an input a field of its own, as text if the input takes text', async () => {
    const inputs = [port('age', 'float32', ['N', 1]), port('height', 'string', ['N', 1])]
    const dataset = await open(PEOPLE, '', contextOf(inputs))

    assert.deepEqual(dataset.fields.age, { dtype: 'float64', shape: [] })
    assert.deepEqual(await valuesOf(dataset, 'height'), ['1.5', '1.75', '2'])
    assert.equal(dataset.fields.data, undefined)
  })

  it('takes the labels from the column that the options name', async () => {
    const dataset = await open('a,b,quality\n1,2,5\n3,4,6\n', '?label=quality')

    assert.deepEqual(await valuesOf(dataset, 'label'), [5, 6])
    assert.deepEqual(await valuesOf(dataset, 'data'), [1, 2, 3, 4])
  })

  it('numbers classes in the order that is given', async () => {
    const listed = await open(PEOPLE, '?classes=dog,bird,cat')
    await writeFile(path('classes.txt'), 'dog\nbird\ncat\n')
    const inFile = await open(PEOPLE, `?classes=${path('classes.txt')}`)

    assert.deepEqual(await valuesOf(listed, 'label'), [2, 0, 2])
    assert.deepEqual(await valuesOf(inFile, 'label'), [2, 0, 2])
  })

  it('makes fields of the columns that the options name, by name, number, range and sum', async () => {
    const table = 'a,b,c,d\n1,2,3,4\n5,6,7,8\n'
    const dataset = await open(table, '?fields=x:0-1,y:d,z:c+a,one:1-1')

    assert.deepEqual(dataset.fields.x?.shape, [2])
    assert.deepEqual(dataset.fields.y?.shape, [])
    assert.deepEqual(dataset.fields.one?.shape, [1])
    assert.deepEqual(await valuesOf(dataset, 'x'), [1, 2, 5, 6])
    assert.deepEqual(await valuesOf(dataset, 'y'), [4, 8])
    assert.deepEqual(await valuesOf(dataset, 'z'), [3, 1, 7, 5])
  })

  it('adds the label to fields that are named', async () => {
    const dataset = await open('a,b,c\n1,2,0\n', '?fields=x:a&label=c')

    assert.deepEqual(Object.keys(dataset.fields), ['x', 'label'])
  })

  it('sees by itself whether there is a header, unless told', async () => {
    const without = await open('1,2\n3,4\n')
    const told = await open('1,2\n3,4\n', '?header=yes')
    const untold = await open('a,b\n3,4\n', '?header=no')

    assert.deepEqual([without.length, told.length, untold.length], [2, 1, 2])
    assert.deepEqual(await valuesOf(without, 'data'), [1, 2, 3, 4])
    assert.deepEqual(Object.keys(untold.fields), ['0', '1'])
  })

  it('reads tabs, other delimiters, gzip, a byte order mark and Windows line ends', async () => {
    const tabs = await open('a\tb\r\n1\t\r\n', '', contextOf(), 't.tsv')
    const semicolons = await open('\ufeffa;b\n1;2\n', '?delimiter=;')
    const named = await open('a\tb\n1\t2\n', '?delimiter=tab')
    const packed = await open(gzipSync('a,b\n1,2\n'), '', contextOf(), 't.csv.gz')

    assert.deepEqual(await valuesOf(tabs, 'data'), [1, Number.NaN])
    for (const dataset of [semicolons, named, packed]) assert.deepEqual(await valuesOf(dataset, 'data'), [1, 2])
  })

  it('reads what programs write for numbers', async () => {
    const dataset = await open('a\n1e-3\n-.5\n+2.\nNaN\n-inf\nTrue\nfalse\n')

    assert.deepEqual(await valuesOf(dataset, 'data'), [0.001, -0.5, 2, Number.NaN, Number.NEGATIVE_INFINITY, 1, 0])
  })

  it('reads rows in any order, line breaks between quotes and all', async () => {
    const dataset = await open('a,b\n"x\ny",1\nz,2\n"",3\n')

    assert.deepEqual(await valuesOf(dataset, 'a', { order: Uint32Array.of(2, 0, 1) }), ['', 'x\ny', 'z'])
  })

  it('reads the same cells with quotes and without', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', "'", '\t', 'é', '-') })
    const row = fc.tuple(fc.constantFrom('x', 'y z'), cell)
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1 }), async (rows) => {
        const plain = await open(rows.map((cells) => cells.join(',')).join('\n'), '?header=no')
        const quoted = await open(rows.map(([a, b]) => `"${a}","${b}"`).join('\n'), '?header=no')

        const firsts = rows.map(([a]) => a)
        assert.deepEqual(await valuesOf(plain, '0'), firsts)
        assert.deepEqual(await valuesOf(quoted, '0'), firsts)
        for (const name of Object.keys(plain.fields)) {
          assert.deepEqual(await valuesOf(plain, name), await valuesOf(quoted, name))
        }
      }),
    )
  })

  const refused: [what: string, text: string, options: string, name: string, message: RegExp][] = [
    [
      'a row with too few cells',
      'a,b\n1,2\n\n3\n',
      '',
      'DataError',
      /t.csv", line 4: 1 cells, but there are 2 columns/,
    ],
    ['a quote that is not closed', 'a,b\n1,2\n"3,4\n', '', 'DataError', /line 3: Quote Not Closed/],
    ['a quote in the middle', 'a,b\n1,2\n3,x"y"z\n5,6\n', '', 'DataError', /line 3: Invalid Opening Quote/],
    ['text among numbers', `a\n${'1\n'.repeat(200)}one\n`, '', 'DataError', /line 202, column "a": "one" is no number/],
    ['a label that is missing', 'a,label\n1,0\n2,\n', '', 'DataError', /line 3, column "label": there is no label/],
    ['a class that is missing', 'a,label\n1,cat\n2,\n', '', 'DataError', /line 3, column "label": there is no label/],
    [
      'a class that is not listed',
      PEOPLE,
      '?classes=cat,bird',
      'DataError',
      /line 3, .*: "dog" is none of the 2 classes/,
    ],
    ['classes listed twice', PEOPLE, '?classes=cat,cat', 'UsageError', /"cat" is listed twice/],
    ['a column that does not exist', PEOPLE, '?label=lable', 'UsageError', /has no column "lable"/],
    ['a column number beyond the last', PEOPLE, '?fields=x:0-9', 'UsageError', /has no column "9"/],
    ['a range that runs backwards', PEOPLE, '?fields=x:1-0', 'UsageError', /run backwards/],
    ['two labels', PEOPLE, '?fields=label:3&label=age', 'UsageError', /says twice what the label is/],
    ['two columns of one name', 'a,a\n1,2\n', '', 'UsageError', /two columns called "a"/],
    ['a long delimiter', PEOPLE, '?delimiter=||', 'UsageError', /is not one character/],
    ['a header alone', 'a,b\n', '', 'DataError', /has a header but no rows/],
    ['an empty file', '\n\n', '', 'DataError', /no rows/],
  ]
  for (const [what, text, options, name, message] of refused) {
    it(`refuses ${what}`, async () => {
      const read = async () => valuesOf(await open(text, options), 'data')

      await assert.rejects(read(), { name, message })
    })
  }

  it('reports a missing file with class names', async () => {
    await assert.rejects(open(PEOPLE, '?classes=none.txt'), { name: 'IoError', message: /class names in "none.txt"/ })
  })
})
