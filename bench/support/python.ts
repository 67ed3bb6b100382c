import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const VENV = '.cache/bench-venv'
const REQUIREMENTS = 'bench/peers/requirements.txt'

/**
 * The Python that the peers run with: a virtual environment under `.cache`, made and filled at the first call
 * (some minutes, needs the network) and again when the requirements change.
 *
 * @param root  the root of the repository
 * @returns     the absolute path of its interpreter
 */
export function python(root = process.cwd()): string {
  const folder = resolve(root, VENV)
  const interpreter = resolve(folder, 'bin/python')
  const requirements = resolve(root, REQUIREMENTS)
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
