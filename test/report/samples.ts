import { NOTHING_MORE, type Report } from '../../src/report/report.js'
import { bench, benchOfMany, pruneWithBench } from './bench-sample.js'
import { compareLayers, compareOutputs } from './comparison-samples.js'
import { manyLayers, nulls, uglyNames } from './edge-samples.js'
import { DATA, LENET, layer, model, pruneWithMetrics, TIMES, TOOL } from './lenet.js'
import { pack, packUnlucky } from './packing-sample.js'
import { inspectGroups, pruneStructured, pruneStructuredLarge } from './structured-sample.js'
import { anatomy } from './why-sample.js'

/** Reports of every kind, as the commands make them; the goldens show each in each form. */
export const SAMPLES: Readonly<Record<string, () => Report>> = {
  'prune-with-metrics': pruneWithMetrics,
  'prune-without-data': pruneWithoutData,
  'prune-structured': pruneStructured,
  'prune-structured-large': pruneStructuredLarge,
  'inspect-groups': inspectGroups,
  recipe: recipe,
  inspect: inspect,
  evaluate: evaluate,
  'many-layers': manyLayers,
  'ugly-names': uglyNames,
  nulls: nulls,
  bench: bench,
  'bench-of-many': benchOfMany,
  'prune-with-bench': pruneWithBench,
  anatomy: anatomy,
  'compare-layers': compareLayers,
  'compare-outputs': compareOutputs,
  pack: pack,
  'pack-unlucky': packUnlucky,
}

function pruneWithoutData(): Report {
  const report = pruneWithMetrics()
  return {
    ...report,
    headlines: [
      '80.0 % of 61 470 weights are zero.',
      ...report.headlines.slice(1),
      'Accuracy was not measured: give --eval-data.',
    ],
    before: { ...report.before, gzipBytes: null },
    after: report.after && { ...report.after, gzipBytes: null },
    data: [],
    metrics: [],
  }
}

function recipe(): Report {
  const report = pruneWithMetrics()
  const before = model(
    'resnet/model.onnx',
    LENET.map((w) => layer(w)),
    236,
    { irVersion: 7, opsets: { '': 11 }, nodes: 20 },
  )
  const quantized = LENET.map((w, i) => ({
    ...layer(w, 0.8),
    weight: `${w[0]}_quantized`,
    dtype: i === 0 ? 'float32' : 'int8',
  }))
  const after = model(
    'resnet/model.small.onnx',
    quantized.map((l, i) => (i === 0 ? l : { ...l, bytes: l.parameters })),
    236,
    {
      bytes: 66_201,
      opsets: { '': 17, 'com.microsoft': 1 },
    },
  )
  return {
    ...report,
    command: 'run',
    headlines: ['3.8x smaller; top1 is unchanged at 90.1 %.'],
    steps: [
      {
        pass: 'simplify',
        options: {},
        changed: [
          ...[1, 2, 3, 4, 5, 6].map((i) => ({ target: `bn${i}`, what: 'folded into the Conv before it' })),
          { target: 'Identity -> x.3', what: 'removed: it does nothing' },
        ],
        skipped: [{ target: 'bn7', why: 'its input has a second reader, "add_3"' }],
      },
      ...report.steps,
      {
        pass: 'quantize',
        options: { mode: 'int8-static', perChannel: true, layer: { 'conv1*': 'float32' } },
        changed: LENET.slice(1).map(([weight]) => ({ target: weight, what: 'float32 to int8' })),
        skipped: [{ target: 'conv1.weight', why: 'kept at float32 by --layer conv1*' }],
      },
    ],
    before,
    after,
    data: [{ role: 'calibration', spec: 'train.npz', samples: 512 }, DATA],
    metrics: report.metrics.slice(0, 1).map((m) => ({ ...m, after: m.before })),
    verification: {
      level: 'structure',
      detail:
        'structure checked; ONNX Runtime does not load the input either: No Op registered for Magic with domain_version of 1',
    },
    times: { ...TIMES, seconds: 83.2 },
  }
}

function inspect(): Report {
  const layers = LENET.map((w) => layer(w, 0.001))
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'inspect',
    headlines: ['61 706 parameters in 248.6 kB; most of them (78 %) in fc1.weight.'],
    steps: [],
    seed: 0,
    before: model('fixtures/lenet5.onnx', layers, 236, {
      gzipBytes: 229_871,
      opsets: { '': 17, 'com.microsoft': 1 },
      inputs: [
        { name: 'input', type: 'float32[N,1,28,28]' },
        { name: 'attention_mask', type: 'int64[N,T]' },
      ],
      dtypes: [
        { dtype: 'int64', tensors: 3, parameters: 8, bytes: 64 },
        { dtype: 'float32', tensors: 10, parameters: 61_706, bytes: 246_824 },
        { dtype: 'int8', tensors: 4, parameters: 16_000, bytes: 16_000 },
      ],
    }),
    after: null,
    data: [],
    metrics: [],
    verification: null,
    times: { ...TIMES, seconds: 0.0482 },
  }
}

function evaluate(): Report {
  const report = pruneWithMetrics()
  return {
    ...report,
    command: 'evaluate',
    headlines: ['top1 is 89.8 % on 10 000 samples.'],
    steps: [],
    before: model(
      'out/lenet5.pruned.onnx',
      LENET.map((w) => layer(w, 0.8)),
      236,
    ),
    after: null,
    metrics: report.metrics.map((m) => ({ ...m, before: m.after, after: null })),
    verification: null,
  }
}
