import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface Environment {
  /** A folder below the root. */
  readonly venv: string
  readonly requirements: string
}

const PRUNING: Environment = { venv: '.cache/bench-venv', requirements: 'bench/peers/requirements.txt' }

/**
 * The Python that the peers run with: a virtual environment under `.cache`, made and filled at the first call
 * (some minutes, needs the network) and again when the requirements change.
 *
 * @param root         the root of the repository
 * @param environment  that of the peers of pruning unless told
 * @returns            the absolute path of its interpreter
 */
export function python(root = process.cwd(), environment = PRUNING): string {
  const folder = resolve(root, environment.venv)
  const interpreter = resolve(folder, 'bin/python')
  const requirements = resolve(root, environment.requirements)
  const stamp = resolve(folder, 'installed.sha256')
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return interpreter
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: ['ignore', 2, 2] })
  rmSync(folder, { recursive: true, force: true })
  run('python3', '-m', 'venv', folder)
  run(interpreter, '-m', 'pip', 'install', '--quiet', '--requirement', requirements)
  writeFileSync(stamp, wanted) // last: an interrupted installation starts over
  return interpreter
}
