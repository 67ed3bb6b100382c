import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { type Environment, python } from './python.js'

/** Of the peers that models are packed beside, and of the consumers that load them. */
export const PACKING: Environment = {
  venv: '.cache/bench-pack-venv',
  requirements: 'bench/peers/requirements-pack.txt',
}

/** Of what exports architectures for structured pruning, and of the peer that it is measured beside. */
export const STRUCTURED: Environment = {
  venv: '.cache/bench-structured-venv',
  requirements: 'bench/peers/requirements-structured.txt',
}

/**
 * Runs a Python script of `bench/peers`.
 *
 * @param input  what it reads from stdin
 * @returns      what it wrote to stdout
 * @throws when it fails, with what it wrote to stderr
 */
export function peer(script: string, args: readonly string[], input = ''): string {
  return execFileSync(python(process.cwd(), PACKING), [resolve('bench/peers', script), ...args], {
    input,
    stdio: 'pipe',
    encoding: 'utf8',
  })
}
