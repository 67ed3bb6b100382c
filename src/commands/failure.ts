import { ExitCode, UsageError, UserError } from '../errors.js'
import { didYouMean } from '../nearest.js'

/** What oclif's parser and dispatcher throw, as far as it matters here. */
interface CliError extends Error {
  readonly oclif?: { readonly exit?: number }
  readonly flags?: readonly string[]
  readonly args?: readonly unknown[]
  readonly parse?: { readonly input?: { readonly flags?: Record<string, unknown> } }
}

/**
 * Tells the user what went wrong, on stderr. A mistake of theirs: what, where, what to do. A bug of ours: the stack.
 *
 * @returns the exit code
 */
export async function fail(error: unknown, args: readonly string[]): Promise<number> {
  if (isCliError(error) && error.oclif.exit === 0) return ExitCode.ok // --help ends that way
  const known = error instanceof UserError ? error : isCliError(error) ? await usageError(error, args) : null
  if (known === null) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(
      `${stack}\n\n${paint('Error', 31)} This is a bug in mcompress: please report it with the lines above.\n`,
    )
    return ExitCode.internal
  }
  const remedies = known.suggestions.map((s) => `  ${s}\n`).join('')
  process.stderr.write(`${paint('Error', 31)} ${known.message}\n${remedies}`)
  return known.exitCode
}

function isCliError(error: unknown): error is CliError & { oclif: { exit?: number } } {
  return error instanceof Error && 'oclif' in error && typeof error.oclif === 'object'
}

async function usageError(error: CliError, args: readonly string[]): Promise<UsageError> {
  const [first = ''] = error.message.split('\n')
  const help = `mcompress ${args[0] && !args[0].startsWith('-') ? `${args[0]} ` : ''}--help lists what there is.`
  const unknownFlag = /^Nonexistent flags?: (.*)$/.exec(first)?.[1]
  if (unknownFlag !== undefined) {
    const names = Object.keys(error.parse?.input?.flags ?? {}).map((name) => `--${name}`)
    const [near] = didYouMean(unknownFlag.split(',')[0] ?? '', names, 'flags')
    return new UsageError(`There is no flag ${unknownFlag}.`, {
      suggestions: near?.startsWith('Did') ? [near, help] : [help],
    })
  }
  const unknownCommand = /^command (.*) not found$/.exec(first)?.[1]
  if (unknownCommand !== undefined) {
    const { COMMANDS } = await import('./index.js')
    const words = Object.keys(COMMANDS).map((id) => id.replaceAll(':', ' '))
    const [typed = ''] = unknownCommand.split(/[: ]/) // oclif takes what follows for a part of the name
    return new UsageError(`There is no command "${typed}".`, { suggestions: didYouMean(typed, words, 'commands') })
  }
  const missing = /^Missing (\d+) required arg/.test(first)
  if (missing)
    return new UsageError('The model is missing.', { suggestions: [`mcompress ${args[0] ?? ''} model.onnx`, help] })
  const unexpected = /^Unexpected arguments?: (.*)$/.exec(first)?.[1]
  if (unexpected !== undefined) {
    return new UsageError(`Unexpected argument: ${unexpected}. One model at a time.`, { suggestions: [help] })
  }
  return new UsageError(first.endsWith('.') ? first : `${first}.`, { suggestions: [help] })
}

function paint(text: string, code: number): string {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stderr.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  return wanted ? `\u001b[${code};1m${text}\u001b[0m` : `${text}:`
}
