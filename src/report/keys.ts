import type { Report } from './report.js'

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
  gzipBytes: 'value',
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
    macs: 'value',
  },
}

/**
 * The keys of the report as JSON has them, in this order. The compiler holds them against the interface, the tests
 * against the schema, so that the three cannot part.
 */
export const REPORT_KEYS: Keys<Report> = {
  schemaVersion: 'value',
  tool: { name: 'value', version: 'value', onnxruntime: 'value', node: 'value' },
  command: 'value',
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
  verification: { level: 'value', detail: 'value' },
  times: { startedAt: 'value', seconds: 'value' },
}
