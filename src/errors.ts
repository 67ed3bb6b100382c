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
  EEXIST: 'a file of that name exists already',
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
