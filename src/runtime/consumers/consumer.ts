import type { Session, SessionOptions } from '../session.js'

export type Level = NonNullable<SessionOptions['level']>

/** The files of a model, as they would be handed to anybody. */
export interface ModelFiles {
  /** The `.onnx`. */
  readonly path: string
  /** External data: the location as the model names it, and where the file is. */
  readonly external: readonly { readonly location: string; readonly path: string }[]
}

export interface ConsumerOptions {
  readonly level: Level
  /** null leaves it to the engine. */
  readonly threads: number | null
  /** Where the engine writes what it does in every run, until the session is released; only where `profiles`. */
  readonly profile?: string
}

/**
 * An engine that people run models in. It loads a model as they do: from its own files, optimized, weights packed for
 * its kernels. One process holds one engine.
 */
export interface Consumer {
  /** `--target` calls it so. */
  readonly name: string
  /** Its package. */
  readonly package: string
  readonly summary: string
  /** Bytes of weights that it can hold; null where the machine alone sets a limit. */
  readonly mostBytes: number | null
  /** Whether it tells which nodes a run computes (`profile.ts`). */
  readonly profiles: boolean
  /** From its manifest: nothing is loaded. @throws UsageError when it is not installed, with the remedy */
  version(): string
  /** Loads the engine, as far as it can be without a model. @throws UsageError when it is not installed */
  start(): Promise<void>
  /** @throws EngineError of stage `load` when it refuses the model; IoError when a file cannot be read */
  open(model: ModelFiles, options: ConsumerOptions): Promise<Session>
}

/** For the table. */
export function defineConsumer(consumer: Consumer): Consumer {
  return consumer
}
