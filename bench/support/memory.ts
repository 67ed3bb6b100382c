import { readdirSync, readFileSync } from 'node:fs'

export interface PeakMemory {
  readonly anonBytes: number
  readonly rssBytes: number
}

const SAMPLE_MS = 10

/**
 * Watches a process and all its descendants until `stop`, which gives the peaks of their sums. Linux only.
 *
 * Anonymous memory is what a machine must really have: the pages of a mapped file can be dropped and read
 * again. The kernel keeps no high-water mark of it, so it is sampled every 10 ms: a shorter peak can escape.
 * VmHWM is such a mark, per process.
 */
export function peakMemory(pid: number | undefined): { stop(): PeakMemory } {
  let [anonBytes, rssBytes] = [0, 0]
  const sample = () => {
    let [anon, rss] = [0, 0]
    for (const id of pid === undefined ? [] : tree(pid)) {
      const status = readText(`/proc/${id}/status`)
      anon += kibibytes(status, 'RssAnon') * 1024
      rss += kibibytes(status, 'VmHWM') * 1024
    }
    anonBytes = Math.max(anonBytes, anon)
    rssBytes = Math.max(rssBytes, rss)
  }
  sample()
  const timer = setInterval(sample, SAMPLE_MS)
  return {
    stop: () => {
      clearInterval(timer)
      return { anonBytes, rssBytes }
    },
  }
}

/** A process and its descendants; any thread may have started a child. */
function* tree(pid: number): Iterable<number> {
  yield pid
  for (const thread of entries(`/proc/${pid}/task`)) {
    for (const child of readText(`/proc/${pid}/task/${thread}/children`).split(' ')) {
      if (child !== '') yield* tree(Number(child))
    }
  }
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0)
}

/** Processes and threads end while they are looked at: what is gone counts as empty. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
