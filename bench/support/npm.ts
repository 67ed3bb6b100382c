import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * A package that the benchmarks measure beside and that is no dependency: installed under `.cache` at the first call,
 * which needs the network.
 *
 * @param spec  with its version: `onnxsim@0.7.3`
 * @returns     the absolute path of its folder
 */
export function npmPackage(spec: string, root = process.cwd()): string {
  const prefix = resolve(root, '.cache/bench-npm', spec.replace(/[^\w.@-]/g, '_'))
  const folder = resolve(prefix, 'node_modules', spec.replace(/@[^@]*$/, ''))
  if (existsSync(folder)) return folder
  execFileSync('npm', ['install', '--silent', '--no-save', '--prefix', prefix, spec], { stdio: ['ignore', 2, 2] })
  return folder
}
