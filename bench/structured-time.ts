/**
 * How long `mcompress prune structured --ratio 0.5` takes beside Torch-Pruning, on ResNet-50 and ViT-B/16 with the same
 * random weights.
 *
 *     npm run bench:structured-time
 *     npm run bench:structured-time -- --rounds 9
 *
 * What is compared are whole processes, from a file to a file: mcompress reads and writes ONNX, and loads what it wrote
 * in ONNX Runtime; Torch-Pruning reads weights and writes a model for PyTorch, or exports ONNX as well. Parts of its
 * time are told too, for in a longer program importing PyTorch costs once, and pruning is what is left. The limits: 3 s
 * and 8 s, and half the time of Torch-Pruning from file to file. Linux, Python 3.11 or newer, and the network the first
 * time; `--python PATH` takes an interpreter that has what peers/requirements-structured.txt lists.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { exported, modelPath } from './coverage/export.js'
import { type Contestant, measure, median } from './support/measure.js'
import { STRUCTURED } from './support/peers.js'
import { python } from './support/python.js'
import { table } from './support/table.js'
import { verdict } from './support/verdict.js'

const MODELS = [
  { name: 'resnet50', mostMs: 3000 },
  { name: 'vit_b_16', mostMs: 8000 },
] as const
const MOST_TIMES = 0.5
const PARTS = ['import', 'load', 'graph', 'prune', 'write'] as const

/** Seconds of a run of Torch-Pruning, by part. */
type Parts = Readonly<Record<(typeof PARTS)[number], number>>

interface Pruner extends Contestant {
  readonly output: string
  /** Where it writes the times of its parts; null for mcompress. */
  readonly times: string | null
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    cache: { type: 'string', default: '.cache/coverage' },
    python: { type: 'string' },
  },
})
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const interpreter = flags.python ?? python(process.cwd(), STRUCTURED)
const script = resolve('bench/peers/structured_torch_pruning.py')
const cache = resolve(flags.cache)
const folder = resolve('.cache/structured-time')
mkdirSync(folder, { recursive: true })
const said: string[] = []
for (const { name, mostMs } of MODELS) said.push(...(await compared(name, mostMs)))
console.log(said.join('\n'))

/** Prints the table of one model. @returns the limits */
async function compared(name: string, mostMs: number): Promise<string[]> {
  const architecture = { family: 'torchvision', name } as const
  const { status } = await exported(architecture, { python: interpreter, cache, memoryGb: 8 })
  if (status !== 'ok') throw new Error(`${name} could not be exported.`)
  const state = join(folder, `${name}.state.pt`)
  if (!existsSync(state)) execFileSync(interpreter, [script, 'prepare', name, state], { stdio: ['ignore', 2, 2] })
  const parts = new Map<string, Parts[]>()
  const pruners = [
    mcompress(modelPath(cache, architecture), name),
    torchPruning('Torch-Pruning, .pt to .pt', name, state, '.pt'),
    torchPruning('Torch-Pruning, .pt to .onnx', name, state, '.onnx'),
  ]
  const [ours, ...theirs] = await measure(pruners, {
    rounds,
    prepare: ({ output }) => {
      rmSync(output, { force: true })
      execFileSync('sync') // what the run before left to be written would otherwise slow this one
    },
    onRun: (pruner, round, { ms }) => {
      console.error(`${name}, round ${round + 1}: ${pruner.name} ${(ms / 1000).toFixed(1)} s`)
      if (pruner.times === null || round < 0) return
      const times = JSON.parse(readFileSync(pruner.times, 'utf8')) as Parts // what the script writes
      parts.set(pruner.name, [...(parts.get(pruner.name) ?? []), times])
    },
  })
  const peer = theirs[0]
  if (ours === undefined || peer === undefined) throw new RangeError('Two are compared, at least.')
  const rows = [ours, ...theirs].map((summary) => {
    const its = parts.get(summary.name)
    const cell = (part: keyof Parts) => (its === undefined ? '' : seconds(1000 * median(its.map((run) => run[part]))))
    return [summary.name, seconds(summary.medianMs), times(ours.medianMs, summary.medianMs), ...PARTS.map(cell)]
  })
  const header = ['', 'whole process', 'mcompress takes', ...PARTS]
  console.log(`${name}, ratio 0.5, median of ${rounds} interleaved rounds\n\n${table(header, rows)}\n`)
  const inner = parts.get(peer.name) ?? []
  const ofParts = (...names: (keyof Parts)[]) =>
    1000 * median(inner.map((run) => names.reduce((sum, part) => sum + run[part], 0)))
  const [afterImport, pruning] = [ofParts('load', 'graph', 'prune', 'write'), ofParts('graph', 'prune')]
  return [
    verdict(ours.medianMs <= mostMs, `${name} in ${seconds(ours.medianMs)}, at most ${seconds(mostMs)}`),
    verdict(
      ours.medianMs <= MOST_TIMES * peer.medianMs,
      `${name}: ${times(ours.medianMs, peer.medianMs)} the time of Torch-Pruning from file to file, at most ${MOST_TIMES}x`,
    ),
    `${name}: ${times(ours.medianMs, afterImport)} its time without imports, ${times(ours.medianMs, pruning)} that of its graph and its step alone`,
  ]
}

function mcompress(input: string, model: string): Pruner {
  const output = join(folder, `${model}.slim.onnx`)
  const flags = ['--ratio', '0.5', '-o', output, '--quiet']
  const args = [resolve('bin/run.js'), 'prune', 'structured', input, ...flags]
  return { name: 'mcompress, .onnx to .onnx', command: process.execPath, args, output, times: null }
}

function torchPruning(name: string, model: string, state: string, ending: '.pt' | '.onnx'): Pruner {
  const [output, times] = [join(folder, `${model}.torch-pruning${ending}`), join(folder, `${model}${ending}.json`)]
  return { name, command: interpreter, args: [script, 'prune', model, state, output, times], output, times }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function times(ms: number, of: number): string {
  return `${(ms / of).toFixed(2)}x`
}
