import assert from 'node:assert/strict'
import { askedNormalization, channelAxis, normalize, pixelNormalization } from '../../../src/data/array/normalize.js'
import { parseSpec } from '../../../src/data/spec.js'
import { port } from '../../support/data-files.js'

describe('data/array/normalize', () => {
  it('divides 8-bit pixels by 255 as 32-bit arithmetic does', () => {
    const data = Uint8Array.from({ length: 256 }, (_, i) => i)
    const expected = Float32Array.from(data, (v) => v / 255)

    const { dtype, data: scaled } = normalize(
      { dtype: 'uint8', shape: [1, 256], data },
      { scale: 1 / 255, mean: [0], std: [1] },
      null,
      'x',
    )

    assert.equal(dtype, 'float32')
    assert.deepEqual(scaled, expected)
  })

  it('takes mean and std of each channel, with the channels first', () => {
    const data = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) // [2, 2, 1, 2]

    const out = normalize(
      { dtype: 'uint8', shape: [2, 2, 1, 2], data },
      { scale: 2, mean: [1, 2], std: [1, 4] },
      0,
      'x',
    )

    assert.deepEqual(Array.from<unknown>(out.data), [1, 3, 1, 1.5, 9, 11, 3, 3.5])
    assert.deepEqual(out.shape, [2, 2, 1, 2])
  })

  it('takes mean and std of each channel, with the channels last', () => {
    const data = Uint8Array.of(1, 2, 3, 4) // [1, 2, 2]

    const out = normalize({ dtype: 'uint8', shape: [1, 2, 2], data }, { scale: 1, mean: [0, 1], std: [2] }, 1, 'x')

    assert.deepEqual(Array.from<unknown>(out.data), [0.5, 0.5, 1.5, 1.5])
  })

  it('finds the axis of the channels at the start, else at the end', () => {
    const source = parseSpec('x')
    const rgb = { scale: 1, mean: [0, 0, 0], std: [1] }

    assert.equal(channelAxis(rgb, [3, 8, 8], source), 0)
    assert.equal(channelAxis(rgb, [8, 8, 3], source), 2)
    assert.equal(channelAxis({ scale: 1, mean: [0], std: [1] }, [8, 8], source), null)
    assert.throws(() => channelAxis(rgb, [8, 8], source), /mean and std have 3 numbers, but a sample is \[8,8\]/)
  })

  it('scales pixels by default only where they go to a floating-point input', () => {
    const source = parseSpec('x')

    assert.equal(pixelNormalization(source, port('x', 'uint8', null)), null)
    assert.equal(pixelNormalization(source, port('x', 'float16', null))?.scale, 1 / 255)
    assert.equal(pixelNormalization(source, null)?.scale, 1 / 255)
    assert.equal(pixelNormalization(parseSpec('x?scale=1'), port('x', 'float32', null))?.scale, 1)
  })

  it('leaves other data alone unless something is asked for', () => {
    assert.equal(askedNormalization(parseSpec('x'), 1), null)
    assert.deepEqual(askedNormalization(parseSpec('x?mean=130'), 1), { scale: 1, mean: [130], std: [1] })
  })

  const refused: [spec: string, message: RegExp][] = [
    ['x?scale=0', /would make everything 0/],
    ['x?std=0.5,0', /is not above 0/],
    ['x?mean=1,2,3&std=1,2&scale=1', /mean has 3 numbers and std has 2/],
    ['x?mean=123.675,116.28,103.53', /has 123.675, but pixels are scaled to 0..1 first/],
  ]
  for (const [spec, message] of refused) {
    it(`refuses ${spec}`, () => {
      assert.throws(() => askedNormalization(parseSpec(spec), 1 / 255), { name: 'UsageError', message })
    })
  }
})
