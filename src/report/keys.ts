import type { PartReport, Report } from './report.js'

type Scalar = string | number | boolean

/** For an object its keys in the order of its interface; for a list what its items have; `map` where keys are free. */
export type Keys<T = never> = [T] extends [never]
  ? 'value' | 'map' | { readonly [key: string]: Keys }
  : [T] extends [Scalar]
    ? 'value'
    : T extends readonly (infer Item)[]
      ? Keys<NonNullable<Item>>
      : string extends keyof T
        ? 'map'
        : { readonly [K in keyof T]-?: Keys<NonNullable<T[K]>> }

const PORT = { name: 'value', type: 'value' } as const

const MODEL: Keys<Report['before']> = {
  path: 'value',
  bytes: 'value',
  files: { name: 'value', bytes: 'value', sha256: 'value' },
  gzipBytes: 'value',
  zstdBytes: 'value',
  irVersion: 'value',
  opsets: 'map',
  producer: 'value',
  inputs: PORT,
  outputs: PORT,
  nodes: 'value',
  ops: 'map',
  parameters: 'value',
  nonZeroParameters: 'value',
  macs: { total: 'value', assumed: 'map', unknown: 'value' },
  dtypes: { dtype: 'value', tensors: 'value', parameters: 'value', bytes: 'value' },
  layers: {
    weight: 'value',
    node: 'value',
    op: 'value',
    dtype: 'value',
    shape: 'value',
    parameters: 'value',
    nonZero: 'value',
    bytes: 'value',
    encoding: 'value',
    macs: 'value',
    distribution: { min: 'value', max: 'value', mean: 'value', std: 'value', nearZero: 'value', histogram: 'value' },
  },
}

const PART: Keys<PartReport> = {
  name: 'value',
  bytes: 'value',
  parameters: 'value',
  macs: 'value',
  get children() {
    return PART
  },
}

const FROZEN = { target: 'value', channels: 'value', of: 'value', bytes: 'value', node: 'value', why: 'value' } as const

const BESIDE = { before: 'value', after: 'value' } as const

const DIFFERENCE = {
  name: 'value',
  elements: 'value',
  maxError: 'value',
  meanError: 'value',
  maxMagnitude: 'value',
  sqnrDb: 'value',
  cosine: 'value',
  nonFinite: { model: 'value', value: 'value', sample: 'value', element: 'value' },
} as const

/**
 * The keys of the report as JSON has them, in this order. The compiler holds them against the interface, the tests
 * against the schema, so that the three cannot part.
 */
export const REPORT_KEYS: Keys<Report> = {
  schemaVersion: 'value',
  tool: { name: 'value', version: 'value', onnxruntime: 'value', node: 'value' },
  command: 'value',
  argv: 'value',
  headlines: 'value',
  steps: {
    pass: 'value',
    options: 'map',
    changed: { target: 'value', what: 'value' },
    skipped: { target: 'value', why: 'value' },
  },
  seed: 'value',
  before: MODEL,
  after: MODEL,
  data: { role: 'value', spec: 'value', samples: 'value' },
  metrics: {
    name: 'value',
    output: 'value',
    better: 'value',
    unit: 'value',
    against: 'value',
    samples: 'value',
    before: 'value',
    after: 'value',
  },
  comparison: {
    a: 'value',
    b: 'value',
    samples: 'value',
    outputs: {
      ...DIFFERENCE,
      agreement: { share: 'value', low: 'value', high: 'value', decisions: 'value' },
    },
    layers: {
      ...DIFFERENCE,
      node: 'value',
      op: 'value',
      matchedBy: 'value',
      span: 'value',
      inputSqnrDb: 'value',
      localSqnrDb: 'value',
      share: 'value',
    },
    unmatched: { a: 'value', b: 'value' },
    skipped: { target: 'value', why: 'value' },
    culprit: 'value',
  },
  bench: {
    threads: 'value',
    provider: 'value',
    batch: 'value',
    data: 'value',
    dims: 'map',
    warmup: 'value',
    emptyBytes: 'value',
    models: {
      path: 'value',
      bytes: 'value',
      inputs: PORT,
      batch: 'value',
      runs: 'value',
      medianMs: 'value',
      p95Ms: 'value',
      minMs: 'value',
      meanMs: 'value',
      spread: 'value',
      outliers: 'value',
      ratio: { value: 'value', low: 'value', high: 'value' },
      createMs: 'value',
      peakBytes: 'value',
      timesMs: 'value',
    },
    warnings: 'value',
  },
  why: {
    trees: { by: 'value', root: PART },
    findings: { kind: 'value', what: 'value', targets: 'value', bytes: 'value', remedy: 'value' },
  },
  packing: {
    bound: 'value',
    weights: {
      weight: 'value',
      node: 'value',
      op: 'value',
      dtype: 'value',
      shape: 'value',
      elements: 'value',
      encoding: 'value',
      bytesBefore: 'value',
      bytes: 'value',
      bitsPerWeight: 'value',
      sparsity: 'value',
      error: 'value',
    },
    consumers: {
      name: 'value',
      version: 'value',
      level: 'value',
      problem: 'value',
      folds: 'value',
      equalOutputs: 'value',
      createMs: BESIDE,
      runMs: BESIDE,
      peakBytes: BESIDE,
    },
    curve: {
      bound: 'value',
      bytes: 'value',
      metric: 'value',
      unit: 'value',
      better: 'value',
      value: 'value',
      base: 'value',
      chosen: 'value',
    },
  },
  structured: {
    goal: 'value',
    groups: {
      name: 'value',
      kind: 'value',
      units: 'value',
      unitsAfter: 'value',
      channels: 'value',
      channelsAfter: 'value',
      producers: 'value',
      consumers: 'value',
    },
    frozen: FROZEN,
    blocks: { name: 'value', score: 'value', macs: 'value', bytes: 'value', removed: 'value' },
    recovered: { target: 'value', what: 'value', errorBefore: 'value', errorAfter: 'value' },
    oracle: { maxError: 'value', limit: 'value', inputs: 'value', notes: 'value' },
  },
  groups: {
    groups: {
      name: 'value',
      kind: 'value',
      units: 'value',
      channels: 'value',
      macs: 'value',
      bytes: 'value',
      producers: 'value',
      consumers: 'value',
    },
    frozen: FROZEN,
    blocked: { node: 'value', why: 'value' },
  },
  verification: { level: 'value', detail: 'value' },
  times: { startedAt: 'value', seconds: 'value' },
}
