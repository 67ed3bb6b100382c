import { constants, existsSync, statSync } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command, type Interfaces } from '@oclif/core'
import type { Division } from '../analysis/division.js'
import { InterruptedError, IoError, ioError, UserError } from '../errors.js'
import type { Report } from '../report/report.js'
import type { SharedFlags } from './flags.js'
import type { Place } from './mistakes.js'
import type { Progress } from './progress.js'
import type { Setting } from './settings.js'

export interface Hooks {
  readonly signal: AbortSignal
  readonly onProgress: Progress['update']
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** After it the process ends, stopped or not. A child process that runs a model has 2 s. */
const GRACE_MS = 3000

/** What every command does around its work: settings, mistakes, signals, progress, reports. */
export abstract class BaseCommand extends Command {
  /** Names of the flags that stand on the command line itself. */
  protected given: ReadonlySet<string> = new Set()
  #settings: readonly Setting[] = []
  /** What was typed: oclif replaces `argv` by what it parsed last. */
  #typed: readonly string[] = []

  /** The command line first, for its own mistakes; then with what environment and configuration file add to it. */
  protected override async parse<
    F extends Record<string, unknown>,
    B extends Record<string, unknown>,
    A extends Record<string, unknown>,
  >(options?: Interfaces.Input<F, B, A>, argv = this.argv): Promise<Interfaces.ParserOutput<F, B, A>> {
    const { refuseValuesOfSwitches } = await import('./mistakes.js')
    refuseValuesOfSwitches(await this.#place())
    this.#typed = argv
    const own = await super.parse(options, argv)
    this.given = new Set(own.raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : [])))
    const { readSettings } = await import('./settings.js')
    this.#settings = await readSettings({
      command: this.#words(),
      commands: new Map((await commandTable()).map(([words, { flags }]) => [words, flags])),
      given: this.given,
      config: own.flags.config as string | undefined, // as flags.ts has it, in the commands that have it
      env: process.env,
      folder: process.cwd(),
    })
    if (this.#settings.length === 0) return own
    return super.parse(options, [...this.#settings.flatMap((setting) => setting.args), ...argv])
  }

  /** Tells mistakes in our words, and where a flag was set that is not on the command line. */
  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<never> {
    if (error.oclif?.exit === 0) throw error
    const place = await this.#place()
    const { isOfParser, usageErrorOf, nearSubcommand } = await import('./mistakes.js')
    const known: Error = isOfParser(error) ? usageErrorOf(error, place) : error
    if (!(known instanceof UserError)) throw known
    const [first = ''] = this.argv
    const near = known instanceof IoError && known.message.includes(first) ? nearSubcommand(first, place) : undefined
    const set = this.#settings.filter(({ flag }) => new RegExp(`--${flag}(?![\\w-])`).test(known.message))
    const suggestions = [
      ...(near === undefined ? [] : [near]),
      ...known.suggestions,
      ...set.map(({ flag, from }) => `--${flag} was set in ${from}.`),
    ]
    Object.assign(known, { suggestions }) // the same error, of the same kind, with its stack
    throw known
  }

  /**
   * Does the work with progress on stderr, and stops it on SIGINT, SIGTERM and SIGHUP; a second signal, or no stop
   * within {@link GRACE_MS}, ends the process.
   *
   * @throws InterruptedError
   */
  protected async work<T>(flags: SharedFlags, run: (hooks: Hooks) => Promise<T>): Promise<T> {
    const progress = await progressOf(flags)
    const abort = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const stop = (signal: NodeJS.Signals) => {
      const interrupted = new InterruptedError(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM')
      const end = () => process.exit(interrupted.exitCode)
      if (abort.signal.aborted) end()
      progress.update('Stopping', null)
      timer = setTimeout(end, GRACE_MS)
      abort.abort(interrupted)
    }
    for (const signal of SIGNALS) process.on(signal, stop)
    try {
      return await run({
        signal: abort.signal,
        onProgress: (phase, done) => {
          if (!abort.signal.aborted) progress.update(phase, done)
        },
      })
    } catch (error) {
      abort.signal.throwIfAborted() // whatever broke because of it
      throw error
    } finally {
      clearTimeout(timer)
      progress.end()
      for (const signal of SIGNALS) process.off(signal, stop)
    }
  }

  /** Writes the report to every place that was asked for: files, and stdout as text or JSON. */
  protected async deliver(
    found: Report,
    flags: SharedFlags,
    layers: boolean | null = null,
    by: readonly Division[] | null = null,
  ): Promise<void> {
    const added = this.#settings.flatMap((setting) => setting.args)
    const report = { ...found, argv: [...this.#words().split(' '), ...this.#typed, ...added] }
    // Each form is loaded when it is wanted: together they take longer than pruning a small model.
    if (flags.report !== undefined) await writeReports(report, flags.report)
    if (flags.json) {
      const { json } = await import('../report/json.js')
      process.stdout.write(json.render(report))
    } else if (!flags.quiet) {
      const { terminal, terminalOptions } = await import('../report/terminal.js')
      const stream = this.textStream()
      process[stream].write(
        terminal.render(report, { ...terminalOptions(stream), layers, by, full: flags.verbose === true }),
      )
    }
  }

  /** Where text for people goes: stderr when stdout carries a model. */
  protected textStream(): 'stdout' | 'stderr' {
    return 'stdout'
  }

  #words(): string {
    return (this.id ?? '').replaceAll(':', ' ')
  }

  async #place(): Promise<Place> {
    const table = await commandTable()
    const command = this.#words()
    const flags = table.find(([words]) => words === command)?.[1].flags ?? {}
    const commands = new Map(table.map(([words, each]) => [words, Object.keys(each.flags)] as const))
    return { command, flags, argv: this.argv, commands }
  }
}

async function writeReports(report: Report, paths: readonly string[]): Promise<void> {
  const { formForFile } = await import('../report/index.js')
  for (const path of paths) {
    const text = await formForFile(path).render(report)
    await writeFile(path, text).catch((error: unknown) => {
      throw ioError(error, `Cannot write the report "${path}"`, ['Free some space, or choose another place.'])
    })
  }
}

/** Reports must have a form that exists and a place to go: looked at before any work. @throws UsageError, IoError */
export async function checkReports(paths: readonly string[] = []): Promise<void> {
  if (paths.length === 0) return
  const { formForFile } = await import('../report/index.js')
  for (const path of paths) {
    formForFile(path)
    await checkWritable(path, `Cannot write the report "${path}"`)
  }
}

/** @param doing  for the message: `Cannot write the report "x.md"` @throws IoError unless a file can be written there */
export async function checkWritable(path: string, doing: string): Promise<void> {
  const folder = dirname(path)
  if (!existsSync(folder)) {
    throw new IoError(`${doing}: there is no folder "${folder}".`, { suggestions: [`Make it: mkdir -p "${folder}"`] })
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    throw new IoError(`${doing}: it is a folder.`, { suggestions: ['Name a file in it.'] })
  }
  await access(existsSync(path) ? path : folder, constants.W_OK).catch((error: unknown) => {
    throw ioError(error, doing, ['Choose another place.'])
  })
}

async function commandTable(): Promise<[words: string, command: Command.Class][]> {
  const { COMMANDS } = await import('./index.js')
  return Object.entries(COMMANDS).map(([id, command]) => [id.replaceAll(':', ' '), command])
}

async function progressOf({ progress, quiet }: SharedFlags): Promise<Progress> {
  const { createProgress, NO_PROGRESS } = await import('./progress.js')
  if (!progress || quiet) return NO_PROGRESS
  const { stderr } = process
  if (!stderr.isTTY || process.env.TERM === 'dumb') return createProgress(stderr, { redraw: false, color: false })
  const { terminalOptions } = await import('../report/terminal.js')
  return createProgress(stderr, { redraw: true, color: terminalOptions('stderr').color })
}
