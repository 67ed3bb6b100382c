import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * Runs the command line, as a user does, and prints nothing.
 *
 * @throws when it ends with another exit code than 0, with what it wrote to stderr
 */
export function mcompress(...args: readonly string[]): void {
  execFileSync(process.execPath, [resolve('bin/run.js'), ...args, '--quiet'], { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** Packs a model; the same file where no tensor would gain. */
export function pack(input: string, output: string, ...options: readonly string[]): void {
  rmSync(output, { force: true })
  mcompress('pack', input, ...options, '--allow-unchanged', '-o', output)
  if (!existsSync(output)) copyFileSync(input, output)
}
