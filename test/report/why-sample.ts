import { NOTHING_MORE, type PartReport, type Report } from '../../src/report/report.js'
import { LENET, layer, model, TIMES, TOOL } from './lenet.js'

/** What `inspect --why` makes of a model with a bit of everything. */
export function anatomy(): Report {
  const layers = LENET.map((w, i) => ({ ...layer(w, i === 2 ? 0.25 : 0), distribution: DISTRIBUTIONS[i] ?? null }))
  const before = model('fixtures/lenet5.onnx', layers, 236)
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'inspect',
    argv: ['inspect', 'fixtures/lenet5.onnx', '--why'],
    headlines: ['95.0 % of 248.6 kB are weights of Gemm; 3 findings below could save 7.88 kB.'],
    seed: 0,
    before,
    after: null,
    why: {
      trees: [
        { by: 'op', root: whole([gemm(), conv(), structure()]) },
        { by: 'dtype', root: whole([{ ...gemm(), name: 'float32', children: [] }, conv(), structure()]) },
        { by: 'layer', root: whole([conv(), gemm(), structure()]) },
        { by: 'name', root: whole([named('encoder', gemm()), named('stem', conv()), structure()]) },
      ],
      findings: [
        {
          kind: 'duplicate-weights',
          what: '3 tensors float32[10,84] are identical.',
          targets: ['fc3.weight', 'fc3.weight_1', 'fc3.weight_2'],
          bytes: 6720,
          remedy: 'mcompress simplify keeps one of them.',
        },
        {
          kind: 'dead-nodes',
          what: '5 nodes compute what no output depends on.',
          targets: ['aux1', 'aux2', 'aux3', 'aux4', 'aux5'],
          bytes: 1160,
          remedy: 'mcompress simplify removes them.',
        },
        {
          kind: 'not-finite-weights',
          what: '2 values in 1 weight are infinite or no number.',
          targets: ['conv1.weight'],
          bytes: 0,
          remedy: 'Look for an overflow where the model was trained or converted, and export it again.',
        },
      ],
    },
    times: { ...TIMES, seconds: 0.52 },
  }
}

const DISTRIBUTIONS = [
  { min: -0.5, max: 0.5, mean: 0, std: 0.1, nearZero: 0.03, histogram: bell(8) },
  { min: -0.4, max: 0.6, mean: 0.1, std: 0.2, nearZero: 0.08, histogram: bell(14) },
  { min: -1, max: 1, mean: 0, std: 0.3, nearZero: 0.31, histogram: bell(16) },
  { min: 0.5, max: 0.5, mean: 0.5, std: 0, nearZero: 0, histogram: [10_080] },
  null,
]

/** 32 bins, highest at one. */
function bell(at: number): number[] {
  return Array.from({ length: 32 }, (_, i) => Math.round(1000 * Math.exp(-(((i - at) / 6) ** 2))))
}

function part(name: string, bytes: number, macs: number, children: readonly PartReport[] = []): PartReport {
  return { name, bytes, parameters: bytes / 4, macs, children }
}

function sum(name: string, children: readonly PartReport[]): PartReport {
  const total = (of: (child: PartReport) => number) => children.reduce((n, child) => n + of(child), 0)
  return {
    name,
    bytes: total((c) => c.bytes),
    parameters: total((c) => c.parameters),
    macs: total((c) => c.macs),
    children,
  }
}

function whole(children: readonly PartReport[]): PartReport {
  return sum('all', children)
}

function named(name: string, of: PartReport): PartReport {
  return sum(name, [of])
}

function structure(): PartReport {
  return { ...part('graph, names and metadata', 1143, 0), parameters: 0 }
}

function gemm(): PartReport {
  return sum('Gemm', [
    sum('/fc1/Gemm', [part('fc1.weight', 192_000, 48_000), part('fc1.bias', 480, 0)]),
    sum('/fc2/Gemm', [part('fc2.weight', 40_320, 10_080), part('fc2.bias', 336, 0)]),
    part('/fc3/Gemm', 3_400, 840),
    part('17 smaller ones', 680, 0),
  ])
}

function conv(): PartReport {
  return sum('Conv', [
    sum('/conv2/Conv', [part('conv2.weight', 9_600, 240_000), part('conv2.bias', 64, 0)]),
    part('/conv1/Conv', 624, 117_600),
  ])
}
