/**
 * What structured pruning is worth in time: the latency of classifiers of torchvision (random weights) before and after
 * `mcompress prune structured --ratio 0.5 --round-to 8`, measured in turns in one run, beside the multiply-accumulate
 * operations that are gone. Prints Markdown.
 *
 *     npm run bench:structured-speed
 *     npm run bench:structured-speed -- --only mobilenet --threads 1 --min-time 10000
 *
 * The limit: latency falls by at least 80 % of what the operations fall by. Told too is the stricter share, how many
 * times as fast by how many times fewer operations. (The public record, of Torch-Pruning: 3.85 times fewer made a model
 * 2.19 times as fast, which is 73 % and 57 %.) Linux, Python 3.11 or newer, and the network
 * the first time; `--python PATH` takes an interpreter that has what peers/requirements-structured.txt lists.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bench } from '../src/index.js'
import type { Report } from '../src/report/report.js'
import { exported, modelPath } from './coverage/export.js'
import { STRUCTURED } from './support/peers.js'
import { python } from './support/python.js'
import { markdownTable } from './support/table.js'
import { verdict } from './support/verdict.js'

const MODELS = ['resnet50', 'mobilenet_v2', 'mobilenet_v3_large', 'vgg16', 'vit_b_16'] as const
const FLAGS = ['--ratio', '0.5', '--round-to', '8']
const LEAST_REALISED = 0.8

interface Row {
  readonly name: string
  readonly macs: { readonly before: number; readonly after: number }
  readonly latencyMs: { readonly before: number; readonly after: number }
  /** Latency after by latency before, in the same rounds, and its 95 % confidence interval. */
  readonly ratio: { readonly value: number; readonly low: number | null; readonly high: number | null }
}

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string' },
    'min-time': { type: 'string', default: '8000' },
    cache: { type: 'string', default: '.cache/coverage' },
    python: { type: 'string' },
  },
})
const minMs = Number(flags['min-time'])
if (!(minMs > 0)) throw new RangeError(`--min-time takes milliseconds, not "${flags['min-time']}".`)
const threads = flags.threads === undefined ? null : Number(flags.threads)
const interpreter = flags.python ?? python(process.cwd(), STRUCTURED)
const cache = resolve(flags.cache)
const folder = resolve('.cache/structured-speed')
mkdirSync(folder, { recursive: true })
const names = MODELS.filter((name) => name.includes(flags.only))
if (names.length === 0) throw new RangeError(`--only is part of one of ${MODELS.join(', ')}.`)
const rows: Row[] = []
for (const name of names) {
  rows.push(await measured(name))
  console.error(`${name} done`)
}
console.log(
  `Before and after ${FLAGS.join(' ')}, ${threads === null ? 'as many threads as cores' : `${threads} threads`}\n`,
)
console.log(render(rows))
console.log(`\n${rows.map(limit).join('\n')}`)

async function measured(name: string): Promise<Row> {
  const architecture = { family: 'torchvision', name } as const
  const { status } = await exported(architecture, { python: interpreter, cache, memoryGb: 8 })
  if (status !== 'ok') throw new Error(`${name} could not be exported.`)
  const dense = modelPath(cache, architecture)
  const slim = join(folder, `${name}.slim.onnx`)
  const { before, after } = prune(dense, slim)
  if (!before.macs.total || !after?.macs.total) throw new Error(`The MACs of ${name} are not known.`)
  const [first, second] = (await bench({ inputs: [dense, slim], minMs, threads })).bench?.models ?? []
  if (!first || !second?.ratio) throw new Error(`Nothing was measured of ${name}.`)
  return {
    name,
    macs: { before: before.macs.total, after: after.macs.total },
    latencyMs: { before: first.medianMs, after: second.medianMs },
    ratio: second.ratio,
  }
}

function prune(input: string, output: string): Report {
  const args = [resolve('bin/run.js'), 'prune', 'structured', input, ...FLAGS, '--json', '--no-progress', '-o', output]
  const text = execFileSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    maxBuffer: 2 ** 30,
  })
  return JSON.parse(text) as Report // what mcompress prints, by its schema
}

function render(rows: readonly Row[]): string {
  const header = ['', 'MACs', 'after', 'fall', 'latency', 'after', 'fall', 'of the fall', 'of the factor']
  const cells = rows.map(({ name, macs, latencyMs, ratio }) => [
    name,
    `${(macs.before / 1e9).toFixed(2)} G`,
    `${(macs.after / 1e9).toFixed(2)} G`,
    percent(1 - macs.after / macs.before),
    `${latencyMs.before.toPrecision(3)} ms`,
    `${latencyMs.after.toPrecision(3)} ms`,
    `${percent(1 - ratio.value)}${interval(ratio)}`,
    percent(realised({ macs, ratio })),
    percent(macs.after / macs.before / ratio.value),
  ])
  return markdownTable(header, cells)
}

/** What latency falls by, as a share of what the operations fall by. */
function realised({ macs, ratio }: Pick<Row, 'macs' | 'ratio'>): number {
  return (1 - ratio.value) / (1 - macs.after / macs.before)
}

function limit(row: Row): string {
  const share = realised(row)
  const what = `${row.name}: latency falls by ${percent(share)} of what the MACs fall by`
  return verdict(share >= LEAST_REALISED, `${what}, at least ${percent(LEAST_REALISED)}`)
}

function interval({ low, high }: Row['ratio']): string {
  return low === null || high === null ? '' : ` (${percent(1 - high)} to ${percent(1 - low)})`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
