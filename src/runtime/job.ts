/**
 * Long work that runs in a child process. Input, events and output cross by structured clone: paths, specs and
 * options, never tensors.
 *
 * @param emit    sends an event to the parent
 * @param signal  aborted when the work is no longer wanted: stop after the step, keep what is worth keeping, and
 *                return it or throw `signal.reason`
 */
export type Job<Input, Event, Output> = (
  input: Input,
  emit: (event: Event) => void,
  signal: AbortSignal,
) => Promise<Output>

/** The default export of a job module, which `runJob` starts by its URL. */
export function defineJob<Input, Event, Output>(job: Job<Input, Event, Output>): Job<Input, Event, Output> {
  return job
}

/** Parent to child. */
export type Order = { readonly kind: 'start'; readonly input: unknown } | { readonly kind: 'stop' }

/** Child to parent; the last one is `done` or `failed`. */
export type Message =
  | { readonly kind: 'event'; readonly event: unknown }
  | { readonly kind: 'done'; readonly output: unknown; readonly peakBytes: number }
  | { readonly kind: 'failed'; readonly error: TransferredError }

/** An error in transit: its class by name, since a clone would lose it. */
export interface TransferredError {
  readonly name: string
  readonly message: string
  readonly stack: string | null
  readonly suggestions: readonly string[]
  /** Of an EngineError. */
  readonly engine: { readonly stage: string; readonly node: string | null } | null
}
