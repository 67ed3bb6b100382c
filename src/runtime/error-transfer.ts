import * as errors from '../errors.js'
import { EngineError, type EngineStage } from './engine-error.js'
import type { TransferredError } from './job.js'

type UserErrorKind = new (message: string, details: errors.ErrorDetails) => errors.UserError

/**
 * Every concrete kind that errors.ts exports, by class name: a new one is in it by being exported. An interrupt is not:
 * only the process that the signal was sent to may say so.
 */
const KINDS: ReadonlyMap<string, UserErrorKind> = new Map(
  Object.values<unknown>(errors)
    .filter(isKind)
    .map((kind) => [kind.name, kind]),
)

function isKind(exported: unknown): exported is UserErrorKind {
  if (typeof exported !== 'function' || exported === errors.InterruptedError) return false
  return exported.prototype instanceof errors.UserError
}

/** For the way to another process; `receive` makes the same kind of error of it there. */
export function transfer(error: unknown): TransferredError {
  if (!(error instanceof Error)) return transfer(new Error(`Thrown, but no error: ${String(error)}`))
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? null,
    suggestions: error instanceof errors.UserError ? [...error.suggestions] : [],
    engine: error instanceof EngineError ? { stage: error.stage, node: error.node } : null,
  }
}

/** @returns an error of the same class for a UserError or an EngineError, else an Error with the original stack */
export function receive(sent: TransferredError): Error {
  const error = revive(sent)
  if (sent.stack !== null) error.stack = sent.stack
  return error
}

function revive({ name, message, suggestions, engine }: TransferredError): Error {
  const Kind = KINDS.get(name)
  if (Kind !== undefined) return new Kind(message, { suggestions })
  // A stage is only ever written by `transfer`, from an EngineError.
  if (engine !== null) return new EngineError(engine.stage as EngineStage, message, { node: engine.node })
  const error = new Error(message)
  error.name = name
  return error
}
