import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, readdirSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const RUN = resolve('bin/run.js')
const FASHION = resolve('fixtures/fashion-mnist')

/** The held-out test set of the LeNets. */
export const TEST_SET = ['images-idx3', 'labels-idx1'].map((name) => join(FASHION, `t10k-${name}-ubyte.gz`)).join(',')

/** What a job says of its progress when it takes seconds: whether it does depends on the machine. */
const PROGRESS = /^\S.*, \d+ (s|min) (left|so far)\n/gm

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  /** stdout again: a model is no text. */
  readonly bytes: Buffer
  /** Without lines of progress. */
  readonly stderr: string
}

export interface RunOptions {
  readonly cwd: string
  readonly stdin?: Uint8Array | 'open'
  readonly env?: Readonly<Record<string, string>>
  readonly onStart?: (child: ChildProcess) => void
  /** The user to run as; this one unless told. */
  readonly uid?: number
}

/** Runs `mcompress` as a process of its own, with no terminal anywhere. */
export function mcompress(args: readonly string[], options: RunOptions): Promise<Ran> {
  return run(process.execPath, [RUN, ...args], options)
}

/** A line for the shell, in which `mcompress` is the command. */
export function shell(line: string, options: RunOptions): Promise<Ran> {
  return run('sh', ['-c', `mcompress() { "${process.execPath}" "${RUN}" "$@"; }\n${line}`], options)
}

function run(command: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: 'pipe',
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk) => stdout.push(chunk))
  child.stderr.on('data', (chunk) => stderr.push(chunk))
  child.stdin.on('error', () => {}) // a command that reads no stdin ends before it is written
  if (options.stdin !== 'open') child.stdin.end(options.stdin)
  options.onStart?.(child)
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (code) => {
      const bytes = Buffer.concat(stdout)
      done({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(stderr).toString().replace(PROGRESS, '') })
    })
  })
}

/** That of the tests, without what changes what a command does or how it looks. */
function environment(): NodeJS.ProcessEnv {
  const ours = /^(MCOMPRESS_|OCLIF_|NODE_OPTIONS|NODE_V8_COVERAGE|NODE_ENV|DEBUG|COLUMNS|CI|TERM|NO_COLOR|FORCE_COLOR)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
}

/** A folder for the tests of a `describe`, emptied before each and removed after all. */
export function workFolder(): { readonly path: string; file(name: string): string; names(): string[] } {
  let path = ''
  const remove = () => rm(path, { recursive: true, force: true })
  beforeEach(async () => {
    if (path !== '') await remove()
    path = await realpath(await mkdtemp(join(tmpdir(), 'mcompress-test-')))
  })
  after(remove)
  return {
    get path() {
      return path
    },
    file: (name) => join(path, name),
    names: () => readdirSync(path).sort(),
  }
}

/** Copies fixtures into a folder, under names without their folders. */
export function place(folder: string, ...fixtures: readonly string[]): void {
  for (const name of fixtures) copyFileSync(resolve('fixtures', name), join(folder, basename(name)))
}

/** That a command did its work, whatever it printed. */
export function assertDone(ran: Ran): void {
  assert.equal(ran.code, 0, ran.stderr)
}

/** That a command refused: the exit code, one message with what to do, no stack, nothing on stdout. */
export function assertRefused(ran: Ran, code: number, message: RegExp): void {
  assert.match(ran.stderr, message)
  assert.equal(ran.code, code, ran.stderr)
  assert.equal(ran.stdout, '')
  assert.doesNotMatch(ran.stderr, /^\s+at .*:\d+/m)
  assert.match(ran.stderr, /^Error: .*\n( {2}\S.*\n)+$/)
}
