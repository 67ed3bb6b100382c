import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Architecture, EXPORTER } from './architectures.js'
import { ended } from './process.js'

/** What export.py says of a model. */
export type Export = Architecture &
  (
    | {
        readonly status: 'ok'
        readonly parameters: number
        readonly seconds: number
        readonly peakBytes: number
        readonly outputs: readonly OutputCheck[]
      }
    | {
        /** `memory`: it takes more than it is allowed. */
        readonly status: 'failed' | 'memory'
        readonly seconds: number
        readonly reason: string
      }
  )

export interface OutputCheck {
  readonly name: string
  /** What ONNX Runtime's own optimizations change, as a share of the largest number. */
  readonly rounding: number
}

export interface ExportOptions {
  readonly python: string
  /** Where models, and a line on each in export.jsonl, are kept. */
  readonly cache: string
  readonly memoryGb: number
}

const LIMIT_SECONDS = 1800

export function modelPath(cache: string, { family, name }: Architecture): string {
  return join(cache, 'models', family, `${name}.onnx`)
}

/** The export of a model: the one that is there, the failure that is known, or a new one in a process of its own. */
export async function exported(
  architecture: Architecture,
  { python, cache, memoryGb }: ExportOptions,
): Promise<Export> {
  const path = modelPath(cache, architecture)
  const log = join(cache, 'export.jsonl')
  const known = lines<Export>(log).findLast((line) => isSame(line, architecture))
  if (known !== undefined && (known.status !== 'ok' || existsSync(path))) return known
  mkdirSync(dirname(path), { recursive: true })
  const { family, name } = architecture
  const args = [EXPORTER, 'one', name, '--family', family, '-o', path, '--memory-gb', String(memoryGb)]
  const { code, isLate, stdout, stderr, seconds } = await ended(python, args, LIMIT_SECONDS)
  const last = stdout.trim().split('\n').at(-1) ?? ''
  const result: Export = last.startsWith('{')
    ? (JSON.parse(last) as Export) // what export.py prints
    : { family, name, status: 'failed', seconds, reason: isLate ? 'takes too long' : `${code}: ${stderr.slice(-400)}` }
  appendFileSync(log, `${JSON.stringify(result)}\n`)
  return result
}

export function isSame(a: Architecture, b: Architecture): boolean {
  return a.family === b.family && a.name === b.name
}

/** The objects of a file of JSON lines, oldest first; none where there is no file. A line cut off by an end counts not. */
export function lines<T>(path: string): T[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as T) // only what was appended by the owner of the file
}
