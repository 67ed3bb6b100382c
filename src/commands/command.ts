import { writeFile } from 'node:fs/promises'
import { Command } from '@oclif/core'
import { InterruptedError, ioError, UsageError } from '../errors.js'
import type { Engine, Evaluation } from '../recipe/measure.js'
import type { Report } from '../report/report.js'
import { createProgress, type Progress } from './progress.js'

/** What the flags of flags.ts parse to, as far as commands share them. */
export interface SharedFlags {
  readonly report?: readonly string[] | undefined
  readonly json: boolean
  readonly gzip: boolean | undefined
  readonly quiet: boolean
  readonly verbose: boolean
  readonly progress: boolean
}

export interface EngineFlags {
  readonly dim?: readonly string[] | undefined
  readonly provider?: string | undefined
  readonly threads?: number | undefined
  readonly seed: number
}

export interface EvaluationFlags {
  readonly metric?: readonly string[] | undefined
  readonly 'batch-size'?: number | undefined
  readonly limit?: number | undefined
  readonly bind?: readonly string[] | undefined
  readonly label?: string | undefined
}

export interface Hooks {
  readonly signal: AbortSignal
  readonly onProgress: Progress['update']
}

/** What every command does around its work: reports, progress, signals. */
export abstract class BaseCommand extends Command {
  /**
   * Does the work with progress on stderr, and stops it on SIGINT and SIGTERM; a second signal ends the process.
   *
   * @throws InterruptedError
   */
  protected async work<T>(flags: SharedFlags, run: (hooks: Hooks) => Promise<T>): Promise<T> {
    const progress = createProgress({ enabled: flags.progress && !flags.quiet, stream: process.stderr })
    const abort = new AbortController()
    const stop = (signal: NodeJS.Signals) => {
      const interrupted = new InterruptedError(signal === 'SIGTERM' ? 'SIGTERM' : 'SIGINT')
      if (abort.signal.aborted) process.exit(interrupted.exitCode)
      abort.abort(interrupted)
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    try {
      return await run({ signal: abort.signal, onProgress: (phase, done) => progress.update(phase, done) })
    } finally {
      progress.end()
      process.off('SIGINT', stop).off('SIGTERM', stop)
    }
  }

  /** Writes the report to every place that was asked for: files, and stdout as text or JSON. */
  protected async deliver(report: Report, flags: SharedFlags, layers: boolean | null = null): Promise<void> {
    const { formForFile } = await import('../report/index.js')
    for (const path of flags.report ?? []) {
      const text = await formForFile(path).render(report)
      await writeFile(path, text).catch((error: unknown) => {
        throw ioError(error, `Cannot write the report "${path}"`, [
          'Check that the folder exists and may be written to.',
        ])
      })
    }
    if (flags.json) {
      const { json } = await import('../report/json.js')
      process.stdout.write(json.render(report))
    } else if (!flags.quiet) {
      const { terminal, terminalOptions } = await import('../report/terminal.js')
      const stream = this.textStream()
      process[stream].write(terminal.render(report, { ...terminalOptions(stream), layers, full: flags.verbose }))
    }
  }

  /** Where text for people goes: stderr when stdout carries a model. */
  protected textStream(): 'stdout' | 'stderr' {
    return 'stdout'
  }
}

/** A report's file must be writable in a form that exists: checked before any work. @throws UsageError */
export async function checkReportFlags(flags: SharedFlags): Promise<void> {
  if (flags.report === undefined) return
  const { formForFile } = await import('../report/index.js')
  for (const path of flags.report) formForFile(path)
}

export function engineOf(flags: EngineFlags): Engine {
  return {
    dims: numbers(flags.dim ?? []),
    seed: flags.seed,
    provider: flags.provider ?? null,
    threads: flags.threads ?? null,
  }
}

export function evaluationOf(data: string | undefined, flags: EvaluationFlags): Evaluation | null {
  if (data === undefined) {
    const useless = (['metric', 'limit', 'batch-size', 'bind', 'label'] as const).find(
      (name) => flags[name] !== undefined,
    )
    if (useless === undefined) return null
    throw new UsageError(`--${useless} says how to use data, but there is none.`, {
      suggestions: ['Add --eval-data SPEC.'],
    })
  }
  return {
    data,
    metrics: flags.metric ?? [],
    batchSize: flags['batch-size'] ?? null,
    limit: flags.limit ?? null,
    binds: Object.fromEntries((flags.bind ?? []).map((text) => pair(text, '--bind', 'INPUT=FIELD'))),
    label: flags.label ?? null,
  }
}

function numbers(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = pair(text, '--dim', 'NAME=N')
      const n = Number(value)
      if (Number.isSafeInteger(n) && n > 0) return [name, n]
      throw new UsageError(`--dim is "${text}"; the value must be a whole number above 0.`, {
        suggestions: ['For example --dim batch=8.'],
      })
    }),
  )
}

function pair(text: string, flag: string, form: string): [string, string] {
  const at = text.lastIndexOf('=')
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
  throw new UsageError(`${flag} is "${text}"; it must be ${form}.`)
}
