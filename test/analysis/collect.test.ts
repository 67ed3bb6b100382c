import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { int64, sketch } from '../../fixtures/sketch.js'
import { collect } from '../../src/analysis/collect.js'
import { DataError } from '../../src/errors.js'
import { skeleton } from '../../src/onnx/skeleton.js'
import { bytes, npyFile, temporaryFolder } from '../support/data-files.js'

describe('Collecting statistics', () => {
  const pathIn = temporaryFolder()

  /** Sums the samples of a batch. */
  function source(batch: number | string) {
    const s = sketch('sums', 13)
    const sum = s.node('ReduceSum', 'sum', [s.input('x', [batch, 2]), s.constant('axes', int64([1], [0]))], {
      keepdims: 0,
    })
    s.output('y', sum, null)
    return { ...skeleton(s.model), name: 'sums.onnx' }
  }

  function file(rows: readonly (readonly number[])[]): string {
    const path = pathIn('x.npy')
    writeFileSync(path, npyFile('<f4', [rows.length, 2], bytes(Float32Array.from(rows.flat()))))
    return path
  }
  const ROWS = [
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
    [5, 50],
  ]
  const never = new AbortController().signal

  it('adds the outputs of all batches up, the last one too', async () => {
    const seen: (number | null)[][] = []
    const { sums, samples } = await collect(
      { source: source('N'), outputs: ['y'], data: file(ROWS), batchSize: 2 },
      (...progress) => seen.push(progress),
      never,
    )

    assert.deepEqual(sums.get('y'), Float64Array.of(15, 150))
    assert.equal(samples, 5)
    assert.deepEqual(seen, [
      [2, 5],
      [4, 5],
      [5, 5],
    ])
  })

  it('leaves out samples that do not fill a batch which the model insists on', async () => {
    const { sums, samples } = await collect({ source: source(2), outputs: ['y'], data: file(ROWS) }, () => {}, never)

    assert.deepEqual(sums.get('y'), Float64Array.of(10, 100))
    assert.equal(samples, 4)
  })

  it('fills the batch when there are no others', async () => {
    const { samples } = await collect({ source: source(8), outputs: ['y'], data: file(ROWS) }, () => {}, never)

    assert.equal(samples, 5)
  })

  it('refuses data without samples, and sums that are not finite, naming the samples', async () => {
    const collected = (rows: readonly (readonly number[])[]) =>
      collect({ source: source('N'), outputs: ['y'], data: file(rows), batchSize: 2 }, () => {}, never)

    await assert.rejects(collected([]), (error) => error instanceof DataError && /no samples/.test(error.message))
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 3e38]) {
      const rows = [
        [1, 1],
        [1, 1],
        [1, bad],
        [1, bad],
        [1, 1],
      ]
      await assert.rejects(
        collected(rows),
        (error) =>
          error instanceof DataError &&
          /^Samples 2 to 3 of the calibration data lead to NaN or Inf/.test(error.message),
      )
    }
  })

  it('stops when it is told to', async () => {
    const options = { source: source('N'), outputs: ['y'], data: file(ROWS) }
    await assert.rejects(
      collect(options, () => {}, AbortSignal.abort(new Error('stop'))),
      /stop/,
    )
  })
})
