import { type ConsumerReport, NOTHING_MORE, type PackedWeightReport, type Report } from '../../src/report/report.js'
import { DATA, layer, model, TIMES, TOOL, type Weight } from './lenet.js'

const LAYERS: readonly Weight[] = [
  ['fc1.weight', '/fc1/Gemm', 'Gemm', [300, 784], 235_200],
  ['fc2.weight', '/fc2/Gemm', 'Gemm', [100, 300], 30_000],
  ['fc3.weight', '/fc3/Gemm', 'Gemm', [10, 100], 1_000],
]

function packed(
  [weight, node, op, shape]: readonly [weight: string, node: string, op: string, shape: readonly number[]],
  rest: Pick<PackedWeightReport, 'encoding' | 'bytes' | 'sparsity' | 'error'>,
): PackedWeightReport {
  const elements = shape.reduce((n, d) => n * d, 1)
  const bitsPerWeight = (8 * rest.bytes) / elements
  return { weight, node, op, dtype: 'float32', shape, elements, bytesBefore: 4 * elements, bitsPerWeight, ...rest }
}

const WEIGHTS: readonly PackedWeightReport[] = [
  packed(['fc1.weight', '/fc1/Gemm', 'Gemm', [300, 784]], {
    encoding: 'gaps below 40 + codebook of 16',
    bytes: 24_310,
    sparsity: 0.92,
    error: 0.0093,
  }),
  packed(['fc2.weight', '/fc2/Gemm', 'Gemm', [100, 300]], {
    encoding: 'gaps below 21 + codebook of 16',
    bytes: 5_120,
    sparsity: 0.86,
    error: 0.0081,
  }),
  packed(['fc3.weight', '/fc3/Gemm', 'Gemm', [10, 100]], {
    encoding: 'codebook of 256',
    bytes: 1_480,
    sparsity: 0.31,
    error: 0,
  }),
  packed(['fc1.bias', '/fc1/Gemm', 'Gemm', [300]], { encoding: 'float16', bytes: 690, sparsity: 0, error: 0.00021 }),
]

const NODE: ConsumerReport = {
  name: 'onnxruntime-node',
  version: '1.30.0',
  level: 'all',
  problem: null,
  folds: true,
  equalOutputs: false,
  createMs: { before: 21.8, after: 30.4 },
  runMs: { before: 0.0223, after: 0.0225 },
  peakBytes: { before: 26_200_000, after: 28_900_000 },
}

const WEB: ConsumerReport = {
  ...NODE,
  name: 'onnxruntime-web',
  createMs: { before: 13.1, after: 39.6 },
  runMs: { before: 0.0334, after: 0.0331 },
  peakBytes: { before: 6_950_000, after: 19_000_000 },
}

const point = (bound: string, bytes: number, value: number, chosen = false) => ({
  bound,
  bytes,
  metric: 'top1',
  unit: 'fraction' as const,
  better: 'higher' as const,
  value,
  base: 0.9822,
  chosen,
})

/** Of `pack` with data: everything that a packing may tell of. */
export function pack(): Report {
  const before = model(
    'out/lenet-300-100.pruned.onnx',
    LAYERS.map((w, i) => layer(w, [0.92, 0.86, 0.31][i])),
    410,
    { gzipBytes: 132_400, zstdBytes: 128_900 },
  )
  const stored = before.layers.map((l) => {
    const weight = WEIGHTS.find((each) => each.weight === l.weight)
    return { ...l, bytes: weight?.bytes ?? l.bytes, encoding: weight?.encoding ?? null }
  })
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'pack',
    argv: ['pack', 'out/lenet-300-100.pruned.onnx', '--max-drop', '0.5%', '--data', 'train.npz'],
    headlines: [
      'File size 1.07 MB → 33.5 kB, 31.8x smaller; top1 98.2 % → 98.1 %.',
      'In onnxruntime-node and onnxruntime-web the weights are decoded once, at load: a run takes as long as before.',
    ],
    steps: [
      {
        pass: 'pack',
        options: { maxDrop: 0.005 },
        changed: WEIGHTS.map(({ weight, encoding }) => ({ target: weight, what: encoding })),
        skipped: [{ target: 'fc3.bias', why: 'takes less room as it is' }],
      },
    ],
    seed: 0,
    before,
    after: {
      ...before,
      path: 'out/lenet-300-100.pruned.packed.onnx',
      bytes: 33_540,
      gzipBytes: 31_900,
      zstdBytes: 31_700,
      nodes: 41,
      layers: stored,
    },
    data: [{ role: 'calibration', spec: 'train.npz', samples: 2_000 }, DATA],
    metrics: [
      {
        name: 'top1',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'labels',
        samples: 10_000,
        before: 0.9822,
        after: 0.9811,
      },
    ],
    packing: {
      bound: 'the smallest of 7 packings that were tried whose top1 falls by at most 0.5 %',
      weights: WEIGHTS,
      consumers: [NODE, WEB],
      curve: [
        point('2 bits', 19_870, 0.4143),
        point('file of at most 24080 bytes', 24_080, 0.9651),
        point('file of at most 28890 bytes', 28_890, 0.9772),
        point('file of at most 33540 bytes', 33_540, 0.9811, true),
        point('file of at most 52160 bytes', 52_160, 0.9823),
        point('file of at most 81040 bytes', 81_040, 0.9822),
        point('error of each weight at most 0.1 %', 121_300, 0.9822),
      ],
    },
    verification: { level: 'run', detail: 'loaded by ONNX Runtime' },
    times: { ...TIMES, seconds: 14.2 },
  }
}

/** Without data, without zeros, and with consumers of every kind: one decodes in every run, one loads nothing, one knows little. */
export function packUnlucky(): Report {
  const report = pack()
  const weights = WEIGHTS.map((weight) => ({ ...weight, sparsity: 0, error: 0, encoding: 'codebook of 256' }))
  const disabled = {
    ...NODE,
    level: 'disabled',
    folds: false,
    createMs: { before: 24.8, after: 21.7 },
    runMs: { before: 0.24, after: 17.1 },
    peakBytes: { before: 25_800_000, after: 23_900_000 },
  }
  const unknown = { folds: null, equalOutputs: null, createMs: null, runMs: null, peakBytes: null }
  return {
    ...report,
    argv: [],
    headlines: [
      'File size 1.07 MB → 272.0 kB, 3.9x smaller.',
      'onnxruntime-node at level disabled decodes the weights in every run: 17.1 ms instead of 0.240 ms.',
    ],
    steps: report.steps.map((step) => ({ ...step, options: { lossless: true }, skipped: [] })),
    after: report.after && { ...report.after, bytes: 272_000, gzipBytes: null, zstdBytes: null },
    before: { ...report.before, gzipBytes: null, zstdBytes: null },
    data: [],
    metrics: [],
    packing: {
      bound: 'lossless',
      weights,
      consumers: [
        { ...NODE, equalOutputs: true },
        disabled,
        {
          ...WEB,
          ...unknown,
          problem: 'It does not load the result: Could not find an implementation for MaxUnpool(11).',
        },
        {
          ...NODE,
          ...unknown,
          level: 'basic',
          createMs: { before: 21.8, after: 30.4 },
          peakBytes: { before: 0, after: 28_900_000 },
          problem: '"model.onnx" does not run on made-up inputs: Gather index out of range.',
        },
      ],
      curve: [],
    },
  }
}
