import { type LayerReport, type ModelReport, NOTHING_MORE, type Report } from '../../src/report/report.js'

export const TOOL = { name: 'mcompress', version: '0.1.0', onnxruntime: '1.30.0', node: '20.19.0' } as const
export const TIMES = { startedAt: '2025-01-02T03:04:05.678Z', seconds: 2.314 }
export const DATA = {
  role: 'evaluation',
  spec: 't10k-images-idx3-ubyte.gz,t10k-labels-idx1-ubyte.gz',
  samples: 10_000,
} as const

export type Weight = readonly [weight: string, node: string, op: string, shape: readonly number[], macs: number | null]

export const LENET: readonly Weight[] = [
  ['conv1.weight', '/conv1/Conv', 'Conv', [6, 1, 5, 5], 117_600],
  ['conv2.weight', '/conv2/Conv', 'Conv', [16, 6, 5, 5], 240_000],
  ['fc1.weight', '/fc1/Gemm', 'Gemm', [120, 400], 48_000],
  ['fc2.weight', '/fc2/Gemm', 'Gemm', [84, 120], 10_080],
  ['fc3.weight', '/fc3/Gemm', 'Gemm', [10, 84], 840],
]

export function layer([weight, node, op, shape, macs]: Weight, sparsity = 0): LayerReport {
  const parameters = shape.reduce((n, d) => n * d, 1)
  const nonZero = Math.round(parameters * (1 - sparsity))
  return {
    weight,
    node,
    op,
    dtype: 'float32',
    shape,
    parameters,
    nonZero,
    bytes: parameters * 4,
    encoding: null,
    macs,
    distribution: null,
  }
}

/** @param biases  parameters that belong to no layer; all of them non-zero */
export function model(
  path: string | null,
  layers: readonly LayerReport[],
  biases: number,
  rest: Partial<ModelReport> = {},
): ModelReport {
  const sum = (of: (l: LayerReport) => number) => layers.reduce((total, l) => total + of(l), 0)
  const parameters = sum((l) => l.parameters) + biases
  return {
    path,
    bytes: parameters * 4 + 1_823,
    files: [],
    gzipBytes: null,
    zstdBytes: null,
    irVersion: 8,
    opsets: { '': 17 },
    producer: 'pytorch 2.5.1',
    inputs: [{ name: 'input', type: 'float32[N,1,28,28]' }],
    outputs: [{ name: 'logits', type: 'float32[N,10]' }],
    nodes: 12,
    ops: { Conv: 2, Relu: 4, MaxPool: 2, Flatten: 1, Gemm: 3 },
    parameters,
    nonZeroParameters: sum((l) => l.nonZero) + biases,
    macs: { total: sum((l) => l.macs ?? 0), assumed: { N: 1 }, unknown: [] },
    dtypes: [{ dtype: 'float32', tensors: layers.length * 2, parameters, bytes: parameters * 4 }],
    layers,
    ...rest,
  }
}

/** The report that most others are made from. */
export function pruneWithMetrics(): Report {
  const sparsities = [0.32, 0.6129, 0.842, 0.7563, 0.44]
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'prune',
    headlines: [
      '80.0 % of 61 470 weights are zero; top1 fell by 0.3 pp to 89.8 %.',
      'File size unchanged: zeros are stored. Smaller: pack. Faster: prune structured.',
    ],
    steps: [
      {
        pass: 'prune',
        options: {
          sparsity: 0.8,
          scope: 'global',
          criterion: 'magnitude',
          include: [],
          exclude: ['head.*'],
          layer: null,
        },
        changed: LENET.map(([weight], i) => ({
          target: weight,
          what: `${Math.round((sparsities[i] ?? 0) * 100)} % zero`,
        })),
        skipped: [1, 2]
          .map((i) => ({ target: `conv${i}.bias`, why: 'a bias: has one dimension' }))
          .concat([1, 2, 3].map((i) => ({ target: `fc${i}.bias`, why: 'a bias: has one dimension' }))),
      },
    ],
    seed: 0,
    before: model(
      'fixtures/lenet5.onnx',
      LENET.map((w) => layer(w)),
      236,
      { gzipBytes: 229_871 },
    ),
    after: model(
      'out/lenet5.pruned.onnx',
      LENET.map((w, i) => layer(w, sparsities[i])),
      236,
      { gzipBytes: 71_202 },
    ),
    data: [DATA],
    metrics: [
      {
        name: 'top1',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'labels',
        samples: 10_000,
        before: 0.9013,
        after: 0.8984,
      },
      {
        name: 'top5',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'labels',
        samples: 10_000,
        before: 0.9972,
        after: 0.9974,
      },
      {
        name: 'agreement',
        output: 'logits',
        better: 'higher',
        unit: 'fraction',
        against: 'fixtures/lenet5.onnx',
        samples: 10_000,
        before: null,
        after: 0.9611,
      },
      {
        name: 'sqnr',
        output: 'logits',
        better: 'higher',
        unit: 'dB',
        against: 'fixtures/lenet5.onnx',
        samples: 10_000,
        before: null,
        after: 18.43,
      },
    ],
    verification: { level: 'run', detail: 'loaded by ONNX Runtime' },
    times: TIMES,
  }
}
