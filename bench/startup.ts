/**
 * How long `mcompress` takes to start, beside an empty Node.js process and the smallest CLI that oclif 4 makes.
 *
 *     npm run bench:startup
 *     npm run bench:startup -- --rounds 31
 *
 * The limits: `mcompress --help` takes at most 3.2 times as long as `node -e 0`, and at most 30 ms longer than the
 * bare CLI's help in the same run.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, measure, type Summary } from './support/measure.js'
import { table } from './support/table.js'

const MOST_TIMES_NODE = 3.2
const MOST_MS_OVER_OCLIF = 30

const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '15' } } })
const rounds = Number(flags.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new RangeError(`--rounds takes a whole number, not "${flags.rounds}".`)
const folder = mkdtempSync(join(tmpdir(), 'mcompress-bench-'))
try {
  console.log(`Start of a process, median of ${rounds} interleaved rounds\n`)
  console.log(render(await measure(contestants(folder), { rounds })))
} finally {
  rmSync(folder, { recursive: true })
}

function contestants(folder: string): Contestant[] {
  const node = (name: string, ...args: string[]): Contestant => ({ name, command: process.execPath, args })
  const mcompress = (...args: string[]) => node(['mcompress', ...args].join(' '), resolve('bin/run.js'), ...args)
  const model = resolve('fixtures/generated/gemm.onnx')
  return [
    node('node -e 0', '-e', '0'),
    node('bare oclif --help', bareCli(folder), '--help'),
    mcompress('--help'),
    mcompress('--version'),
    mcompress('prune', '--help'),
    mcompress('passes'),
    { ...mcompress('inspect', model, '-q'), name: 'mcompress inspect (1 kB)' },
    { ...mcompress('prune', model, '-q', '--dry-run'), name: 'mcompress prune (1 kB)' },
  ]
}

/** One command with one flag, found as ours are. @returns the path of its script */
function bareCli(folder: string): string {
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve('node_modules/@oclif'), join(folder, 'node_modules/@oclif'))
  const manifest = {
    name: 'bare',
    version: '1.0.0',
    type: 'module',
    oclif: { bin: 'bare', commands: { strategy: 'explicit', target: './commands.js', identifier: 'COMMANDS' } },
  }
  const commands = `import { Command, Flags } from '@oclif/core'
class Hello extends Command {
  static summary = 'Say hello.'
  static flags = { name: Flags.string({ summary: 'To whom.' }) }
  async run() {}
}
export const COMMANDS = { hello: Hello }
`
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(folder, 'commands.js'), commands)
  const script = join(folder, 'run.js')
  writeFileSync(script, `import { execute } from '@oclif/core'\nawait execute({ dir: import.meta.url })\n`)
  return script
}

function render(summaries: readonly Summary[]): string {
  const [node, bare, help] = summaries
  if (node === undefined || bare === undefined || help === undefined) throw new RangeError('Nothing was measured.')
  const rows = summaries.map(({ name, medianMs, minMs }) => [
    name,
    medianMs.toFixed(0),
    minMs.toFixed(0),
    `${(medianMs / node.medianMs).toFixed(2)}x`,
    signed(medianMs - bare.medianMs),
  ])
  const times = help.medianMs / node.medianMs
  const over = help.medianMs - bare.medianMs
  return [
    table(['', 'median ms', 'min ms', 'to node', 'ms over bare oclif'], rows),
    '',
    `${kept(times <= MOST_TIMES_NODE)}: ${help.name} takes ${times.toFixed(2)}x of ${node.name}, at most ${MOST_TIMES_NODE}x`,
    `${kept(over <= MOST_MS_OVER_OCLIF)}: ${signed(over)} ms over ${bare.name}, at most +${MOST_MS_OVER_OCLIF} ms`,
  ].join('\n')
}

function kept(holds: boolean): string {
  return holds ? 'kept' : 'NOT KEPT'
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(0)}`
}
