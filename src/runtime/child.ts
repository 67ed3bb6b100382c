// The main module of the child process that `runJob` forks: runs the job whose URL is its only argument.
import { readFileSync } from 'node:fs'
import { transfer } from './error-transfer.js'
import type { Job, Message, Order } from './job.js'

const stop = new AbortController()
let started = false

// Ctrl-C reaches the whole process group. The parent decides what it means, and says so in a message.
process.on('SIGINT', () => {})
// The parent is gone: nobody is left to hand the output to.
process.on('disconnect', () => process.exit(1))
process.on('uncaughtException', fail)
process.on('unhandledRejection', fail)
process.on('message', (message) => {
  const order = message as Order // only host.ts writes to this channel
  if (order.kind === 'stop') stop.abort()
  else if (!started) {
    started = true
    // From here on the work keeps the process alive. Should it wait for nothing, the parent learns of the end.
    process.channel?.unref()
    run(order.input).catch(fail)
  }
})

async function run(input: unknown): Promise<void> {
  const url = process.argv[2]
  if (url === undefined) throw new Error('The child process of a job was started without the URL of the job.')
  const module: { default?: unknown } = await import(url)
  if (typeof module.default !== 'function') throw new Error(`${url} exports no job.`)
  const job = module.default as Job<unknown, unknown, unknown> // by the contract of job modules
  const output = await job(input, (event) => send({ kind: 'event', event }), stop.signal)
  await finish({ kind: 'done', output, peakBytes: peakBytes() })
}

/**
 * The largest resident set of this process so far. Linux counts what the parent held at the fork into the usage of
 * its child; VmHWM begins anew with the program.
 */
function peakBytes(): number {
  if (process.platform === 'linux') {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kilobytes !== undefined) return Number(kilobytes) * 1024
  }
  return process.resourceUsage().maxRSS * 1024
}

function fail(error: unknown): void {
  // Should even this not get through, the parent sees the exit code.
  finish({ kind: 'failed', error: transfer(error) }).catch(() => process.exit(1))
}

function send(message: Message): void {
  process.send?.(message)
}

/** Sends the last message, and ends the process, whatever timers or threads the job has left behind. */
async function finish(message: Message): Promise<void> {
  // Throws for what cannot be cloned. The callback comes when the message has been written.
  await new Promise<void>((resolve) => process.send?.(message, () => resolve()))
  process.exit(0)
}
