import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Report } from '../../src/report/report.js'
import type { Architecture } from './architectures.js'
import { ended } from './process.js'

/** What `mcompress prune structured` made of a model. */
export interface Result extends Architecture {
  readonly verdict: Verdict
  /** Of the process; the name of a signal where one ended it. */
  readonly exit: number | string
  /** Why it is not covered, in the words of mcompress. */
  readonly reason: string | null
  /** Between the cut model and the dense one with zeros in the place of what is gone, as a share of the output's range. */
  readonly difference: number | null
  /** What the oracle could not tell, and why it allowed more than usual. */
  readonly notes: readonly string[]
  /** What could go one by one, and what of it went. */
  readonly units: { readonly all: number; readonly removed: number } | null
  /** The node that keeps most weights as they are, and why; null where only inputs and outputs do. */
  readonly blocker: string | null
  readonly macs: Pair | null
  readonly parameters: Pair | null
  readonly seconds: number
  readonly peakBytes: number
  /** Of the file that it was measured on: another export is another model. */
  readonly modified: number
}

export interface Pair {
  readonly before: number
  readonly after: number
}

/**
 * - `covered`: cut, and equal to the masked dense model
 * - `rounded`: cut, and beyond the tolerance, but no further than the rounding of the dense model explains
 * - `unequal`: exit code 4, no file
 * - `nothing`: exit code 6, or nothing was cut
 * - `unverified`: cut, but nothing says that it is equal
 * - `refused`: another exit code that is a user's
 * - `broken`: a bug: exit code 70, a crash, or no end in time
 */
export type Verdict = 'covered' | 'rounded' | 'unequal' | 'nothing' | 'unverified' | 'refused' | 'broken'

export const RATIO = 0.5
/** Of the output's range. */
export const TOLERANCE = 1e-4

export interface PruneOptions {
  readonly limitSeconds: number
}

export async function pruned(architecture: Architecture, path: string, options: PruneOptions): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'mcompress-coverage-'))
  try {
    const flags = ['--ratio', String(RATIO), '--verify', '--json', '--no-progress', '-o', join(folder, 'slim.onnx')]
    const args = [resolve('bin/run.js'), 'prune', 'structured', path, ...flags]
    const { code, isLate, stdout, stderr, seconds, rssBytes } = await ended(
      process.execPath,
      args,
      options.limitSeconds,
    )
    const report = code === 0 ? (JSON.parse(stdout) as Report) : null // what mcompress prints, by its schema
    const found = figures(report)
    const reason = isLate ? `no end within ${options.limitSeconds} s` : complaint(stderr)
    const verdict = verdictOf(code, found)
    return {
      ...architecture,
      verdict,
      exit: code,
      reason: verdict === 'covered' ? null : reason,
      ...found,
      seconds,
      peakBytes: rssBytes,
      modified: modifiedAt(path),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function modifiedAt(path: string): number {
  return Math.round(statSync(path).mtimeMs)
}

function verdictOf(code: number | string, { difference, parameters }: Figures): Verdict {
  switch (code) {
    case 0:
      if (parameters === null || parameters.after >= parameters.before) return 'nothing'
      if (difference === null) return 'unverified'
      return difference <= TOLERANCE ? 'covered' : 'rounded' // more than rounding explains is exit code 4
    case 4:
      return 'unequal'
    case 6:
      return 'nothing'
    case 2:
    case 3:
    case 74:
      return 'refused'
    default:
      return 'broken'
  }
}

type Figures = Pick<Result, 'difference' | 'notes' | 'units' | 'blocker' | 'macs' | 'parameters'>

function figures(report: Report | null): Figures {
  if (report?.after == null || report.structured === null) {
    return { difference: null, notes: [], units: null, blocker: null, macs: null, parameters: null }
  }
  const { before, after, structured } = report
  const { groups, frozen, oracle } = structured
  const all = groups.reduce((sum, { units }) => sum + units, 0)
  const left = groups.reduce((sum, { unitsAfter }) => sum + unitsAfter, 0)
  const blocker = frozen.find(({ node }) => node !== null)
  return {
    difference: oracle?.maxError ?? null,
    notes: oracle?.notes ?? [],
    units: { all, removed: all - left },
    blocker: blocker === undefined ? null : `${blocker.node}: ${blocker.why}`,
    macs: pair(before.macs.total, after.macs.total),
    parameters: pair(before.parameters, after.parameters),
  }
}

function pair(before: number | null, after: number | null): Pair | null {
  return before === null || after === null ? null : { before, after }
}

/** What it said to stderr, in one line, without the word that it begins with. */
function complaint(stderr: string): string {
  const text = stderr.trim().split('\n').join(' ').replace(/\s+/g, ' ')
  return text.replace(/^Error:? /, '').slice(0, 600)
}
