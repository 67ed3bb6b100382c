import { type BenchModelReport, type BenchReport, NOTHING_MORE, type Report } from '../../src/report/report.js'
import { LENET, layer, model, pruneWithMetrics, TIMES, TOOL } from './lenet.js'

const IMAGE = { name: 'input', type: 'float32[8,1,28,28]' } as const

/** Times around a median, the same each time: most near it, a few far above. */
function timesMs(median: number, runs: number): number[] {
  return Array.from({ length: runs }, (_, i) => {
    const wave = Math.sin(i * 2.4) * Math.sin(i * 0.7) // -1..1, mostly near 0
    return Number((median * (1 + 0.06 * wave + (i % 40 === 39 ? 0.5 : 0))).toFixed(6))
  })
}

function measured(path: string, medianMs: number, rest: Partial<BenchModelReport> = {}): BenchModelReport {
  return {
    path,
    bytes: 248_647,
    inputs: [IMAGE],
    batch: 8,
    runs: 200,
    medianMs,
    p95Ms: medianMs * 1.08,
    minMs: medianMs * 0.94,
    meanMs: medianMs * 1.01,
    spread: 0.0452,
    outliers: 5,
    ratio: null,
    createMs: 12.34,
    peakBytes: 92_274_688,
    timesMs: timesMs(medianMs, 200),
    ...rest,
  }
}

const FIRST = measured('fixtures/lenet5.onnx', 0.1183)

const BENCH: BenchReport = {
  threads: 2,
  provider: 'cpu',
  batch: 8,
  data: 'random',
  dims: { N: 8 },
  warmup: 5,
  emptyBytes: 60_817_408,
  models: [
    FIRST,
    measured('out/lenet5.pruned.onnx', 0.0827, {
      bytes: 123_904,
      ratio: { value: 0.6993, low: 0.671, high: 0.7246 },
      createMs: 8.07,
      peakBytes: 90_177_536,
    }),
  ],
  warnings: ['Other programs kept 1.2 of 2 cores busy: end them, and measure again.'],
}

/** Of `mcompress bench`: two models, of which the second is faster. */
export function bench(): Report {
  const before = model(
    'fixtures/lenet5.onnx',
    LENET.map((w) => layer(w)),
    236,
  )
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'bench',
    headlines: [
      'out/lenet5.pruned.onnx is 1.43x faster than fixtures/lenet5.onnx (95 % sure: 1.38 to 1.49): 82.7 µs per run, not 0.118 ms.',
    ],
    seed: 0,
    before,
    after: { ...before, path: 'out/lenet5.pruned.onnx', bytes: 123_904 },
    bench: BENCH,
    times: { ...TIMES, seconds: 8.4 },
  }
}

/** Of more models than two: one that cannot be told from the first, a slower one, and one that was fed otherwise. */
export function benchOfMany(): Report {
  const models = [
    FIRST,
    measured('fixtures/lenet5.onnx', 0.1185, { ratio: { value: 1.0012, low: 0.9948, high: 1.0087 } }),
    measured('a/rather/long/path/to/the/models/of/somebody/lenet5.int8.onnx', 11.87, {
      ratio: { value: 101.4, low: 99.2, high: 103.9 },
      inputs: [{ name: 'input', type: 'uint8[8,1,28,28]' }],
      spread: 0.31,
      createMs: 1432,
    }),
    measured('out/few.onnx', 0.2204, {
      ratio: { value: 1.87, low: null, high: null },
      runs: 3,
      timesMs: [0.2, 0.22, 0.3],
    }),
  ]
  const report = bench()
  return {
    ...report,
    headlines: ['None is faster than fixtures/lenet5.onnx, which takes 0.118 ms per run.'],
    after: null,
    bench: { ...BENCH, threads: null, data: 'test.npz', models, warnings: [...BENCH.warnings, 'Another warning.'] },
  }
}

/** Of a pass with `--bench`: it stands beside what else there is. */
export function pruneWithBench(): Report {
  return { ...pruneWithMetrics(), bench: BENCH }
}
