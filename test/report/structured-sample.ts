import {
  type FrozenReport,
  type GroupReport,
  NOTHING_MORE,
  type PrunedGroupReport,
  type Report,
} from '../../src/report/report.js'
import { LENET, layer, model, pruneWithMetrics, TIMES, TOOL, type Weight } from './lenet.js'

const CUT: readonly Weight[] = [
  ['conv1.weight', '/conv1/Conv', 'Conv', [3, 1, 5, 5], 58_800],
  ['conv2.weight', '/conv2/Conv', 'Conv', [8, 3, 5, 5], 60_000],
  ['fc1.weight', '/fc1/Gemm', 'Gemm', [60, 200], 12_000],
  ['fc2.weight', '/fc2/Gemm', 'Gemm', [42, 60], 2_520],
  ['fc3.weight', '/fc3/Gemm', 'Gemm', [10, 42], 420],
]

function group(name: string, units: number, unitsAfter: number, next: string): PrunedGroupReport {
  const kind = 'channels' as const
  return {
    name,
    kind,
    units,
    unitsAfter,
    channels: units,
    channelsAfter: unitsAfter,
    producers: [name],
    consumers: [next],
  }
}

const OUTPUT: FrozenReport = {
  target: '/fc3/Gemm',
  channels: 10,
  of: 10,
  bytes: 3_360,
  node: null,
  why: 'it is the output "logits" of the model',
}

/** A small model, of which all was asked for. */
export function pruneStructured(): Report {
  const report = pruneWithMetrics()
  return {
    ...report,
    command: 'prune structured',
    headlines: [
      '61.7 k parameters → 16.2 k, 416.5 k MACs → 133.7 k (3.1x fewer), file 248.6 kB → 65.3 kB (3.8x smaller); top1 90.1 % → 89.0 %.',
    ],
    steps: [
      {
        pass: 'prune-structured',
        options: { ratio: 0.5, importance: 'l2' },
        changed: LENET.map(([weight]) => ({ target: weight, what: 'half of the channels removed' })),
        skipped: [],
      },
    ],
    before: model(
      'lenet5.onnx',
      LENET.map((w) => layer(w)),
      236,
    ),
    after: model(
      'lenet5.slim.onnx',
      CUT.map((w) => layer(w)),
      123,
    ),
    metrics: report.metrics.slice(0, 1).map((m) => ({ ...m, after: 0.8902 })),
    structured: {
      goal: 'ratio 0.5 of each group',
      groups: [
        group('/conv1/Conv', 6, 3, '/conv2/Conv'),
        group('/conv2/Conv', 16, 8, '/fc1/Gemm'),
        group('/fc1/Gemm', 120, 60, '/fc2/Gemm'),
        group('/fc2/Gemm', 84, 42, '/fc3/Gemm'),
      ],
      frozen: [OUTPUT],
      blocks: [],
      recovered: [
        { target: '/conv2/Conv', what: 'refitted', errorBefore: 0.0841, errorAfter: 0.0144 },
        { target: '/fc1/Gemm', what: 'refitted', errorBefore: 0.1225, errorAfter: 0.0196 },
        { target: '/fc2/Gemm', what: 'absorbed', errorBefore: 0.04, errorAfter: 0.0064 },
        { target: '/fc3/Gemm', what: 're-estimated', errorBefore: null, errorAfter: null },
      ],
      oracle: { maxError: 1.4e-7, limit: 1e-4, inputs: 2, notes: [] },
    },
  }
}

/** More groups, blocks and reasons than a screen holds; with heads, and layers of which only some channels stay. */
export function pruneStructuredLarge(): Report {
  const report = pruneStructured()
  const groups = Array.from({ length: 40 }, (_, i): PrunedGroupReport => {
    const units = 64 * 2 ** Math.floor(i / 10)
    const unitsAfter = i % 13 === 5 ? units : Math.round(units * (0.9 - 0.02 * i))
    const name = `/stage${Math.floor(i / 10)}/block${i % 10}/conv1/Conv`
    const producers = [name, ...(i % 10 === 9 ? Array.from({ length: 9 }, (_, k) => `/stage/skip${k}/Conv`) : [])]
    const consumers = [`/stage${Math.floor(i / 10)}/block${i % 10}/conv2/Conv`]
    return {
      name,
      kind: 'channels',
      units,
      unitsAfter,
      channels: units,
      channelsAfter: unitsAfter,
      producers,
      consumers,
    }
  })
  const heads: PrunedGroupReport = {
    name: '/attention/qkv/MatMul',
    kind: 'heads',
    units: 12,
    unitsAfter: 9,
    channels: 768,
    channelsAfter: 576,
    producers: ['/attention/q/MatMul', '/attention/k/MatMul', '/attention/v/MatMul'],
    consumers: ['/attention/out/MatMul'],
  }
  const frozen = Array.from(
    { length: 24 },
    (_, i): FrozenReport => ({
      target: `/layer${i}/Conv`,
      channels: i % 4 === 0 ? 3 : 64,
      of: 64,
      bytes: 40_000 * (24 - i),
      node: i % 3 === 0 ? '/attention/Softmax_12' : `/custom/Magic_${i}`,
      why: i % 3 === 0 ? 'it is normalized over' : 'how com.example.Magic couples channels is not known',
    }),
  )
  return {
    ...report,
    metrics: [],
    structured: {
      goal: 'at most 50 % of the multiply-accumulate operations, widths in multiples of 8',
      groups: [...groups, heads],
      frozen: [...frozen, OUTPUT],
      blocks: Array.from({ length: 12 }, (_, i) => ({
        name: `/stage2/block${i}/Add`,
        score: i === 3 ? ('Infinity' as const) : i === 0 ? null : 0.0001 * (12 - i) ** 2,
        macs: i === 4 ? null : 14_600_000,
        bytes: 298_900,
        removed: i > 9,
      })),
      recovered: [],
      oracle: null,
    },
  }
}

/** Of `inspect --groups`. */
export function inspectGroups(): Report {
  const kind = 'channels' as const
  const groups: readonly GroupReport[] = [
    {
      name: '/conv1/Conv',
      units: 6,
      macs: 357_600,
      bytes: 10_200,
      producers: ['/conv1/Conv'],
      consumers: ['/conv2/Conv'],
    },
    {
      name: '/conv2/Conv',
      units: 16,
      macs: 288_000,
      bytes: 201_600,
      producers: ['/conv2/Conv'],
      consumers: ['/fc1/Gemm'],
    },
    { name: '/fc1/Gemm', units: 120, macs: null, bytes: 232_320, producers: ['/fc1/Gemm'], consumers: [] },
  ].map((each) => ({ kind, channels: each.units, ...each }))
  return {
    ...NOTHING_MORE,
    schemaVersion: 1,
    tool: TOOL,
    command: 'inspect',
    argv: ['inspect', 'fixtures/lenet5.onnx', '--groups'],
    headlines: ['142 channels can be removed, in 3 groups; 3 layers keep some or all of theirs.'],
    seed: 0,
    before: model(
      'fixtures/lenet5.onnx',
      LENET.map((w) => layer(w)),
      236,
    ),
    after: null,
    groups: {
      groups: [...groups, { ...groupOfHeads(), macs: 1_200_000, bytes: 98_304 }],
      frozen: [
        OUTPUT,
        { ...OUTPUT, target: '/gate/Conv', channels: 1, of: 1, bytes: 2_304, why: 'it is a single element' },
        { ...OUTPUT, target: '/fc2/Gemm', channels: 4, of: 84, bytes: 1_920, node: '/topk/TopK', why: 'it is ordered' },
      ],
      blocked: [
        { node: '/magic/Magic', why: 'how com.example.Magic couples channels is not known' },
        { node: '/magic/Magic_1', why: 'how com.example.Magic couples channels is not known' },
        { node: '/resize/Resize', why: 'its sizes is computed at run time' },
      ],
    },
    times: { ...TIMES, seconds: 0.182 },
  }
}

function groupOfHeads(): Omit<GroupReport, 'macs' | 'bytes'> {
  const producers = ['/q/MatMul', '/k/MatMul', '/v/MatMul']
  return { name: '/q/MatMul', kind: 'heads', units: 4, channels: 64, producers, consumers: ['/out/MatMul'] }
}
