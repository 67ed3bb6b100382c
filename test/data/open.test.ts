import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { loaders, openDataset } from '../../src/data/open.js'
import { UsageError } from '../../src/errors.js'
import { contextOf, temporaryFolder, valuesOf } from '../support/data-files.js'

describe('data/open', () => {
  const path = temporaryFolder()

  const chosen: [paths: string[], name: string][] = [
    [['random'], 'random'],
    [['test.npz'], 'npz'],
    [['x.npy', 'Y.NPY'], 'npy'],
    [['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte'], 'idx'],
    [['t10k-images.idx3.gz'], 'idx'],
    [['train-images.idx3-ubyte'], 'idx'],
    [['a.csv'], 'csv'],
    [['a.tsv.gz'], 'csv'],
    [['a.ndjson'], 'jsonl'],
    [['a.jsonl.gz'], 'jsonl'],
    [['./data.mjs'], 'module'],
    [['a.jpg', 'b.PNG'], 'images'],
  ]
  for (const [paths, name] of chosen) {
    it(`takes ${paths.join(',')} for ${name}`, () => {
      const accepting = loaders.filter(({ accepts }) => accepts(paths)).map((loader) => loader.name)

      assert.deepEqual(accepting, [name], 'exactly one format accepts it')
    })
  }

  it('takes a folder for images', async () => {
    await mkdir(path('folder'))

    assert.deepEqual(
      loaders.filter(({ accepts }) => accepts([path('folder')])).map(({ name }) => name),
      ['images'],
    )
  })

  it('lists all formats when it knows none for a file', async () => {
    await writeFile(path('data.yaml'), 'a: 1')

    await assert.rejects(openDataset(path('data.yaml'), contextOf()), (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.match(error.message, /The format of the data ".*data.yaml" is not recognised/)
      for (const { name } of loaders)
        assert.ok(
          error.suggestions.some((line) => line.startsWith(`${name}: `)),
          name,
        )
      assert.match(error.suggestions.at(-1) ?? '', /\?format=NAME/)
      return true
    })
  })

  it('takes the format from the options when the name does not tell it', async () => {
    await writeFile(path('table.dat'), 'a,b\n1,2\n')
    const dataset = await openDataset(`${path('table.dat')}?format=csv`, contextOf())

    assert.deepEqual(await valuesOf(dataset, 'data'), [1, 2])
    await assert.rejects(openDataset(`${path('table.dat')}?format=cvs`, contextOf()), {
      name: 'UsageError',
      message: /Unknown data format "cvs"/,
    })
  })

  for (const spec of [
    'none.npz',
    'none.idx3',
    'none.csv',
    'none.jsonl',
    'none.mjs',
    'none.npy',
    'none.jpg',
    'none',
    'none.x',
  ]) {
    it(`says that ${spec} is missing`, async () => {
      await assert.rejects(openDataset(path(spec), contextOf()), {
        name: 'IoError',
        message: `Cannot read the data "${path(spec)}": no such file or folder.`,
      })
    })
  }

  it('names the one file of several that is missing', async () => {
    await writeFile(path('x.npy'), '')

    await assert.rejects(openDataset(`${path('x.npy')},${path('y.npy')}`, contextOf()), {
      message: /Cannot read the data ".*y.npy"/,
    })
  })

  it('refuses unknown options before it reads anything', async () => {
    await assert.rejects(openDataset('none.csv?lable=y', contextOf()), {
      name: 'UsageError',
      message: 'Unknown option "lable" for csv data (in "none.csv?lable=y").',
    })
  })
})
