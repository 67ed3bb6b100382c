import { spawn } from 'node:child_process'
import { peakMemory } from './memory.js'

/** One of the things compared. */
export interface Contestant {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
}

export interface Run {
  /** From the start of the process to its end. */
  readonly ms: number
  /** The most anonymous memory (RssAnon: heap and stacks, no mapped files) of the process and its children together. */
  readonly anonBytes: number
  /** The most resident memory (VmHWM: mapped files too), of the process and its children together. */
  readonly rssBytes: number
}

export interface Summary {
  readonly name: string
  readonly runs: readonly Run[]
  readonly medianMs: number
  readonly minMs: number
  readonly maxMs: number
  readonly anonBytes: number
  readonly rssBytes: number
}

export interface MeasureOptions<C extends Contestant> {
  /** Measured runs of each contestant. */
  readonly rounds: number
  /** Runs of each before the first that counts: page cache, compiled Python files. */
  readonly warmups?: number
  /** Called before each run, outside its time: remove the last output, flush the disk. */
  readonly prepare?: (contestant: C) => void
  /** Called after each run; `round` is negative while warming up. */
  readonly onRun?: (contestant: C, round: number, run: Run) => void
}

/**
 * Runs the contestants interleaved (A B C, A B C, ...), so that a slow spell of the machine hits all alike.
 * Ratios of the medians are what to quote; absolute times belong to one machine and one day.
 *
 * @throws when a process does not end with exit code 0, with what it wrote to stderr
 */
export async function measure<C extends Contestant>(
  contestants: readonly C[],
  options: MeasureOptions<C>,
): Promise<Summary[]> {
  const runs = new Map<C, Run[]>(contestants.map((c) => [c, []]))
  const warmups = options.warmups ?? 1
  for (let round = -warmups; round < options.rounds; round++) {
    for (const contestant of contestants) {
      options.prepare?.(contestant)
      const run = await measureOnce(contestant)
      options.onRun?.(contestant, round, run)
      if (round >= 0) runs.get(contestant)?.push(run)
    }
  }
  return [...runs].map(([contestant, list]) => summarise(contestant.name, list))
}

/** Runs one process to its end. */
export async function measureOnce(contestant: Contestant): Promise<Run> {
  const started = process.hrtime.bigint()
  const child = spawn(contestant.command, contestant.args, {
    cwd: contestant.cwd,
    env: childEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const memory = peakMemory(child.pid)
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000)
  })
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (exit, signal) => resolve(exit ?? signal ?? 'unknown'))
    })
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    if (code !== 0) throw new Error(`${contestant.name} ended with ${code}:\n${complaint}`)
    return { ms, ...memory.stop() }
  } finally {
    memory.stop()
  }
}

export function summarise(name: string, runs: readonly Run[]): Summary {
  const times = runs.map((run) => run.ms)
  return {
    name,
    runs,
    medianMs: median(times),
    minMs: Math.min(...times),
    maxMs: Math.max(...times),
    anonBytes: Math.max(...runs.map((run) => run.anonBytes)),
    rssBytes: Math.max(...runs.map((run) => run.rssBytes)),
  }
}

/** The middle value; of an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (low === undefined || high === undefined) throw new RangeError('The median of no values.')
  return (low + high) / 2
}

function childEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  // They pin OpenBLAS to the kernels of an old CPU, and the peers would look slower than they are.
  delete env.OPENBLAS_CORETYPE
  delete env.OPENBLAS_L2_SIZE
  return env
}
