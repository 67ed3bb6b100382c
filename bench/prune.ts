/**
 * Global magnitude pruning of half of the weights, beside what one would otherwise write in Python.
 *
 *     npm run bench:prune                 the 500 MB model: mcompress, NumPy, PyTorch, a plain copy
 *     npm run bench:prune -- --big        the 4 GB model (external data): mcompress and a plain copy
 *     npm run bench:prune -- --rounds 3
 *
 * Linux, Python 3.11 or newer, and the network the first time; models and Python packages stay in `.cache`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BigModel, bigModels, ensureBigModel } from './support/big-model.js'
import { type Contestant, measure, type Summary } from './support/measure.js'
import { python } from './support/python.js'
import { weightSparsity } from './support/sparsity.js'
import { table } from './support/table.js'

const SPARSITY = 0.5
const COPY = 'cp + sync'

interface Pruner extends Contestant {
  readonly output: string
}

const { values: flags } = parseArgs({
  options: { big: { type: 'boolean', default: false }, rounds: { type: 'string', default: '7' } },
})
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const pruners = flags.big ? [mcompress, copy] : [mcompress, numpy, torch, copy]
await compare(flags.big ? bigModels.external : bigModels.single, pruners)

async function compare(model: BigModel, pruners: readonly ((input: string) => Pruner)[]): Promise<void> {
  const input = await ensureBigModel(model)
  const sparsities = new Map<string, number>()
  const summaries = await measure(
    pruners.map((pruner) => pruner(input)),
    {
      rounds,
      prepare: ({ output }) => {
        rmSync(dirname(output), { recursive: true, force: true })
        mkdirSync(dirname(output), { recursive: true })
        execFileSync('sync') // what the run before left to be written would otherwise slow this one
      },
      onRun: ({ name, output }, round, run) => {
        console.error(`${round < 0 ? 'warm-up' : `round ${round + 1}`}: ${name} ${seconds(run.ms)}`)
        if (round < 0) sparsities.set(name, weightSparsity(output))
      },
    },
  )
  console.log(`${model.name}, sparsity ${SPARSITY}, median of ${rounds} interleaved rounds\n`)
  console.log(render(summaries, sparsities))
  console.log(
    '\nThe time of mcompress holds the flush to the disk and the check in ONNX Runtime; that of a Python peer neither.',
  )
}

function mcompress(input: string): Pruner {
  const output = outputFor('mcompress')
  const args = ['bin/run.js', 'prune', input, '--sparsity', `${SPARSITY}`, '-o', output, '--quiet']
  return { name: 'mcompress', command: process.execPath, args, output }
}

function numpy(input: string): Pruner {
  const output = outputFor('numpy')
  return {
    name: 'onnx + numpy',
    command: python(),
    args: ['bench/peers/prune_numpy.py', input, output, `${SPARSITY}`],
    output,
  }
}

function torch(input: string): Pruner {
  const output = outputFor('torch')
  return {
    name: 'onnx + torch',
    command: python(),
    args: ['bench/peers/prune_torch.py', input, output, `${SPARSITY}`],
    output,
  }
}

/** The floor: reading and writing the same bytes. */
function copy(input: string): Pruner {
  const output = outputFor('copy')
  const script = 'cp --reflink=never "$0"/* "$1" && sync "$1"/*'
  return { name: COPY, command: 'sh', args: ['-c', script, dirname(input), dirname(output)], output }
}

function outputFor(name: string): string {
  return resolve('.cache/bench/out', name, 'model.onnx')
}

function render(summaries: readonly Summary[], sparsities: ReadonlyMap<string, number>): string {
  const peers = summaries.filter(({ name }) => name.startsWith('onnx + '))
  const fasterPeer = Math.min(...peers.map((s) => s.medianMs))
  const floor = summaries.find(({ name }) => name === COPY)?.medianMs ?? Number.NaN
  const ratio = (ms: number, to: number) => (Number.isFinite(to) ? `${(ms / to).toFixed(2)}x` : '-')
  return table(
    ['', 'median', 'min..max', 'to faster peer', `to ${COPY}`, 'peak anonymous', 'peak resident', 'zeros'],
    summaries.map((s) => [
      s.name,
      seconds(s.medianMs),
      `${seconds(s.minMs)}..${seconds(s.maxMs)}`,
      ratio(s.medianMs, fasterPeer),
      ratio(s.medianMs, floor),
      megabytes(s.anonBytes),
      megabytes(s.rssBytes),
      `${(100 * (sparsities.get(s.name) ?? Number.NaN)).toFixed(4)} %`,
    ]),
  )
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
