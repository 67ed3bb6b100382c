/**
 * How fast `mcompress pack` is on the 500 MB model and on the 4 GB model, and how much memory it takes, beside codebooks
 * with onnx and NumPy, the dynamic quantization of ONNX Runtime and a plain copy.
 *
 *     npm run bench:pack-speed
 *     npm run bench:pack-speed -- --rounds 1 --small        without the 4 GB model
 *
 * The limits: 50 MB of dense weights a second of one core (by the time of the processor, all threads together), and as
 * much memory for 4 GB as for 500 MB, but for a quarter. Linux, Python 3.11 or newer, and the network the first time;
 * models and Python packages stay in `.cache`.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BigModel, bigModels, ensureBigModel } from './support/big-model.js'
import { type Contestant, measure, median, type Summary } from './support/measure.js'
import { PACKING } from './support/peers.js'
import { childrenMs } from './support/processor.js'
import { python } from './support/python.js'
import { table } from './support/table.js'
import { verdict } from './support/verdict.js'

const LEAST_BYTES_PER_SECOND = 50e6
const MOST_GROWTH = 1.25

interface Packer extends Contestant {
  readonly output: string
}

interface Result {
  readonly model: BigModel
  readonly inputBytes: number
  readonly packers: readonly (Summary & { readonly processorMs: number; readonly outputBytes: number })[]
}

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, small: { type: 'boolean', default: false } },
})
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const ways = [mcompress('--bits', '4'), mcompress('--bits', '8'), mcompress('--lossless'), mcompress()]
const results = [await measured(bigModels.single, [...ways, numpy, quantized, copy])]
if (!flags.small) results.push(await measured(bigModels.external, [mcompress('--bits', '4'), copy]))
console.log(results.map(render).join('\n\n'))
console.log(`\n${verdicts(results).join('\n')}`)

async function measured(model: BigModel, packers: readonly ((input: string) => Packer)[]): Promise<Result> {
  const input = await ensureBigModel(model)
  const processor = new Map<string, number[]>()
  const written = new Map<string, number>()
  let before = 0
  const summaries = await measure(
    packers.map((packer) => packer(input)),
    {
      rounds,
      warmups: 0, // seconds of work: the first run is no other than the second
      prepare: ({ output }) => {
        mkdirSync(dirname(output), { recursive: true })
        execFileSync('sync') // what the run before left to be written would otherwise slow this one
        before = childrenMs()
      },
      onRun: ({ name, output }, round, run) => {
        processor.set(name, [...(processor.get(name) ?? []), childrenMs() - before])
        written.set(name, bytesIn(dirname(output)))
        rmSync(dirname(output), { recursive: true })
        console.error(`${model.name}, round ${round + 1}: ${name} ${(run.ms / 1000).toFixed(1)} s`)
      },
    },
  )
  return {
    model,
    inputBytes: bytesIn(dirname(input)),
    packers: summaries.map((summary) => ({
      ...summary,
      processorMs: median(processor.get(summary.name) ?? []),
      outputBytes: written.get(summary.name) ?? 0,
    })),
  }
}

function mcompress(...options: readonly string[]): (input: string) => Packer {
  const name = ['mcompress pack', ...options].join(' ')
  const output = outputFor(name)
  return (input) => ({
    name,
    command: process.execPath,
    args: [resolve('bin/run.js'), 'pack', input, ...options, '-o', output, '--quiet', '--allow-unchanged'],
    output,
  })
}

function numpy(input: string): Packer {
  return peer('onnx + numpy, 16 values', 'pack_numpy.py', input, '4')
}

function quantized(input: string): Packer {
  return peer('quantize_dynamic, int8', 'pack_int8.py', input)
}

function peer(name: string, script: string, input: string, ...more: readonly string[]): Packer {
  const output = outputFor(name)
  const args = [resolve('bench/peers', script), input, output, ...more]
  return { name, command: python(process.cwd(), PACKING), args, output }
}

/** The floor: reading and writing the same bytes. */
function copy(input: string): Packer {
  const output = outputFor('copy')
  const script = 'cp --reflink=never "$0"/* "$1" && sync "$1"/*'
  return { name: 'cp + sync', command: 'sh', args: ['-c', script, dirname(input), dirname(output)], output }
}

function outputFor(name: string): string {
  return resolve('.cache/bench/out', name.replace(/\W+/g, '-'), 'model.onnx')
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

function bytesPerSecond({ inputBytes }: Result, { processorMs }: Result['packers'][number]): number {
  return (1000 * inputBytes) / processorMs
}

function render(result: Result): string {
  const rows = result.packers.map((packer) => [
    packer.name,
    `${(packer.medianMs / 1000).toFixed(2)} s`,
    `${(packer.processorMs / 1000).toFixed(2)} s`,
    `${(bytesPerSecond(result, packer) / 1e6).toFixed(0)} MB/s`,
    `${(packer.anonBytes / 1e6).toFixed(0)} MB`,
    `${(packer.rssBytes / 1e6).toFixed(0)} MB`,
    packer.outputBytes === 0 ? 'unchanged' : `${((100 * packer.outputBytes) / result.inputBytes).toFixed(1)} %`,
  ])
  const header = ['', 'time', 'processor', 'dense weights by it', 'peak anonymous', 'peak resident', 'file']
  return `${result.model.name}, median of ${rounds} interleaved rounds\n\n${table(header, rows)}`
}

function verdicts(results: readonly Result[]): string[] {
  const ours = results.flatMap((result) =>
    result.packers
      .filter(({ name }) => name.startsWith('mcompress'))
      .map((packer) => ({ packer, speed: bytesPerSecond(result, packer), where: result.model.name })),
  )
  const speeds = ours.map(({ packer, speed, where }) => {
    const what = `${packer.name} of ${where}: ${(speed / 1e6).toFixed(0)} MB/s of one core`
    return verdict(speed >= LEAST_BYTES_PER_SECOND, `${what}, at least ${LEAST_BYTES_PER_SECOND / 1e6}`)
  })
  const [small, large] = results.map(({ packers }) => packers[0]?.anonBytes ?? 0)
  if (small === undefined || large === undefined) return speeds
  const growth = large / small
  const what = `${growth.toFixed(2)}x the memory for 8 times the model, limit ${MOST_GROWTH}x`
  return [...speeds, verdict(growth <= MOST_GROWTH, what)]
}
