import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { IoError, ioError, UnsupportedModelError, type UserError } from '../errors.js'
import { receive } from './error-transfer.js'
import type { Job, Message, Order } from './job.js'

export interface JobOptions<Event> {
  /** For the message when the child dies: `evaluating "lenet.onnx"`. */
  readonly doing: string
  readonly onEvent?: (event: Event) => void
  /** Aborted: the child is asked to stop, and killed when it has not done so in time. */
  readonly signal?: AbortSignal | undefined
  /** How long a stop may take, for a checkpoint say; 2000 unless told. */
  readonly graceMs?: number
  /** Threads of sessions that are opened in the child without a number of their own. */
  readonly threads?: number | undefined
  /**
   * True for a child that does what other programs do, to measure it: memory is allocated as theirs is. It is killed
   * when it has its output, as some engines take long to end.
   */
  readonly plain?: boolean
}

export interface JobResult<Output> {
  readonly output: Output
  /** The largest resident set of the child process. */
  readonly peakBytes: number
}

/**
 * Runs a job in a forked child process: `session.run` blocks its thread, and a native abort kills its process.
 *
 * The child has its stdout on this process's stderr, so that nothing it prints gets among data. It ends with this
 * process, however that ends; an exit of this process (a second Ctrl-C) kills it at once.
 *
 *   const { output } = await runJob<typeof import('./evaluate-job.js').default>(
 *     new URL('./evaluate-job.js', import.meta.url), input, { doing: 'evaluating "lenet.onnx"' })
 *
 * @param url  of the module whose default export is the job
 * @throws the error that the job threw, of the same kind and with its suggestions
 * @throws UnsupportedModelError when the child crashed, IoError when the system killed it or could not start it
 * @throws signal.reason when the signal was aborted and the job gave no output any more
 */
export async function runJob<J extends Job<never, unknown, unknown>>(
  url: URL,
  input: Parameters<J>[0],
  options: JobOptions<Parameters<Parameters<J>[1]>[0]>,
): Promise<JobResult<Awaited<ReturnType<J>>>> {
  options.signal?.throwIfAborted()
  const child = forkChild(url, options)
  const order = (order: Order) => {
    // A child that is gone cannot be told anything; its end is reported by `ending`.
    if (child.connected) child.send(order, () => {})
  }
  const kill = () => child.kill('SIGKILL')
  let timer: NodeJS.Timeout | undefined
  const stop = () => {
    order({ kind: 'stop' })
    timer = setTimeout(kill, options.graceMs ?? 2000)
  }
  process.once('exit', kill)
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    order({ kind: 'start', input })
    // Only a job of type J runs in the child, and the channel clones faithfully.
    return (await ending(child, options)) as JobResult<Awaited<ReturnType<J>>>
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
    process.off('exit', kill)
    kill() // does nothing to a child that has ended
  }
}

function forkChild(url: URL, { threads, plain = false }: Pick<JobOptions<never>, 'threads' | 'plain'>): ChildProcess {
  return fork(fileURLToPath(new URL('./child.js', import.meta.url)), [url.href], {
    serialization: 'advanced',
    stdio: ['ignore', 2, 2, 'ipc'],
    // This process's own flags are not for the child: -e would start the same script again, without end, and the
    // port of --inspect is taken. NODE_OPTIONS are inherited.
    execArgv: [],
    env: {
      ...process.env,
      // Outputs are copied into fresh buffers. Without these glibc maps and unmaps them, one page fault per 4 KiB.
      ...(!plain && { MALLOC_MMAP_THRESHOLD_: '4294967296', MALLOC_TRIM_THRESHOLD_: '4294967296' }),
      ...(threads !== undefined && { MCOMPRESS_THREADS: String(threads) }),
    },
  })
}

/** Follows the child to its end: the events on the way, then the output or what went wrong. */
async function ending<Event>(child: ChildProcess, options: JobOptions<Event>): Promise<JobResult<unknown>> {
  let last: Message | undefined
  let failure: { readonly error: unknown } | undefined
  child.on('message', (sent) => {
    const message = sent as Message // only child.ts writes to this channel
    if (message.kind !== 'event') {
      last = message
      if (message.kind === 'done' && options.plain) child.kill('SIGKILL')
    } else if (failure === undefined) {
      try {
        options.onEvent?.(message.event as Event) // of the job's own type
      } catch (error) {
        failure = { error }
        child.kill('SIGKILL')
      }
    }
  })
  const { code, signal } = await endOf(child)
  if (failure !== undefined) throw failure.error
  if (last?.kind === 'done') return { output: last.output, peakBytes: last.peakBytes }
  options.signal?.throwIfAborted()
  if (last?.kind === 'failed') throw receive(last.error)
  throw crash(options.doing, code, signal)
}

/** Waits for both the exit and the last message: they come in any order. */
function endOf(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    let exit: { code: number | null; signal: NodeJS.Signals | null } | undefined
    const settle = () => {
      if (exit !== undefined && !child.connected) resolve(exit)
    }
    child.on('disconnect', settle)
    child.on('exit', (code, signal) => {
      exit = { code, signal }
      settle()
    })
    child.on('error', (error) => {
      if (child.pid === undefined) reject(ioError(error, 'Cannot start a child process'))
    })
  })
}

function crash(doing: string, code: number | null, signal: NodeJS.Signals | null): UserError {
  if (signal === 'SIGKILL') {
    return new IoError(`The process ${doing} was killed (SIGKILL), most likely because the system ran out of memory.`, {
      suggestions: ['Use a smaller --batch-size.', 'Free memory, or raise the limit of the container.'],
    })
  }
  const how = signal === null ? `exit code ${code}` : signal
  return new UnsupportedModelError(`The process ${doing} ended without a result (${how}).`, {
    suggestions: [
      'What it wrote before that stands above. SIGABRT and SIGSEGV are crashes inside ONNX Runtime, or memory that ran out.',
      'Try a smaller --batch-size, or --threads 1.',
    ],
  })
}
