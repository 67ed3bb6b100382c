import { NOTHING_MORE, type Report } from '../../src/report/report.js'
import { DATA, layer, model, pruneWithMetrics, TIMES, TOOL, type Weight } from './lenet.js'

/** A ResNet of 60 layers: the table is cut, sizes go to megabytes, reasons are grouped. */
export function manyLayers(): Report {
  const weights = Array.from({ length: 60 }, (_, i): Weight => {
    const c = 64 << Math.floor(i / 18)
    return [
      `layer${1 + Math.floor(i / 15)}.${i % 15}.conv.weight`,
      `/layer${i}/Conv`,
      'Conv',
      [c, c, 3, 3],
      c * c * 9 * 784,
    ]
  })
  const report = pruneWithMetrics()
  return {
    ...report,
    headlines: [
      '90.0 % of 28.2 M weights are zero.',
      'File size unchanged: zeros are stored. Smaller: pack. Faster: prune structured.',
    ],
    steps: [
      {
        pass: 'prune',
        options: { sparsity: 0.9 },
        changed: weights.map(([weight]) => ({ target: weight, what: '90 % zero' })),
        skipped: [
          ...Array.from({ length: 53 }, (_, i) => ({ target: `bn${i}.bias`, why: 'has one dimension' })),
          ...Array.from({ length: 11 }, (_, i) => ({
            target: `fc${i}`,
            why: `its shape [${i + 2},1] has fewer than ${64 + i} elements, and a longer explanation follows`,
          })),
        ],
      },
    ],
    before: model(
      'resnet.onnx',
      weights.map((w) => layer(w)),
      26_560,
      { nodes: 175 },
    ),
    after: model(
      'resnet.pruned.onnx',
      weights.map((w, i) => layer(w, 0.75 + i * 0.003)),
      26_560,
      { nodes: 175 },
    ),
    metrics: report.metrics.map((m) => ({ ...m, against: m.against === 'labels' ? 'labels' : 'resnet.onnx' })),
    times: { ...TIMES, seconds: 4_021 },
  }
}

/** Names as exporters, other languages and the ill-minded make them. */
export function uglyNames(): Report {
  const weights: readonly Weight[] = [
    ['onnx::MatMul_3415', '/encoder/layer.11/attention/self/query/MatMul', 'MatMul', [768, 768], 589_824],
    [
      'encoder.layer.11.attention.self.a_very_long_name_that_an_exporter_made.weight_quantized_dequantized',
      'n1',
      'com.microsoft.FusedMatMulWithActivation',
      [768, 3072],
      null,
    ],
    ['a|b`c*d_e<f>&g\\|h', 'n|2', 'Conv', [2, 2], 4],
    ['\u001b[31mred\u001b[0m\nnew line\u202e', 'n3', 'Conv', [3, 3], 9],
    ['畳み込み層の重み／第一', 'n4', 'Conv', [64, 3, 7, 7], 118_013_952],
    ['🔥👩‍💻 poids é', 'n5', 'Conv', [1], 1],
    ['', '', 'Gather', [30_522, 768], 0],
  ]
  const report = pruneWithMetrics()
  const path = `models/${'deeply/'.repeat(12)}model|with*pipes.onnx`
  return {
    ...report,
    headlines: [
      '50.0 % of <b>all</b> weights | are zero in `a|b*c*`.',
      'See "a|b`c*d_e<f>": it was left alone.\n# not a heading',
    ],
    steps: [
      {
        pass: 'prune',
        options: { sparsity: 0.5, include: ['a|b*', 'it\'s "quoted"'], layer: { '`x`': 0.1 } },
        changed: weights.map(([weight]) => ({ target: weight, what: 'half | zero' })),
        skipped: [
          { target: 'a|b`c', why: 'contains | and `ticks` and <tags>' },
          { target: '\u001b]0;title\u0007', why: 'steers the terminal' },
        ],
      },
    ],
    before: model(
      path,
      weights.map((w) => layer(w)),
      0,
      {
        outputs: [
          { name: 'out|put', type: 'float32[?,N]' },
          { name: 'zweite_ausgabe', type: 'float32[...]' },
        ],
      },
    ),
    after: model(
      path.replace('.onnx', '.pruned.onnx'),
      weights.map((w) => layer(w, 0.5)),
      0,
    ),
    data: [{ ...DATA, spec: 'dаta|set.npz?bind=x|y' }],
    metrics: [
      {
        name: 'top1',
        output: 'out|put',
        better: 'higher',
        unit: 'fraction',
        against: path,
        samples: 1,
        before: 0,
        after: 'NaN',
      },
      {
        name: 'sqnr',
        output: 'zweite_ausgabe',
        better: 'higher',
        unit: 'dB',
        against: path,
        samples: 1,
        before: null,
        after: 'Infinity',
      },
    ],
  }
}

/** Whatever may be null or empty is. */
export function nulls(): Report {
  const empty = model(null, [], 0, {
    opsets: {},
    producer: null,
    inputs: [],
    outputs: [],
    nodes: 0,
    ops: {},
    macs: { total: null, assumed: {}, unknown: [] },
    dtypes: [],
  })
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'prune',
    headlines: [],
    steps: [],
    seed: 0,
    before: empty,
    after: { ...empty, macs: { total: null, assumed: {}, unknown: ['n1', 'n2'] } },
    data: [],
    metrics: [
      {
        name: 'mse',
        output: 'y',
        better: 'lower',
        unit: 'number',
        against: 'labels',
        samples: 0,
        before: null,
        after: null,
      },
    ],
    verification: null,
    times: { startedAt: '2025-01-02T03:04:05.678Z', seconds: 0 },
  }
}
