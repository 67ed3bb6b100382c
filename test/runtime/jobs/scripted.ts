import { setTimeout as sleep } from 'node:timers/promises'
import * as errors from '../../../src/errors.js'
import { EngineError } from '../../../src/runtime/engine-error.js'
import { defineJob } from '../../../src/runtime/job.js'

/** What the tests of `runJob` have a child do. */
export type Script =
  | { readonly act: 'echo'; readonly value: unknown }
  | { readonly act: 'count'; readonly to: number }
  | { readonly act: 'throw'; readonly kind: string; readonly suggestions: readonly string[] }
  | { readonly act: 'throw-engine-error' | 'throw-bug' | 'throw-text' | 'throw-later' }
  | { readonly act: 'abort' | 'sleep-until-stopped' | 'ignore-stop' | 'wait-for-nothing' | 'leave-a-timer' }
  | { readonly act: 'kill'; readonly signal: NodeJS.Signals }
  | { readonly act: 'exit'; readonly code: number }
  | { readonly act: 'print' | 'environment' | 'interrupt-itself' | 'return-a-function' }
  | { readonly act: 'allocate'; readonly bytes: number }

type Of<A extends Script['act']> = Extract<Script, { act: A }>
type Emit = (event: number) => void

const acts: { [A in Script['act']]: (script: Of<A>, emit: Emit, signal: AbortSignal) => Promise<unknown> | unknown } = {
  echo: ({ value }) => value,
  count: ({ to }, emit) => {
    for (let i = 1; i <= to; i++) emit(i)
    return to
  },
  throw: ({ kind, suggestions }) => {
    const Kind = Object.values<unknown>(errors).find(
      (exported) => typeof exported === 'function' && exported.name === kind,
    ) as typeof errors.DataError // the tests name kinds of UserError, which all have this constructor
    throw new Kind('It is wrong.', { suggestions })
  },
  'throw-engine-error': () => {
    throw new EngineError('run', 'It does not compute.', { node: 'conv1' })
  },
  'throw-bug': () => {
    throw new TypeError('a bug of ours')
  },
  'throw-text': () => {
    throw 'only text'
  },
  'throw-later': () =>
    new Promise(() => {
      setTimeout(() => {
        throw new RangeError('after the fact')
      }, 1)
    }),
  abort: () => process.abort(),
  kill: async ({ signal }) => {
    process.kill(process.pid, signal)
    await sleep(5000)
  },
  exit: ({ code }) => process.exit(code),
  'sleep-until-stopped': async (_, emit, signal) => {
    emit(process.pid)
    await sleep(60_000, undefined, { signal }).catch(() => {})
    return 'checkpoint'
  },
  'ignore-stop': async (_, emit) => {
    emit(process.pid)
    await sleep(60_000)
  },
  'wait-for-nothing': () => new Promise(() => {}),
  'leave-a-timer': () => {
    setTimeout(() => {}, 60_000)
    return 'done'
  },
  print: () => {
    console.log('printed by the child')
    return 'done'
  },
  environment: () => ({ threads: process.env.MCOMPRESS_THREADS, malloc: process.env.MALLOC_MMAP_THRESHOLD_ }),
  'interrupt-itself': async () => {
    process.kill(process.pid, 'SIGINT')
    await sleep(50)
    return 'still here'
  },
  'return-a-function': () => () => {},
  allocate: ({ bytes }) => Buffer.alloc(bytes, 1).at(-1),
}

export default defineJob<Script, number, unknown>(async (script, emit, signal) => {
  // The table pairs each act with its own script, which TypeScript cannot follow through the lookup.
  const act = acts[script.act] as (script: Script, emit: Emit, signal: AbortSignal) => unknown
  return act(script, emit, signal)
})
