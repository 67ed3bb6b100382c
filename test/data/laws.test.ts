import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { newArray } from '../../src/data/array/dtypes.js'
import type { BatchOptions, Dataset, Loader } from '../../src/data/dataset.js'
import { loaders, openDataset } from '../../src/data/open.js'
import { permutation } from '../../src/data/rng.js'
import { elementCount } from '../../src/ir/type.js'
import {
  batchesOf,
  bytes,
  contextOf,
  idxFile,
  npyFile,
  port,
  temporaryFolder,
  valuesOf,
  zipFile,
} from '../support/data-files.js'

const SAMPLES = 7
const CONTEXT = contextOf([port('input', 'float32', ['N', 2, 3])])

/** For every format: writes seven samples into a folder and says how they are named. A new format needs a line here. */
const WRITERS: Readonly<Record<string, (path: (name: string) => string) => Promise<string>>> = {
  random: async () => `random?n=${SAMPLES}`,
  npz: async (path) => {
    await writeFile(path('t.npz'), zipFile({ 'x.npy': X, 'label.npy': Y }))
    return path('t.npz')
  },
  npy: async (path) => {
    await writeFile(path('x.npy'), X)
    await writeFile(path('y.npy'), Y)
    return `${path('x.npy')},${path('y.npy')}`
  },
  idx: async (path) => {
    await writeFile(
      path('i.idx3'),
      idxFile(
        8,
        [SAMPLES, 2, 3],
        Uint8Array.from({ length: SAMPLES * 6 }, (_, i) => i),
      ),
    )
    await writeFile(
      path('l.idx1'),
      idxFile(
        8,
        [SAMPLES],
        Uint8Array.from({ length: SAMPLES }, (_, i) => i),
      ),
    )
    return `${path('i.idx3')},${path('l.idx1')}`
  },
  images: async (path) => {
    for (let i = 0; i < SAMPLES; i++) {
      await mkdir(path(`photos/${i % 3}`), { recursive: true })
      const image = sharp(new Uint8Array(6).fill(i * 30), { raw: { width: 3, height: 2, channels: 1 } })
      await writeFile(path(`photos/${i % 3}/${i}.png`), await image.png().toBuffer())
    }
    return `${path('photos')}?size=2x3&labels=folder`
  },
  csv: async (path) => {
    const rows = Array.from({ length: SAMPLES }, (_, i) => `${i},${i / 2},"text\n${i}",class ${i % 3}`)
    await writeFile(path('t.csv'), `a,b,c,label\n${rows.join('\n')}\n`)
    return path('t.csv')
  },
  jsonl: async (path) => {
    const rows = Array.from({ length: SAMPLES }, (_, i) =>
      JSON.stringify({ x: [[i, i / 2]], c: `text ${i}`, label: `${i % 3}` }),
    )
    await writeFile(path('t.jsonl'), rows.join('\n'))
    return path('t.jsonl')
  },
  module: async (path) => {
    const samples = `Array.from({ length: ${SAMPLES} }, (_, i) => ({ x: Float32Array.of(i, i / 2), label: i % 3 }))`
    await writeFile(path('d.mjs'), `export default ${samples}`)
    return path('d.mjs')
  },
}

const X = npyFile('<f4', [SAMPLES, 2, 3], bytes(Float32Array.from({ length: SAMPLES * 6 }, (_, i) => i / 4)))
const Y = npyFile('<i8', [SAMPLES], bytes(BigInt64Array.from({ length: SAMPLES }, (_, i) => BigInt(i))))

describe('data/laws', () => {
  const path = temporaryFolder()

  it('hold for every format: each has its samples here', () => {
    assert.deepEqual(Object.keys(WRITERS).sort(), loaders.map(({ name }) => name).sort())
  })

  it('every file that defines a format is in the table', async () => {
    const folder = new URL('../../src/data/', import.meta.url)
    const found: string[] = []
    for (const file of await readdir(folder)) {
      if (!file.endsWith('.js') || file === 'index.js' || file === 'open.js') continue
      const exported: unknown[] = Object.values(await import(new URL(file, folder).href))
      for (const value of exported) if (isLoader(value)) found.push(value.name)
    }

    assert.deepEqual(found.sort(), loaders.map(({ name }) => name).sort())
  })

  it('every format describes its options once', () => {
    for (const { name, summary, options } of loaders) {
      assert.ok(summary.length > 0, name)
      const keys = options.map(({ key }) => key)
      assert.equal(new Set(keys).size, keys.length, `${name}: ${keys}`)
      for (const { key, value, summary: meaning } of options)
        assert.ok(value !== '' && meaning !== '', `${name}: ${key}`)
    }
  })

  for (const loader of loaders) {
    describe(loader.name, () => {
      let dataset: Dataset
      before(async () => {
        dataset = await openDataset((await WRITERS[loader.name]?.(path)) ?? '', CONTEXT)
      })
      const read = async (options: Partial<BatchOptions>) => {
        const fields = Object.keys(dataset.fields)
        return Object.fromEntries(
          await Promise.all(fields.map(async (name) => [name, await valuesOf(dataset, name, options)] as const)),
        )
      }
      const sizes = async (options: Partial<BatchOptions>) =>
        (await batchesOf(dataset, options)).map(({ size }) => size)

      it('accepts nothing that it was not made for', () => {
        assert.equal(loader.accepts(['no-such-file']), false)
      })

      it('gives the same samples whatever the batch size', async () => {
        const one = await read({ size: 1 })

        assert.equal(dataset.length, SAMPLES)
        for (const size of [2, 3, 7, 100]) assert.deepEqual(await read({ size }), one, `size ${size}`)
      })

      it('gives the same samples again', async () => {
        assert.deepEqual(await read({ size: 3 }), await read({ size: 3 }))
      })

      it('gives arrays of the types that it announced, the batch being the first axis', async () => {
        for (const { size, fields } of await batchesOf(dataset, { size: 3 })) {
          assert.deepEqual(Object.keys(fields), Object.keys(dataset.fields))
          for (const [name, { dtype, shape, data }] of Object.entries(fields)) {
            const type = dataset.fields[name]
            assert.equal(dtype, type?.dtype)
            assert.deepEqual(shape, [size, ...(type?.shape ?? [])])
            assert.equal(data.length, elementCount(shape))
            if (dtype === 'string') assert.ok(Array.isArray(data))
            else assert.equal(data.constructor, newArray(dtype as 'float32', 0).constructor) // dtypes that arrays hold
          }
        }
      })

      it('gives them in any order, repeated if wanted', async () => {
        const inOrder = await read({ size: 1 })
        const order = Uint32Array.of(...permutation(SAMPLES, 1), 3, 3)
        const shuffled = await read({ size: 4, order })

        for (const [name, values] of Object.entries(inOrder)) {
          const width = values.length / SAMPLES
          const expected = Array.from(order, (i) => values.slice(i * width, (i + 1) * width)).flat()
          assert.deepEqual(shuffled[name], expected, name)
        }
      })

      it('keeps or drops the last batch that is not full', async () => {
        assert.deepEqual(await sizes({ size: 3, last: 'keep' }), [3, 3, 1])
        assert.deepEqual(await sizes({ size: 3, last: 'drop' }), [3, 3])
        assert.deepEqual(await sizes({ size: 7, last: 'drop' }), [7])
        assert.deepEqual(await sizes({ size: 3, last: 'drop', order: Uint32Array.of(0, 1) }), [])
      })

      it('gives batches that belong to the caller: changing one changes no other', async () => {
        const before = await read({ size: 4 })
        for (const { fields } of await batchesOf(dataset, { size: 4 })) {
          for (const { data } of Object.values(fields)) if (ArrayBuffer.isView(data)) bytes(data).fill(1)
        }

        assert.deepEqual(await read({ size: 4 }), before)
      })
    })
  }
})

function isLoader(value: unknown): value is Loader {
  return typeof value === 'object' && value !== null && 'accepts' in value && 'open' in value && 'name' in value
}
