/**
 * How long `mcompress inspect` takes on the 500 MB model, and how much memory, beside reading and copying the file.
 *
 *     npm run bench:inspect
 *     npm run bench:inspect -- --rounds 11
 *
 * The limits: plain `inspect` and `inspect --why` take at most 1 s and 300 MB each, the whole process, with the file
 * in the page cache. Linux; the model stays in `.cache`.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bigModels, ensureBigModel } from './support/big-model.js'
import { type Contestant, measure, median, type Summary } from './support/measure.js'
import { table } from './support/table.js'

const MOST_MS = 1000
const MOST_BYTES = 300e6

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const model = await ensureBigModel(bigModels.single)
const copy = resolve('.cache/bench/out/copy/model.onnx')
mkdirSync(resolve(copy, '..'), { recursive: true })
/** Of each contestant the processor time of its runs: what other work on the machine does not lengthen. */
const processor = new Map<string, number[]>()
let before = 0
try {
  const summaries = await measure(contestants(), {
    rounds,
    prepare: () => {
      rmSync(copy, { force: true })
      before = childrenMs()
    },
    onRun: ({ name }, round) => {
      if (round >= 0) processor.set(name, [...(processor.get(name) ?? []), childrenMs() - before])
    },
  })
  console.log(`${bigModels.single.name}, median of ${rounds} interleaved rounds\n`)
  console.log(render(summaries))
} finally {
  rmSync(copy, { force: true })
}

/** Processor time of all child processes that have ended, in steps of 10 ms. @see proc_pid_stat(5), cutime, cstime */
function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return 10 * (Number(fields[13]) + Number(fields[14]))
}

function contestants(): Contestant[] {
  const shell = (name: string, script: string): Contestant => ({
    name,
    command: 'sh',
    args: ['-c', script, model, copy],
  })
  const mcompress = (...args: string[]): Contestant => ({
    name: ['mcompress', ...args].join(' '),
    command: process.execPath,
    args: [resolve('bin/run.js'), ...args, model],
  })
  return [
    shell('cat > /dev/null', 'cat "$0" > /dev/null'),
    shell('cp', 'cp --reflink=never "$0" "$1"'),
    { name: 'node -e 0', command: process.execPath, args: ['-e', '0'] },
    mcompress('inspect'),
    mcompress('inspect', '--why'),
  ]
}

function render(summaries: readonly Summary[]): string {
  const [cat, cp] = summaries
  if (cat === undefined || cp === undefined) throw new RangeError('Nothing was measured.')
  const rows = summaries.map((s) => [
    s.name,
    `${s.medianMs.toFixed(0)} ms`,
    `${s.minMs.toFixed(0)}..${s.maxMs.toFixed(0)}`,
    `${(s.medianMs / cat.medianMs).toFixed(2)}x`,
    `${(s.medianMs / cp.medianMs).toFixed(2)}x`,
    `${median(processor.get(s.name) ?? []).toFixed(0)} ms`,
    `${(s.rssBytes / 1e6).toFixed(0)} MB`,
  ])
  const limits = summaries
    .filter((s) => s.name.startsWith('mcompress'))
    .map((s) => {
      const kept = s.medianMs <= MOST_MS && s.rssBytes <= MOST_BYTES
      return `${kept ? 'kept' : 'NOT KEPT'}: ${s.name} takes ${s.medianMs.toFixed(0)} ms and ${(s.rssBytes / 1e6).toFixed(0)} MB, at most ${MOST_MS} ms and ${MOST_BYTES / 1e6} MB`
    })
  return [table(['', 'median', 'min..max', 'to cat', 'to cp', 'processor', 'peak resident'], rows), '', ...limits].join(
    '\n',
  )
}
