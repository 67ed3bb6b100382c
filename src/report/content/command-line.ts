import type { BenchReport, Report, StepReport } from '../report.js'
import { isOfBench } from './bench.js'
import { kebabCase } from './options.js'

/**
 * The command that makes this report again, for a POSIX shell: as it was run, or, when no command line made the
 * report, put together from its options; null when no single command does (a recipe).
 */
export function commandLine(report: Report): string | null {
  const words = report.argv.length > 0 ? ['mcompress', ...report.argv] : reconstructed(report)
  return words === null ? null : words.map(quoted).join(' ')
}

/** Options have the names of their flags. */
function reconstructed(report: Report): readonly string[] | null {
  if (isOfBench(report)) return benchWords(report.bench)
  const [step, ...more] = report.steps
  if (more.length > 0 || (step !== undefined && step.pass !== report.command.replaceAll(' ', '-'))) return null
  const compares = report.command === 'compare'
  return [
    'mcompress',
    ...report.command.split(' '),
    report.before.path ?? '-',
    ...(compares ? [report.after?.path ?? '-', ...(report.comparison?.layers ? ['--layers'] : [])] : []),
    ...(step === undefined ? [] : optionFlags(step)),
    ...dataFlags(report),
    ...(step === undefined && !compares ? [] : flag('seed', String(report.seed))),
    ...(compares || report.after === null || report.after.path === null ? [] : flag('output', report.after.path)),
  ]
}

function benchWords(bench: BenchReport): readonly string[] {
  const { models, data, batch, dims, threads, provider, warmup } = bench
  return [
    'mcompress',
    'bench',
    ...models.map(({ path }) => path ?? '-'),
    ...(data === 'random' ? [] : flag('data', data)),
    ...(batch === 1 ? [] : flag('batch-size', String(batch))),
    ...Object.entries(dims).flatMap(([name, n]) => flag('dim', `${name}=${n}`)),
    ...(threads === null ? [] : flag('threads', String(threads))),
    ...(provider === 'cpu' ? [] : flag('provider', provider)),
    ...flag('warmup', String(warmup)),
  ]
}

function optionFlags(step: StepReport): readonly string[] {
  return Object.entries(step.options).flatMap(([name, value]) => flags(kebabCase(name), value))
}

/** A list is a flag repeated; an object one for each of its keys, as in `--layer 'conv*=0.9'`. */
function flags(name: string, value: unknown): readonly string[] {
  if (value === null || value === undefined || value === false) return []
  if (value === true) return [`--${name}`]
  if (Array.isArray(value)) return value.flatMap((item) => flags(name, item))
  if (typeof value !== 'object') return flag(name, String(value))
  return Object.entries(value).flatMap(([key, item]) => flag(name, `${key}=${item}`))
}

/**
 * Where judging is all that the command does, `--data` is what it judges on, and the reference is not its input. What
 * was judged on a part of the data that was learned from has no flag of its own.
 */
function dataFlags({ command, after, data, metrics }: Report): readonly string[] {
  const only = after === null || command === 'compare'
  const severalOutputs = new Set(metrics.map((m) => m.output)).size > 1
  const references = new Set(only ? metrics.map((m) => m.against).filter((against) => against !== 'labels') : [])
  return [
    ...data
      .filter(
        ({ role, spec }) => role === 'calibration' || !data.some((d) => d.role === 'calibration' && d.spec === spec),
      )
      .flatMap((d) => flag(d.role === 'evaluation' && !only ? 'eval-data' : 'data', d.spec)),
    ...metrics.flatMap((m) => flag('metric', severalOutputs ? `${m.name}:${m.output}` : m.name)),
    ...[...references].flatMap((path) => flag('baseline', path)),
  ]
}

/** One word where the value could be taken for another flag. */
function flag(name: string, value: string): readonly string[] {
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value]
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
