import { spawn } from 'node:child_process'
import { type PeakMemory, peakMemory } from '../support/memory.js'

export interface Ended extends PeakMemory {
  /** The exit code, or the signal that ended it. */
  readonly code: number | NodeJS.Signals
  readonly isLate: boolean
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** Runs a process to its end, or to a limit of time, and keeps what it wrote. */
export async function ended(command: string, args: readonly string[], limitSeconds: number): Promise<Ended> {
  const started = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const memory = peakMemory(child.pid)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    child.kill('SIGKILL')
  }, limitSeconds * 1000)
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text
    })
  }
  try {
    const code = await new Promise<number | NodeJS.Signals>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'SIGKILL'))
    })
    return { code, isLate, ...written, seconds: (performance.now() - started) / 1000, ...memory.stop() }
  } finally {
    clearTimeout(timer)
    memory.stop()
  }
}
