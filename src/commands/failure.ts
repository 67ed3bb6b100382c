import { ExitCode, UserError } from '../errors.js'

/**
 * Tells the user what went wrong, on stderr. A mistake of theirs: what, where, what to do. A bug of ours: the stack.
 *
 * @returns the exit code
 */
export async function fail(error: unknown): Promise<number> {
  if (isCliError(error) && error.oclif.exit === 0) return ExitCode.ok // --help ends that way
  const known = error instanceof UserError || !isCliError(error) ? error : await unknownCommand(error)
  if (!(known instanceof UserError)) {
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

/** What oclif throws for mistakes, and to end early. */
interface CliError extends Error {
  readonly oclif: { readonly exit?: number }
}

function isCliError(error: unknown): error is CliError {
  return error instanceof Error && 'oclif' in error && typeof error.oclif === 'object' && error.oclif !== null
}

/** Mistakes within a command are told by BaseCommand; oclif itself only finds no command. */
async function unknownCommand(error: CliError): Promise<unknown> {
  const typed = /^command (.*) not found\.?$/is.exec(error.message)?.[1]
  if (typed === undefined) return error
  const [{ notFound }, { COMMANDS }] = await Promise.all([import('./mistakes.js'), import('./index.js')])
  return notFound(
    typed,
    Object.keys(COMMANDS).map((id) => id.replaceAll(':', ' ')),
  )
}

function paint(text: string, code: number): string {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const wanted = FORCE_COLOR ? FORCE_COLOR !== '0' : process.stderr.isTTY === true && !NO_COLOR && TERM !== 'dumb'
  return wanted ? `\u001b[${code};1m${text}\u001b[0m` : `${text}:`
}
