import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { openDataset } from '../../src/data/open.js'
import { batchesOf, contextOf, port, temporaryFolder, valuesOf } from '../support/data-files.js'

/** 2 high, 3 wide; every value another one. */
const PIXELS = Uint8Array.from({ length: 18 }, (_, i) => i * 10)
const RED = PIXELS.filter((_, i) => i % 3 === 0)
const GREEN = PIXELS.filter((_, i) => i % 3 === 1)
const BLUE = PIXELS.filter((_, i) => i % 3 === 2)

const NCHW = contextOf([port('x', 'float32', ['N', 3, 2, 3])])

describe('data/images', () => {
  const path = temporaryFolder()
  const write = async (name: string, content: Uint8Array) => {
    await mkdir(dirname(path(name)), { recursive: true })
    await writeFile(path(name), content)
  }
  const png = (pixels: Uint8Array | Uint16Array, width: number, height: number, channels: 1 | 3 | 4 = 3) =>
    sharp(pixels, { raw: { width, height, channels } }).png()
  const plain = (color: string, width = 3, height = 2) =>
    sharp({ create: { width, height, channels: 3, background: color } })
      .png()
      .toBuffer()

  before(async () => {
    await write('one/a.png', await png(PIXELS, 3, 2).toBuffer())
    await write('classes/dog/b.png', await plain('#ffffff'))
    await write('classes/dog/deeper/c.png', await plain('#ffffff'))
    await write('classes/cat/z.png', await plain('#000000'))
    await write('classes/cat/.hidden.png', Buffer.from('no image'))
    await write('classes/cat/notes.txt', Buffer.from('no image'))
  })

  describe('pixels', () => {
    it('are NCHW, rgb, scaled to 0..1 for a floating-point input of that shape', async () => {
      const dataset = await openDataset(path('one'), NCHW)

      assert.deepEqual(dataset.fields, { data: { dtype: 'float32', shape: [3, 2, 3] } })
      assert.deepEqual(
        await valuesOf(dataset, 'data'),
        [...RED, ...GREEN, ...BLUE].map((v) => Math.fround(v / 255)),
      )
    })

    it('are NHWC for an input that has the channels last, and uint8 for one that takes integers', async () => {
      const dataset = await openDataset(path('one'), contextOf([port('x', 'uint8', [1, 2, 3, 3])]))
      const nhwc = await openDataset(path('one'), contextOf([port('x', 'uint8', [1, 2, 5, 3])]))

      assert.deepEqual(dataset.fields.data, { dtype: 'uint8', shape: [2, 3, 3] })
      assert.deepEqual(await valuesOf(dataset, 'data'), Array.from(PIXELS))
      assert.deepEqual(nhwc.fields.data?.shape, [2, 5, 3])
    })

    it('follow the options against the shape of the input', async () => {
      const dataset = await openDataset(`${path('one')}?layout=NHWC&channels=bgr&scale=1&size=2x3`, contextOf())

      const swapped = Array.from({ length: 6 }, (_, p) => [BLUE[p], GREEN[p], RED[p]]).flat()
      assert.deepEqual(await valuesOf(dataset, 'data'), swapped)
    })

    it('become gray by the weights of BT.601 for an input of one channel', async () => {
      const dataset = await openDataset(`${path('one')}?scale=1`, contextOf([port('x', 'float32', ['N', 1, 2, 3])]))

      const luma = Array.from(RED, (r, p) => Math.round(0.299 * r + 0.587 * (GREEN[p] ?? 0) + 0.114 * (BLUE[p] ?? 0)))
      assert.deepEqual(dataset.fields.data?.shape, [1, 2, 3])
      assert.deepEqual(await valuesOf(dataset, 'data'), luma)
    })

    it('are normalized by channel after scaling', async () => {
      const spec = `${path('one')}?scale=1/10&mean=0,1,2&std=1,2,0.5`
      const dataset = await openDataset(spec, NCHW)

      const expected = [
        ...Array.from(RED, (v) => v / 10),
        ...Array.from(GREEN, (v) => (v / 10 - 1) / 2),
        ...Array.from(BLUE, (v) => (v / 10 - 2) / 0.5),
      ]
      const values = await valuesOf(dataset, 'data')
      assert.ok(values.every((v, i) => Math.abs(Number(v) - (expected[i] ?? Number.NaN)) < 1e-5))
    })

    it('come from gray, 16-bit, transparent and rotated images alike', async () => {
      await write('kinds/a-gray.png', await png(Uint8Array.of(0, 50, 100, 150, 200, 250), 3, 2, 1).toBuffer())
      const deep = Uint16Array.from(PIXELS, (v) => v * 256)
      await write('kinds/b-deep.png', await png(deep, 3, 2).toColourspace('rgb16').toBuffer())
      const clear = Uint8Array.of(255, 0, 0, 0, ...Array.from({ length: 5 }, () => [0, 255, 0, 255]).flat())
      await write('kinds/c-clear.png', await png(clear, 3, 2, 4).toBuffer())
      // Stored 2 wide and 3 high; orientation 6 says: turn it by 90 degrees clockwise.
      const turned = await png(Uint8Array.of(40, 10, 50, 20, 60, 30), 2, 3, 1)
        .withMetadata({ orientation: 8 })
        .toBuffer()
      await write('kinds/d-turned.png', turned)

      const dataset = await openDataset(`${path('kinds')}?layout=NHWC&size=2x3&scale=1&background=white`, contextOf())
      const batches = await batchesOf(dataset, { size: 1 })
      const images = batches.map(({ fields }) => Array.from<unknown>(fields.data?.data ?? []))

      assert.deepEqual(
        images[0],
        [0, 50, 100, 150, 200, 250].flatMap((v) => [v, v, v]),
      )
      assert.deepEqual(images[1], Array.from(PIXELS))
      assert.deepEqual(images[2]?.slice(0, 6), [255, 255, 255, 0, 255, 0])
      assert.deepEqual(
        images[3],
        [10, 20, 30, 40, 50, 60].flatMap((v) => [v, v, v]),
      )
    })
  })

  describe('resizing', () => {
    const gray = async (options: string) => {
      // 8 wide, 4 high: black, but for the left and the right quarter, which are white
      const row = [255, 255, 0, 0, 0, 0, 255, 255]
      await write('wide/a.png', await png(Uint8Array.from([row, row, row, row].flat()), 8, 4, 1).toBuffer())
      const dataset = await openDataset(
        `${path('wide')}?size=4&channels=gray&scale=1&kernel=nearest${options}`,
        contextOf(),
      )
      return valuesOf(dataset, 'data')
    }

    it('covers by default: the middle part, undistorted', async () => {
      assert.deepEqual(await gray(''), Array<number>(16).fill(0))
    })

    it('stretches on demand', async () => {
      const row = [255, 0, 0, 255]
      assert.deepEqual(await gray('&resize=stretch'), [...row, ...row, ...row, ...row])
    })

    it('contains on demand, with the background above and below', async () => {
      const row = [255, 0, 0, 255]
      const edge = Array<number>(4).fill(128)
      assert.deepEqual(await gray('&resize=contain&background=gray'), [...edge, ...row, ...row, ...edge])
    })

    it('keeps the middle of a larger image on demand', async () => {
      const pixels = Uint8Array.from({ length: 16 }, (_, i) => i)
      await write('middle/a.png', await png(pixels, 4, 4, 1).toBuffer())
      const dataset = await openDataset(`${path('middle')}?size=2&crop=0.5&channels=gray&scale=1`, contextOf())

      assert.deepEqual(await valuesOf(dataset, 'data'), [5, 6, 9, 10])
    })
  })

  describe('labels', () => {
    it('are the sub-folders, sorted; hidden and other files are passed over', async () => {
      const dataset = await openDataset(`${path('classes')}?labels=folder&size=1`, contextOf())

      assert.equal(dataset.length, 3)
      assert.deepEqual(dataset.fields.label, { dtype: 'int32', shape: [] })
      assert.deepEqual(await valuesOf(dataset, 'label'), [0, 1, 1], 'cat/z.png, dog/b.png, dog/deeper/c.png')
      const [black, ...white] = await valuesOf(dataset, 'data', { size: 1 })
      assert.deepEqual([black, white.slice(-6)], [0, [1, 1, 1, 1, 1, 1]])
    })

    it('are numbered in the order that is given', async () => {
      const dataset = await openDataset(`${path('classes')}?labels=folder&classes=bird,dog,cat&size=1`, contextOf())

      assert.deepEqual(await valuesOf(dataset, 'label'), [2, 1, 1])
    })

    it('come from a table with or without header, in the folder or beside it', async () => {
      await write('classes/labels.csv', Buffer.from('file,class\ndog/b.png,x\ncat/z.png,y\n./dog/deeper/c.png,x\n'))
      await write('beside.csv', Buffer.from('dog\\b.png,4\ncat/z.png,2.5\ndog/deeper/c.png,3\n'))
      const inside = await openDataset(`${path('classes')}?labels=labels.csv&size=1`, contextOf())
      const beside = await openDataset(`${path('classes')}?labels=${path('beside.csv')}&size=1`, contextOf())

      assert.deepEqual(await valuesOf(inside, 'label'), [1, 0, 0])
      assert.deepEqual(beside.fields.label, { dtype: 'float64', shape: [] })
      assert.deepEqual(await valuesOf(beside, 'label'), [2.5, 4, 3])
    })

    const refused: [what: string, table: string, message: RegExp][] = [
      ['an image without label', 'file,label\ndog/b.png,1\ncat/z.png,2\n', /c.png" has no label in ".*table.csv"/],
      [
        'a label without image',
        'file,label\ndog/b.png,1\ncat/z.png,2\ndog/deeper/c.png,1\nx.png,1\n',
        /a label for "x.png"/,
      ],
      ['two labels of an image', 'file,label\ndog/b.png,1\ndog/b.png,2\n', /line 3: "dog\/b.png" stands there twice/],
      ['a table of one column', 'file\ndog/b.png\n', /has one column/],
    ]
    for (const [what, table, message] of refused) {
      it(`refuse ${what}`, async () => {
        await write('table.csv', Buffer.from(table))

        const opened = openDataset(`${path('classes')}?labels=${path('table.csv')}&size=1`, contextOf())
        await assert.rejects(opened, { name: 'DataError', message })
      })
    }

    it('refuse an image outside all sub-folders, and a class that is not listed', async () => {
      await assert.rejects(
        openDataset(`${path('one')}?labels=folder&size=1`, contextOf()),
        /a.png" lies in no sub-folder/,
      )
      await assert.rejects(
        openDataset(`${path('classes')}?labels=folder&classes=dog,cow&size=1`, contextOf()),
        /z.png": "cat" is none of the 2 classes/,
      )
      await assert.rejects(openDataset(`${path('classes')}?classes=a&size=1`, contextOf()), /classes= .* needs labels/)
    })
  })

  it('takes single images too', async () => {
    const dataset = await openDataset(`${path('classes/dog/b.png')},${path('classes/cat/z.png')}?size=1`, contextOf())

    assert.deepEqual(await valuesOf(dataset, 'data'), [1, 1, 1, 0, 0, 0])
  })

  it('takes sizes that the model leaves open from --dim', async () => {
    const inputs = [port('x', 'float32', ['N', 3, 'H', 'W'])]
    const dataset = await openDataset(path('one'), contextOf(inputs, { H: 2, W: 3 }))

    assert.deepEqual(dataset.fields.data?.shape, [3, 2, 3])
    await assert.rejects(openDataset(path('one'), contextOf(inputs)), {
      name: 'UsageError',
      message: /leaves the size of the images in .* open/,
    })
  })

  const options: [option: string, message: RegExp][] = [
    ['size=0', /is no size in pixels/],
    ['size=2x3x4', /is no size in pixels/],
    ['crop=0', /is not above 0/],
    ['background=mauve', /is no color/],
    ['resize=squash', /is none of cover, contain, stretch/],
    ['mean=1,2', /mean and std have 2 numbers, but a sample is \[3,2,3\]/],
  ]
  for (const [option, message] of options) {
    it(`refuses ${option}`, async () => {
      await assert.rejects(openDataset(`${path('one')}?${option}`, NCHW), { name: 'UsageError', message })
    })
  }

  it('names the image that cannot be decoded', async () => {
    await write('broken/a.png', await plain('#123456'))
    await write('broken/b.jpg', Buffer.from('this is no image'))
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)
    const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toBuffer()
    await write('cut/c.jpg', jpeg.subarray(0, jpeg.length / 2))

    await assert.rejects(
      openDataset(`${path('broken')}?size=2`, contextOf()).then((d) => batchesOf(d)),
      {
        name: 'DataError',
        message: /The image ".*b.jpg" cannot be decoded: /,
      },
    )
    await assert.rejects(
      openDataset(`${path('cut')}?size=2`, contextOf()).then((d) => batchesOf(d)),
      {
        name: 'DataError',
        message: /The image ".*c.jpg" cannot be decoded: /,
      },
    )
  })

  it('refuses a folder without images, and one with images of a kind that it would have to leave out', async () => {
    await write('text/a.txt', Buffer.from('a'))
    await write('bmp/a.png', await plain('#123456'))
    await write('bmp/b.BMP', Buffer.from('BM'))

    await assert.rejects(
      openDataset(`${path('text')}?size=2`, contextOf()),
      /There are no images in ".*" \(1 other files\)/,
    )
    await assert.rejects(
      openDataset(`${path('bmp')}?size=2`, contextOf()),
      /b.BMP" is an image of a kind that cannot be/,
    )
  })
})
