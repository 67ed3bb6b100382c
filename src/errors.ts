/** What the process ends with; the contract is in docs/exit-codes.md. */
export const ExitCode = {
  ok: 0,
  assertionFailed: 1,
  usage: 2,
  model: 3,
  verification: 4,
  batch: 5,
  nothingToDo: 6,
  internal: 70,
  io: 74,
  interrupted: 130,
  terminated: 143,
} as const
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

export interface ErrorDetails {
  /** What the user can do about it, one line each. */
  readonly suggestions?: readonly string[]
  readonly cause?: unknown
}

/**
 * A mistake or a circumstance that the user can mend: printed without a stack.
 * Anything else that is thrown is a bug of ours.
 */
export abstract class UserError extends Error {
  abstract readonly exitCode: ExitCode
  readonly suggestions: readonly string[]

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.suggestions = details.suggestions ?? []
  }
}

/** A demanded limit was not kept (`--max-drop`): the work is done, the result is not good enough. */
export class AssertionFailedError extends UserError {
  readonly exitCode = ExitCode.assertionFailed
}

/** A flag, an option, a glob or a combination of them that makes no sense. */
export class UsageError extends UserError {
  readonly exitCode = ExitCode.usage
}

/** Data that cannot be read, or does not fit the model. */
export class DataError extends UserError {
  readonly exitCode = ExitCode.usage
}

/** The file is no valid ONNX model. */
export class InvalidModelError extends UserError {
  readonly exitCode = ExitCode.model
}

/** A valid model, with something in it that this command cannot handle. */
export class UnsupportedModelError extends UserError {
  readonly exitCode = ExitCode.model
}

/** What was written did not pass its check; it did not get its name. */
export class VerificationError extends UserError {
  readonly exitCode = ExitCode.verification
}

/** The command has nothing to change. */
export class NothingToDoError extends UserError {
  readonly exitCode = ExitCode.nothingToDo
}

/** The system refused: missing, full, no permission. */
export class IoError extends UserError {
  readonly exitCode = ExitCode.io
}

/** The user, or the system, stopped the process. */
export class InterruptedError extends UserError {
  readonly exitCode: ExitCode

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super('Stopped; nothing was written.')
    this.exitCode = signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated
  }
}

const IO_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the system or a limit allows',
  EMFILE: 'too many open files',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the device reported an error',
}

/**
 * Turns an error of the file system into an {@link IoError} that says what was being done.
 *
 * @param doing  e.g. `Cannot write "out/model.onnx"`
 * @returns      the error itself, unchanged, when it is not one of the file system
 */
export function ioError(error: unknown, doing: string, suggestions: readonly string[] = []): Error {
  if (error instanceof UserError) return error
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  const reason = code === undefined ? undefined : IO_REASONS[code]
  if (reason === undefined) return error instanceof Error ? error : new Error(String(error))
  return new IoError(`${doing}: ${reason}.`, { suggestions, cause: error })
}

/**
 * The candidate that a mistyped word most likely meant.
 *
 * @returns  the one with the smallest edit distance (case aside), if that is at most a third of the word;
 *           the first of equals; undefined when none is near
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

/** The suggestions for an unknown name: the nearest one first, then all that there are. */
export function didYouMean(word: string, candidates: readonly string[], what: string): string[] {
  const near = nearest(word, candidates)
  return [
    ...(near === undefined ? [] : [`Did you mean "${near}"?`]),
    ...(candidates.length === 0 ? [`There are no ${what}.`] : [`The ${what} are: ${candidates.join(', ')}.`]),
  ]
}

/**
 * Insertions, deletions, substitutions, and swaps of neighbours, each counted as one.
 *
 * @see  Damerau 1964; optimal string alignment
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let d = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) d = Math.min(d, at(beforeLast, j - 2) + 1)
      row.push(d)
    }
    ;[beforeLast, last] = [last, row]
  }
  return at(last, b.length)
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY
}
