import { join } from 'node:path'
import type { InferenceSession, Tensor } from 'onnxruntime-node'
import { UsageError } from '../errors.js'
import { type DType, shapeToString } from '../ir/type.js'
import { type ArrayData, arrayToString, type NdArray, type Port } from './array.js'
import { EngineError, engineError } from './engine-error.js'

/** A file, or a model in memory whose external data lie in `folder`; the name is for messages. */
export type ModelSource = { readonly name?: string } & (
  | { readonly path: string }
  | { readonly bytes: Uint8Array; readonly folder: string }
)

export interface SessionOptions {
  /** Graph optimizations; `all` unless told. */
  readonly level?: 'disabled' | 'basic' | 'extended' | 'all'
  /** False leaves weights as they lie (memory-mapped where external): a cheap session that is never measured. */
  readonly prepacking?: boolean
  /**
   * True for one of many sessions that take turns: it gives its memory back after each run, and its threads sleep in
   * between. Costs some percent of the speed.
   */
  readonly takesTurns?: boolean
  /** Threads inside one op; without it `MCOMPRESS_THREADS`, else one per physical core. */
  readonly threads?: number
  /** Execution provider; `cpu` unless told. */
  readonly provider?: string
  /** What ONNX Runtime writes to stderr by itself: 0 verbose ... 4 fatal, the default (its errors are thrown anyway). */
  readonly logSeverity?: 0 | 1 | 2 | 3 | 4
  /** A folder: when the session is released, there is a file in it about every node that was computed. */
  readonly profile?: string
}

/** A model opened in ONNX Runtime. To be released: the garbage collector frees the memory much too late. */
export interface Session {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /**
   * Runs the model once. It blocks the thread while ONNX Runtime computes; feeds are not copied, outputs are fresh.
   *
   * @param feeds    one array for each input, and nothing else
   * @param outputs  the names wanted, in any order; all without it
   * @throws EngineError of stage `bind` when feeds or outputs do not fit, of stage `run` when the computation fails
   */
  run(feeds: Readonly<Record<string, NdArray>>, outputs?: readonly string[]): Promise<Readonly<Record<string, NdArray>>>
  /**
   * A run with everything done that comes before it: what is left is ONNX Runtime's, for measuring time. Outputs are
   * made, and dropped.
   *
   * @throws EngineError of stage `bind` at once, of stage `run` from each run
   */
  prepare(feeds: Readonly<Record<string, NdArray>>, outputs?: readonly string[]): () => Promise<void>
  /** Frees the native memory; a second call does nothing. */
  release(): Promise<void>
}

type Engine = typeof import('onnxruntime-node')

/**
 * @throws EngineError of stage `load` when ONNX Runtime refuses the model
 * @throws UsageError when this build has no such provider, or it does not start on this machine
 */
export async function openSession(model: ModelSource, options: SessionOptions = {}): Promise<Session> {
  const engine = await loadEngine(options.logSeverity)
  const provider = options.provider ?? 'cpu'
  checkProvider(engine, provider)
  const native = nativeOptions(model, options, provider)
  try {
    const opened =
      'path' in model
        ? await engine.InferenceSession.create(model.path, native)
        : await engine.InferenceSession.create(model.bytes, native)
    return new OnnxSession(engine, opened)
  } catch (error) {
    const refusal = engineError('load', error)
    throw provider !== 'cpu' && OF_A_PROVIDER.test(refusal.message) ? notStarted(engine, provider, refusal) : refusal
  }
}

/**
 * Asks for a provider before any work is done for it.
 *
 * @throws UsageError when this build has no such provider; whether it starts, only a session tells
 */
export async function requireProvider(provider: string): Promise<void> {
  checkProvider(await loadEngine(undefined), provider)
}

async function loadEngine(logSeverity: number | undefined): Promise<Engine> {
  // ONNX Runtime reads it when it is loaded. Without it, it leaves files in the folder for temporary ones, and sends
  // to its makers what it does with models: nobody who runs this tool has asked for either.
  process.env.ORT_DISABLE_TELEMETRY ??= '1'
  const engine = await import('onnxruntime-node')
  // Of the process, and read only before the first session: what is logged outside of any session.
  if (logSeverity === undefined) engine.env.logLevel = 'fatal'
  return engine
}

function nativeOptions(model: ModelSource, options: SessionOptions, provider: string): InferenceSession.SessionOptions {
  const threads = options.threads ?? threadsOfJob()
  const session = {
    ...(options.prepacking === false && { disable_prepacking: '1' }),
    ...(options.takesTurns === true && { intra_op: { allow_spinning: '0' } }),
    ...('folder' in model && { model_external_initializers_file_folder_path: model.folder }),
  }
  return {
    executionProviders: [provider],
    graphOptimizationLevel: options.level ?? 'all',
    logSeverityLevel: options.logSeverity ?? 4,
    ...(options.takesTurns === true && { enableCpuMemArena: false }),
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(options.profile !== undefined && { enableProfiling: true, profileFilePrefix: join(options.profile, 'run') }),
    ...(Object.keys(session).length > 0 && { extra: { session } }),
  }
}

/** Set for the whole process by `runJob`, or by the user. */
function threadsOfJob(): number | undefined {
  const threads = Number(process.env.MCOMPRESS_THREADS)
  return Number.isInteger(threads) && threads > 0 ? threads : undefined
}

/** What messages of a provider that does not start have in common, and those about models have not. */
const OF_A_PROVIDER = /ExecutionProvider|webgpu|cuda|tensorrt|coreml|directml|shared library/i

function checkProvider(engine: Engine, provider: string): void {
  const known = engine.listSupportedBackends()
  if (known.some(({ name }) => name === provider)) return
  throw new UsageError(`This build of ONNX Runtime has no provider "${provider}".`, {
    suggestions: [`It has ${providers(engine)}.`],
  })
}

function notStarted(engine: Engine, provider: string, cause: EngineError): UsageError {
  return new UsageError(`Provider "${provider}" does not start on this machine: ${cause.message}`, {
    suggestions: [`This build has ${providers(engine)}. "cpu" works everywhere.`],
    cause,
  })
}

function providers(engine: Engine): string {
  return engine
    .listSupportedBackends()
    .map(({ name, bundled }) => (bundled ? name : `${name} (when its libraries are installed)`))
    .join(', ')
}

/** A session of any engine with the interface of onnxruntime-node. */
export class OnnxSession implements Session {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  readonly #engine: Pick<Engine, 'Tensor'>
  readonly #opened: InferenceSession
  #released = false

  constructor(engine: Pick<Engine, 'Tensor'>, opened: InferenceSession) {
    this.#engine = engine
    this.#opened = opened
    this.inputs = opened.inputMetadata.map(portOf)
    this.outputs = opened.outputMetadata.map(portOf)
  }

  async run(feeds: Readonly<Record<string, NdArray>>, outputs?: readonly string[]): Promise<Record<string, NdArray>> {
    if (this.#released) throw new EngineError('run', 'The session has been released.')
    const fetches = this.#fetches(outputs)
    const tensors = this.#tensors(feeds)
    try {
      const results = await this.#opened.run(tensors, fetches)
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, arrayOf(tensor)]))
    } catch (error) {
      throw engineError('run', error)
    }
  }

  prepare(feeds: Readonly<Record<string, NdArray>>, outputs?: readonly string[]): () => Promise<void> {
    const fetches = this.#fetches(outputs)
    const tensors = this.#tensors(feeds)
    return async () => {
      if (this.#released) throw new EngineError('run', 'The session has been released.')
      try {
        await this.#opened.run(tensors, fetches)
      } catch (error) {
        throw engineError('run', error)
      }
    }
  }

  async release(): Promise<void> {
    if (this.#released) return
    this.#released = true
    await this.#opened.release()
  }

  #fetches(wanted: readonly string[] | undefined): string[] {
    const names = wanted ?? this.outputs.map((port) => port.name)
    for (const name of names) {
      const port = this.outputs.find((p) => p.name === name)
      if (port === undefined) {
        throw new EngineError('bind', `The model has no output "${name}". It has ${listed(this.outputs)}.`)
      }
      if (port.dtype === null) throw new EngineError('bind', `Output "${name}" is no tensor: it cannot be fetched.`)
      // The binding sizes these wrongly, and the process aborts.
      if (port.dtype === 'int4' || port.dtype === 'uint4') {
        throw new EngineError(
          'bind',
          `Output "${name}" is ${port.dtype}: ONNX Runtime for Node.js cannot hand it over.`,
        )
      }
    }
    return [...names]
  }

  #tensors(feeds: Readonly<Record<string, NdArray>>): Record<string, Tensor> {
    const unknown = Object.keys(feeds).filter((name) => !this.inputs.some((port) => port.name === name))
    if (unknown.length > 0) {
      // ONNX Runtime would ignore them, and the model would run on something else than was meant.
      throw new EngineError('bind', `The model has no input ${quoted(unknown)}. It has ${listed(this.inputs)}.`)
    }
    const missing = this.inputs.filter((port) => feeds[port.name] === undefined)
    if (missing.length > 0) throw new EngineError('bind', `Nothing is fed to ${listed(missing)}.`)
    const tensors: Record<string, Tensor> = {}
    for (const port of this.inputs) {
      const array = feeds[port.name]
      if (array !== undefined) tensors[port.name] = this.#tensor(port, array)
    }
    return tensors
  }

  #tensor(port: Port, array: NdArray): Tensor {
    if (array.dtype !== port.dtype || !fits(port, array.shape)) {
      throw new EngineError('bind', `Input ${portToString(port)} does not take ${arrayToString(array)}.`)
    }
    if (ArrayBuffer.isView(array.data) && array.data.buffer instanceof SharedArrayBuffer) {
      throw new EngineError('bind', `Input "${port.name}": ONNX Runtime cannot read shared memory.`)
    }
    try {
      // The constructor's overloads pair each dtype with its array; that they match is checked by it, at run time.
      return new this.#engine.Tensor(array.dtype as 'float32', array.data as Float32Array, [...array.shape])
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new EngineError('bind', `Input ${portToString(port)}: ${why}`, { cause: error })
    }
  }
}

function portOf(metadata: InferenceSession.ValueMetadata): Port {
  const { name } = metadata
  if (!metadata.isTensor) return { name, dtype: null, shape: null }
  return { name, dtype: metadata.type, shape: metadata.shape.map((d) => (d === '' ? null : d)) }
}

/** Whether a concrete shape suits the declared one; `[]` may be an unknown rank, which ONNX Runtime checks itself. */
function fits(port: Port, shape: readonly number[]): boolean {
  if (port.shape === null || port.shape.length === 0) return true
  return port.shape.length === shape.length && port.shape.every((d, i) => typeof d !== 'number' || d === shape[i])
}

function arrayOf(tensor: Tensor): NdArray {
  const dtype: DType = tensor.type
  const data = tensor.data as ArrayData // what the binding makes, but for the case below
  // Where JavaScript has a Float16Array the binding gives that; here float16 is its bits everywhere.
  const isFloat16 = dtype === 'float16' && ArrayBuffer.isView(data) && !(data instanceof Uint16Array)
  return {
    dtype,
    shape: tensor.dims,
    data: isFloat16 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data,
  }
}

function portToString(port: Port): string {
  return `"${port.name}" (${port.dtype ?? 'no tensor'}${shapeToString(port.shape)})`
}

function listed(ports: readonly Port[]): string {
  return ports.length === 0 ? 'none' : ports.map(portToString).join(', ')
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
