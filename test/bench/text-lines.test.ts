import assert from 'node:assert/strict'
import { CLASSIFIER_SIZE, normalized, RECOGNITION_SIZE, randomLine, turned } from '../../bench/support/text-lines.js'

const HARDEST = 0.8
const line = (index: number, { seed = 1, size = CLASSIFIER_SIZE } = {}) => randomLine(seed, index, size, HARDEST)

describe('bench/support/text-lines', () => {
  it('draws the same line for the same seed and number, and another for another', async () => {
    const [first, again, next, reseeded] = [await line(3), await line(3), await line(4), await line(3, { seed: 2 })]

    assert.deepEqual(again, first)
    assert.notDeepEqual(next.pixels, first.pixels)
    assert.notEqual(reseeded.text, first.text)
  })

  it('draws lines 48 pixels high and at most as wide as the input, some of them narrower', async () => {
    for (const size of [CLASSIFIER_SIZE, RECOGNITION_SIZE]) {
      const lines = await Promise.all(Array.from({ length: 20 }, (_, i) => line(i, { size })))
      for (const { height, width, pixels } of lines) {
        assert.equal(height, 48)
        assert.ok(width > 24 && width <= size.width, `${width} pixels`)
        assert.equal(pixels.length, 3 * height * width)
      }
      assert.ok(lines.some(({ width }) => width === size.width))
      assert.ok(lines.some(({ width }) => width < size.width))
    }
  })

  it('draws text that stands out from the paper', async () => {
    const { pixels } = await randomLine(1, 0, CLASSIFIER_SIZE, 0) // without wear

    const [darkest, lightest] = [Math.min(...pixels), Math.max(...pixels)]
    assert.ok(lightest - darkest > 150, `${darkest}..${lightest}`)
  })

  it('turns a line by exactly 180 degrees, pixel for pixel', async () => {
    const upright = await line(0)
    const { height, width, pixels, text } = turned(upright)

    assert.deepEqual([height, width, text], [upright.height, upright.width, upright.text])
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [here, there] = [3 * (y * width + x), 3 * ((height - 1 - y) * width + (width - 1 - x))]
        for (let c = 0; c < 3; c++) assert.equal(pixels[here + c], upright.pixels[there + c])
      }
    }
    assert.notDeepEqual(pixels, upright.pixels)
    assert.deepEqual(turned(turned(upright)), upright)
  })

  it('normalizes to (x / 255 - 0.5) / 0.5 in planes of red, green and blue, with 0 to the right', () => {
    const pixels = Uint8Array.of(0, 51, 255, 255, 102, 0) // 1 x 2 pixels
    const style = {} as never // what it looks like follows from the pixels

    const x = normalized({ text: '', style, height: 1, width: 2, pixels }, { height: 1, width: 3 })

    const expected = [-1, 1, 0, -0.6, -0.2, 0, 1, -1, 0].map(Math.fround)
    assert.deepEqual(
      [...x].map((value) => Number(value.toFixed(6))),
      expected.map((value) => Number(value.toFixed(6))),
    )
  })
})
