import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import * as errors from '../../src/errors.js'
import { EngineError } from '../../src/runtime/engine-error.js'
import { type JobOptions, runJob } from '../../src/runtime/host.js'
import type { Script } from './jobs/scripted.js'

const SCRIPTED = new URL('./jobs/scripted.js', import.meta.url)
const HOST = new URL('../../src/runtime/host.js', import.meta.url)

const run = (script: Script, options: Partial<JobOptions<number>> = {}) =>
  runJob<typeof import('./jobs/scripted.js').default>(SCRIPTED, script, { doing: 'testing "m.onnx"', ...options })

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function died(pid: number): Promise<boolean> {
  for (let i = 0; i < 500; i++) {
    if (!isAlive(pid)) return true
    await sleep(20)
  }
  return false
}

describe('runJob', () => {
  it('returns what the job returns, bigints, maps and arrays included', async () => {
    const value = {
      big: 2n ** 60n,
      map: new Map([['a', 1]]),
      list: [1, null, 'x'],
      nan: NaN,
      bytes: Uint8Array.of(1, 2),
    }
    const { output } = await run({ act: 'echo', value })
    assert.deepEqual(output, value)
  })

  it('hands the events over in order, all of them before the output', async () => {
    const seen: number[] = []
    const { output } = await run({ act: 'count', to: 1000 }, { onEvent: (i) => seen.push(i) })
    assert.equal(output, 1000)
    assert.deepEqual(
      seen,
      Array.from({ length: 1000 }, (_, i) => i + 1),
    )
  })

  it('measures the peak memory of the child', async () => {
    const bytes = 200 * 2 ** 20
    const small = await run({ act: 'echo', value: 0 })
    const large = await run({ act: 'allocate', bytes })
    const growth = large.peakBytes - small.peakBytes
    assert.ok(growth > 0.9 * bytes && growth < 1.5 * bytes, `${growth} bytes more for ${bytes}`)
  })

  it('sets the number of threads and the thresholds of malloc', async () => {
    const { output } = await run({ act: 'environment' }, { threads: 3 })
    assert.deepEqual(output, { threads: '3', malloc: '4294967296' })
  })

  it('leaves memory as it is in a child that stands for other programs, and waits for no more than its output', async () => {
    const { output, peakBytes } = await run({ act: 'environment' }, { plain: true })
    assert.deepEqual(output, { threads: process.env.MCOMPRESS_THREADS, malloc: process.env.MALLOC_MMAP_THRESHOLD_ })
    assert.ok(peakBytes > 10e6)
    await assert.rejects(run({ act: 'throw-bug' }, { plain: true }), /a bug of ours/)
  })

  it('ends a child that has left a timer behind', async () => {
    assert.equal((await run({ act: 'leave-a-timer' })).output, 'done')
  })

  it('leaves an interrupt to the parent: Ctrl-C reaches the whole process group', async () => {
    assert.equal((await run({ act: 'interrupt-itself' })).output, 'still here')
  })

  it('rejects with what a listener throws, and does not wait for the child', async () => {
    const onEvent = () => {
      throw new Error('the listener failed')
    }
    await assert.rejects(run({ act: 'ignore-stop' }, { onEvent }), /^Error: the listener failed$/)
  })

  it('refuses an input that cannot cross', async () => {
    await assert.rejects(run({ act: 'echo', value: () => {} }), /could not be cloned/)
  })
})

describe('Errors of a job', () => {
  const kinds = Object.values<unknown>(errors).filter(
    (kind) =>
      typeof kind === 'function' && kind.prototype instanceof errors.UserError && kind !== errors.InterruptedError, // a child never sees one
  ) as (typeof errors.DataError)[] // the filter's condition; all have the same constructor

  it('are of eight kinds or more, so that the next tests do test something', () => assert.ok(kinds.length >= 8))

  for (const kind of kinds) {
    it(`${kind.name} arrives as what it was`, async () => {
      const suggestions = ['Do this.', 'Or that.']
      await assert.rejects(run({ act: 'throw', kind: kind.name, suggestions }), (error) => {
        assert.ok(error instanceof errors.UserError)
        assert.equal(error.constructor, kind)
        assert.equal(error.name, kind.name)
        assert.equal(error.message, 'It is wrong.')
        assert.deepEqual(error.suggestions, suggestions)
        return true
      })
    })
  }

  it('an EngineError keeps its stage and node', async () => {
    await assert.rejects(run({ act: 'throw-engine-error' }), (error) => {
      assert.ok(error instanceof EngineError)
      assert.deepEqual([error.message, error.stage, error.node], ['It does not compute.', 'run', 'conv1'])
      return true
    })
  })

  it('a bug arrives with the stack of the child', async () => {
    await assert.rejects(run({ act: 'throw-bug' }), (error) => {
      assert.ok(error instanceof Error && !(error instanceof errors.UserError))
      assert.equal(error.name, 'TypeError')
      assert.match(error.stack ?? '', /a bug of ours[\s\S]*scripted\.js/)
      return true
    })
  })

  it('something thrown that is no error is told', () => assert.rejects(run({ act: 'throw-text' }), /only text/))

  it('an error outside of the promise is told too', () => assert.rejects(run({ act: 'throw-later' }), /after the fact/))

  it('an output that cannot cross is told', () =>
    assert.rejects(run({ act: 'return-a-function' }), /could not be cloned/))

  it('a module that is missing is told', () =>
    assert.rejects(runJob(new URL('./jobs/missing.js', import.meta.url), undefined as never, { doing: 'x' }), {
      message: /missing\.js/,
    }))
})

describe('A child that dies', () => {
  const crash = (kind: new (message: string) => errors.UserError, message: RegExp) => (error: unknown) => {
    assert.ok(error instanceof kind, String(error))
    assert.match(error.message, message)
    assert.ok(error.suggestions.length > 0)
    return true
  }

  it('by a native abort is reported with what it did and the signal', () =>
    assert.rejects(
      run({ act: 'abort' }),
      crash(errors.UnsupportedModelError, /^The process testing "m\.onnx" ended without a result \(SIGABRT\)\.$/),
    ))

  it('by the hand of the system is reported as a lack of memory', () =>
    assert.rejects(
      run({ act: 'kill', signal: 'SIGKILL' }),
      crash(errors.IoError, /^The process testing "m\.onnx" was killed \(SIGKILL\), most likely .* out of memory\.$/),
    ))

  it('by an exit is reported with the exit code', () =>
    assert.rejects(run({ act: 'exit', code: 7 }), crash(errors.UnsupportedModelError, /\(exit code 7\)/)))

  it('waiting for nothing is reported, and does not hang', () =>
    assert.rejects(run({ act: 'wait-for-nothing' }), crash(errors.UnsupportedModelError, /ended without a result/)))
})

describe('Stopping a job', () => {
  it('lets it return what it has', async () => {
    const stop = new AbortController()
    const { output } = await run({ act: 'sleep-until-stopped' }, { signal: stop.signal, onEvent: () => stop.abort() })
    assert.equal(output, 'checkpoint')
  })

  it('kills it when it does not stop in time, and rejects with the reason', async () => {
    const stop = new AbortController()
    let pid = 0
    const onEvent = (of: number) => {
      pid = of
      stop.abort(new Error('enough'))
    }
    await assert.rejects(run({ act: 'ignore-stop' }, { signal: stop.signal, onEvent, graceMs: 50 }), /^Error: enough$/)
    assert.equal(isAlive(pid), false)
  })

  it('waits two seconds unless told otherwise', async () => {
    const stop = new AbortController()
    let stoppedAt = 0
    const onEvent = () => {
      stoppedAt = performance.now()
      stop.abort()
    }
    await assert.rejects(run({ act: 'ignore-stop' }, { signal: stop.signal, onEvent }), { name: 'AbortError' })
    const waited = performance.now() - stoppedAt
    assert.ok(waited > 1900 && waited < 10_000, `${waited} ms`)
  })

  it('before it began starts nothing', async () => {
    await assert.rejects(run({ act: 'echo', value: 1 }, { signal: AbortSignal.abort() }), { name: 'AbortError' })
  })

  it('removes its listeners from the signal and the process', async () => {
    const exitListeners = process.listenerCount('exit')
    await run({ act: 'echo', value: 1 }, { signal: new AbortController().signal })
    assert.equal(process.listenerCount('exit'), exitListeners)
  })
})

describe('The process that runs a job', () => {
  const parent = (script: Script, after = '') => `
    import { runJob } from ${JSON.stringify(HOST.href)}
    const onEvent = (pid) => { console.log(pid); ${after} }
    await runJob(new URL(${JSON.stringify(SCRIPTED.href)}), ${JSON.stringify(script)}, { doing: 'testing', onEvent })`

  it('gets nothing on its stdout that the child prints; it goes to stderr', () => {
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', parent({ act: 'print' })],
      { encoding: 'utf8' },
    )
    assert.deepEqual({ stdout, stderr, status }, { stdout: '', stderr: 'printed by the child\n', status: 0 })
  })

  it('takes the child along when it is killed', async () => {
    const process_ = spawn(process.execPath, ['--input-type=module', '-e', parent({ act: 'ignore-stop' })])
    const [line] = await once(process_.stdout, 'data')
    const pid = Number(line)
    assert.ok(isAlive(pid))
    process_.kill('SIGKILL')
    assert.ok(await died(pid))
  })

  it('takes the child along when it exits by itself, as after a second interrupt', async () => {
    const process_ = spawn(process.execPath, [
      '--input-type=module',
      '-e',
      parent({ act: 'ignore-stop' }, 'process.exit(130)'),
    ])
    const [[line], [code]] = await Promise.all([once(process_.stdout, 'data'), once(process_, 'exit')])
    assert.equal(code, 130)
    assert.ok(await died(Number(line)))
  })
})
