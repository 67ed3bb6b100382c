import type {
  BenchReport,
  ComparisonReport,
  DistributionReport,
  LayerReport,
  PartReport,
  Report,
  WhyReport,
} from '../../src/report/report.js'
import { DATA, layer, model, pruneWithMetrics, TIMES, type Weight } from './lenet.js'

/** A report that has something of everything that a report may have. */
export function everything(): Report {
  const report = pruneWithMetrics()
  const { before, after } = report
  return {
    ...report,
    argv: ['prune', 'fixtures/lenet5.onnx', '--sparsity', '0.8', '-o', 'out/lenet5.pruned.onnx'],
    before: { ...before, files: [file('lenet5.onnx', before.bytes)], layers: withDistributions(before.layers, 0) },
    after: after && {
      ...after,
      files: [file('lenet5.pruned.onnx', after.bytes)],
      layers: withDistributions(after.layers, 0.02),
    },
    comparison: comparison(),
    bench: bench(),
    why: why(before.layers),
  }
}

/** As `compare A B --layers` makes it. */
export function compareLayers(): Report {
  const { headlines, metrics, steps, verification, ...report } = everything()
  return {
    ...report,
    command: 'compare',
    headlines: ['SQNR 18.4 dB; most of the error (71.0 %) arises in "/fc1/Gemm".'],
    steps: [],
    metrics: [],
    verification: null,
    bench: null,
    why: null,
  }
}

/** As `bench A B` makes it. */
export function benchTwo(): Report {
  const { headlines, metrics, steps, verification, ...report } = everything()
  return {
    ...report,
    command: 'bench',
    headlines: ['out/lenet5.pruned.onnx is 1.9x faster than fixtures/lenet5.onnx.'],
    steps: [],
    metrics: [],
    verification: null,
    comparison: null,
    why: null,
    data: [],
  }
}

/** As `inspect --why` makes it. */
export function inspectWhy(): Report {
  const { before, why: anatomy } = everything()
  return {
    ...pruneWithMetrics(),
    command: 'inspect',
    argv: ['inspect', 'fixtures/lenet5.onnx', '--why'],
    headlines: ['61 706 parameters in 248.6 kB; most of them (78 %) in fc1.weight.'],
    steps: [],
    before: {
      ...before,
      dtypes: [...before.dtypes, { dtype: 'int64', tensors: 3, parameters: 8, bytes: 64_000 }],
    },
    after: null,
    data: [],
    metrics: [],
    why: anatomy,
    verification: null,
    times: TIMES,
  }
}

/** A transformer of 500 layers: the largest that a page must bear with ease. */
export function fiveHundredLayers(): Report {
  const report = everything()
  const weights = Array.from({ length: 500 }, (_, i): Weight => {
    const [block, part] = [Math.floor(i / 6), i % 6]
    const names = [
      'attention.q_proj',
      'attention.k_proj',
      'attention.v_proj',
      'attention.out_proj',
      'mlp.fc1',
      'mlp.fc2',
    ]
    const shape = part < 4 ? [1024, 1024] : part === 4 ? [1024, 4096] : [4096, 1024]
    return [
      `model.encoder.layers.${block}.${names[part]}.weight`,
      `/model/encoder/layers.${block}/${names[part]}/MatMul`,
      'MatMul',
      shape,
      (shape[0] ?? 1) * (shape[1] ?? 1) * 128,
    ]
  })
  const before = withDistributions(
    weights.map((w) => layer(w)),
    0,
  )
  const after = withDistributions(
    weights.map((w, i) => layer(w, 0.5 + 0.35 * Math.sin(i / 40) ** 2 + 0.1 * ((i * 7) % 5 === 0 ? 1 : 0))),
    0.02,
  )
  const layers = weights.map(([weight, node, op], i) => ({
    ...layerDifference(`${weight}_out`, 60 - i * 0.08 - (i > 300 ? 15 : 0)),
    node,
    op,
    share: i === 301 ? 0.6 : 0.4 / 499,
  }))
  return {
    ...report,
    headlines: ['70.1 % of 1.05 G weights are zero; top1 fell by 0.3 pp to 89.8 %.', ...report.headlines.slice(1)],
    before: model('model.onnx', before, 26_560, { nodes: 2210, files: [file('model.onnx', 4_200_000_000)] }),
    after: model('model.pruned.onnx', after, 26_560, {
      nodes: 2210,
      files: [file('model.pruned.onnx', 4_200_000_000)],
    }),
    steps: [
      {
        pass: 'prune',
        options: { sparsity: 0.7 },
        changed: weights.map(([target]) => ({ target, what: '70 % zero' })),
        skipped: weights.map(([target]) => ({
          target: target.replace('weight', 'bias'),
          why: 'a bias: has one dimension',
        })),
      },
    ],
    comparison: report.comparison && { ...report.comparison, layers, culprit: weights[301]?.[1] ?? null },
    why: why(before),
  }
}

/** Names that would be markup, turn the text around, or never end. */
export function hostileNames(): Report {
  const report = everything()
  const hostile = [
    '</script><script>document.title="owned"</script>',
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onmouseover='alert(1)",
    '\u202egnp.exe\u2066 שלום مرحبا',
    'n'.repeat(10_000),
  ]
  const rename = (l: LayerReport, i: number): LayerReport => ({
    ...l,
    weight: hostile[i] ?? l.weight,
    node: hostile[i] ?? l.node,
  })
  const [name = ''] = hostile
  return {
    ...report,
    command: 'prune',
    argv: ['prune', ...hostile],
    headlines: [`The headline names ${name}.`, ...hostile],
    before: {
      ...report.before,
      path: hostile[1] ?? null,
      producer: name,
      layers: report.before.layers.map(rename),
      inputs: hostile.map((n) => ({ name: n, type: n })),
    },
    after: report.after && { ...report.after, path: name, layers: report.after.layers.map(rename) },
    steps: [
      {
        pass: 'prune',
        options: { include: hostile, [name]: name },
        changed: hostile.map((target) => ({ target, what: target })),
        skipped: hostile.map((target) => ({ target, why: target })),
      },
    ],
    data: [{ ...DATA, spec: name }],
    metrics: report.metrics.map((m, i) => ({
      ...m,
      name: hostile[i] ?? m.name,
      output: hostile[i] ?? m.output,
      against: hostile[i] ?? m.against,
    })),
    why: report.why && {
      trees: report.why.trees.map(({ by, root }) => ({
        by,
        root: { ...root, children: root.children.map((c, i) => ({ ...c, name: hostile[i] ?? c.name })) },
      })),
      findings: hostile.map((what) => ({ kind: 'dead-nodes', what, targets: hostile, bytes: 1, remedy: what })),
    },
    comparison: report.comparison && {
      ...report.comparison,
      culprit: name,
      outputs: report.comparison.outputs.map((o) => ({ ...o, name })),
      layers:
        report.comparison.layers?.map((l, i) => ({
          ...l,
          node: hostile[i] ?? l.node,
          name: hostile[i] ?? l.name,
          op: name,
        })) ?? null,
    },
    bench: report.bench && {
      ...report.bench,
      provider: name,
      warnings: hostile,
      models: report.bench.models.map((m, i) => ({ ...m, path: hostile[i] ?? null })),
    },
    verification: { level: 'structure', detail: name },
  }
}

function file(name: string, bytes: number): { name: string; bytes: number; sha256: string } {
  return { name, bytes, sha256: Buffer.from(name.padEnd(32)).toString('hex').slice(0, 64) }
}

function withDistributions(layers: readonly LayerReport[], hole: number): readonly LayerReport[] {
  return layers.map((l, i) => ({ ...l, distribution: distribution(0.05 + (i % 7) * 0.01, hole) }))
}

/** A bell; without its middle where small weights were set to zero. */
function distribution(std: number, hole: number): DistributionReport {
  const n = 64
  const histogram = Array.from({ length: n }, (_, i) => {
    const x = ((i + 0.5) / n) * 8 * std - 4 * std
    return Math.abs(x) < hole ? 0 : Math.round(1000 * Math.exp((-x * x) / (2 * std * std)))
  })
  return { min: -4 * std, max: 4 * std, mean: std / 100, std, nearZero: hole === 0 ? 0.031 : 0.8, histogram }
}

function layerDifference(name: string, sqnr: number) {
  return {
    ...difference(name, sqnr),
    matchedBy: 'name' as const,
    span: 1,
    inputSqnrDb: sqnr + 4,
    localSqnrDb: sqnr + 6,
  }
}

function difference(name: string, sqnr: number) {
  return {
    name,
    elements: 100_000,
    maxError: 0.42,
    meanError: 0.031,
    maxMagnitude: 12.5,
    sqnrDb: Number.isFinite(sqnr) ? Number(sqnr.toFixed(3)) : ('Infinity' as const),
    cosine: 0.9927,
    nonFinite: null,
  }
}

function comparison(): ComparisonReport {
  const nodes = [
    '/conv1/Conv',
    '/relu1/Relu',
    '/conv2/Conv',
    '/relu2/Relu',
    '/fc1/Gemm',
    '/relu3/Relu',
    '/fc2/Gemm',
    '/fc3/Gemm',
  ]
  const sqnrs = [46.2, 47.1, 35.8, 36.4, 19.1, 20.3, 18.9, 18.43]
  const shares = [0.02, 0, 0.11, 0, 0.71, 0, 0.12, 0.04]
  return {
    a: 'fixtures/lenet5.onnx',
    b: 'out/lenet5.pruned.onnx',
    samples: 10_000,
    outputs: [
      { ...difference('logits', 18.43), agreement: { share: 0.9611, low: 0.9571, high: 0.9647, decisions: 10_000 } },
    ],
    layers: [
      {
        ...layerDifference('flat', 60),
        sqnrDb: 'Infinity',
        inputSqnrDb: 'Infinity',
        localSqnrDb: null,
        node: '/flat/Identity',
        op: 'Identity',
        share: 0,
      },
      ...nodes.map((node, i) => ({
        ...layerDifference(`${node}_output_0`, sqnrs[i] ?? 0),
        node,
        op: node.split('/')[2] ?? '',
        share: shares[i] ?? null,
      })),
    ],
    unmatched: { a: 2, b: 0 },
    skipped: [{ target: 'aux', why: 'only the first model has it' }],
    culprit: '/fc1/Gemm',
  }
}

function bench(): BenchReport {
  const times = (median: number) =>
    Array.from({ length: 240 }, (_, i) => {
      const wave = Math.sin(i * 12.9898) * 43_758.5453
      const u = wave - Math.floor(wave)
      return Number((median * (0.93 + 0.1 * u + (u > 0.93 ? 0.2 : 0) + 0.1 * u ** 6)).toFixed(4))
    })
  const one = (path: string, medianMs: number, ratio: BenchReport['models'][number]['ratio']) => ({
    path,
    bytes: 248_647,
    inputs: [{ name: 'input', type: 'float32[1,1,28,28]' }],
    batch: 1,
    runs: 240,
    medianMs,
    p95Ms: medianMs * 1.2,
    minMs: medianMs * 0.93,
    meanMs: medianMs * 1.02,
    spread: 0.06,
    outliers: 3,
    ratio,
    createMs: 14.2,
    peakBytes: 61_300_000,
    timesMs: times(medianMs),
  })
  return {
    threads: 1,
    provider: 'cpu',
    batch: 1,
    data: 'random',
    dims: { N: 1 },
    warmup: 10,
    emptyBytes: 40_100_000,
    models: [
      one('fixtures/lenet5.onnx', 0.482, null),
      one('out/lenet5.pruned.onnx', 0.254, { value: 0.527, low: 0.519, high: 0.536 }),
    ],
    warnings: ['The machine was busy with something else for a fifth of the time.'],
  }
}

function why(layers: readonly LayerReport[]): WhyReport {
  const part = (name: string, children: readonly PartReport[]): PartReport => {
    const sum = (of: (p: PartReport) => number) => children.reduce((n, c) => n + of(c), 0)
    const sorted = [...children].sort((a, b) => b.bytes - a.bytes)
    return {
      name,
      bytes: sum((p) => p.bytes),
      parameters: sum((p) => p.parameters),
      macs: sum((p) => p.macs),
      children: sorted,
    }
  }
  const leaf = (l: LayerReport): PartReport => ({
    name: l.weight,
    bytes: l.bytes,
    parameters: l.parameters,
    macs: l.macs ?? 0,
    children: [],
  })
  const by = (key: (l: LayerReport) => string) => {
    const groups = new Map<string, LayerReport[]>()
    for (const l of layers) groups.set(key(l), [...(groups.get(key(l)) ?? []), l])
    return part(
      'model',
      [...groups].map(([name, some]) => part(name, some.map(leaf))),
    )
  }
  const path = (depth: number, some: readonly LayerReport[], name: string): PartReport => {
    if (some.length === 1 && some[0] !== undefined) return { ...leaf(some[0]), name }
    const groups = new Map<string, LayerReport[]>()
    for (const l of some) {
      const key = l.weight.split('.')[depth] ?? 'weight'
      groups.set(key, [...(groups.get(key) ?? []), l])
    }
    return part(name, depth > 6 ? some.map(leaf) : [...groups].map(([key, inner]) => path(depth + 1, inner, key)))
  }
  return {
    trees: [
      { by: 'op', root: by((l) => l.op) },
      { by: 'dtype', root: by((l) => l.dtype) },
      { by: 'layer', root: part('model', layers.map(leaf)) },
      { by: 'name', root: path(0, layers, 'model') },
    ],
    findings: [
      {
        kind: 'duplicate-weights',
        what: 'fc2.weight and fc2.copy hold the same 10 080 values.',
        targets: ['fc2.weight', 'fc2.copy'],
        bytes: 40_320,
        remedy: 'mcompress simplify keeps one of them.',
      },
      {
        kind: 'dead-nodes',
        what: '14 nodes lead to no output.',
        targets: Array.from({ length: 14 }, (_, i) => `/aux/Conv_${i}`),
        bytes: 2_048,
        remedy: 'mcompress simplify removes them.',
      },
    ],
  }
}
