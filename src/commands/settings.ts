import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ioError, UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'

/** What settings need to know of a flag. */
export interface FlagShape {
  readonly type: 'boolean' | 'option'
  readonly multiple?: boolean
  readonly allowNo?: boolean
  readonly exclusive?: readonly unknown[]
}

export type FlagShapes = Readonly<Record<string, FlagShape>>

/** A flag that was not given on the command line, but set elsewhere. */
export interface Setting {
  readonly flag: string
  /** What it would be on the command line. */
  readonly args: readonly string[]
  /** Where it was set: `MCOMPRESS_SEED`, `mcompress.config.json`. */
  readonly from: string
}

export interface SettingsContext {
  /** The words of the command: `prune structured`. */
  readonly command: string
  /** The flags of every command, by its words. */
  readonly commands: ReadonlyMap<string, FlagShapes>
  /** Names of the flags on the command line: they win. */
  readonly given: ReadonlySet<string>
  /** The value of --config. */
  readonly config: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly folder: string
}

const FILES = ['mcompress.config.json', 'mcompress.config.js', 'mcompress.config.mjs']
/** Found and refused: to pass over a configuration in silence would be worse. */
const NOT_READ = ['mcompress.config.yaml', 'mcompress.config.yml', 'mcompress.config.ts']

/**
 * The flags that environment and configuration file set: flag > environment > file > default.
 *
 * @throws UsageError for an unknown key, or a value of the wrong kind; IoError for a file that cannot be read
 */
export async function readSettings(context: SettingsContext): Promise<Setting[]> {
  const flags = context.commands.get(context.command) ?? {}
  const found = [...fromEnvironment(flags, context.env), ...(await fromFile(context))]
  const settings: Setting[] = []
  const settled = new Set(context.given)
  for (const setting of found) {
    // A flag on the command line also beats what it excludes: -o the in-place of a file.
    if (settled.has(setting.flag) || [...context.given].some((given) => exclude(flags, given, setting.flag))) continue
    settled.add(setting.flag)
    settings.push(setting)
  }
  return settings
}

function exclude(flags: FlagShapes, a: string, b: string): boolean {
  return Boolean(flags[a]?.exclusive?.includes(b) || flags[b]?.exclusive?.includes(a))
}

function fromEnvironment(flags: FlagShapes, env: SettingsContext['env']): Setting[] {
  return Object.entries(flags).flatMap(([flag, shape]) => {
    const variable = `MCOMPRESS_${flag.toUpperCase().replaceAll('-', '_')}`
    const text = env[variable]
    if (text === undefined || text === '' || flag === 'config') return []
    return [{ flag, args: argsOf(flag, shape, ofText(text, shape), variable), from: variable }]
  })
}

/** An environment variable holds text only: lists by spaces, switches as 1 or 0. */
function ofText(text: string, { type, multiple }: FlagShape): unknown {
  if (type === 'boolean') return { 1: true, true: true, 0: false, false: false }[text] ?? text
  return multiple ? text.split(/\s+/).filter((part) => part !== '') : text
}

async function fromFile(context: SettingsContext): Promise<Setting[]> {
  const path = findFile(context)
  if (path === undefined) return []
  const { command, commands } = context
  const content = await load(resolve(context.folder, path), path)
  const flags = commands.get(command) ?? {}
  const known = new Set([...commands.values()].flatMap((each) => Object.keys(each)))
  known.delete('config')
  const general = Object.entries(content).filter(([, value]) => !isRecord(value))
  checkKeys(general, [...known], path, 'flags')
  const nested = Object.entries(content).filter(([, value]) => isRecord(value))
  checkKeys(nested, [...commands.keys()], path, 'commands')
  for (const [name, own] of nested) {
    const names = Object.keys(commands.get(name) ?? {}).filter((flag) => flag !== 'config')
    checkKeys(Object.entries(own as object), names, path, `flags of ${name}`) // a record, as just filtered
  }
  const merged = { ...Object.fromEntries(general), ...(isRecord(content[command]) ? content[command] : {}) }
  return Object.entries(merged).flatMap(([flag, value]) => {
    const shape = flags[flag]
    return shape === undefined ? [] : [{ flag, args: argsOf(flag, shape, value, path), from: path }]
  })
}

/** @throws UsageError when there are several, or one in another language: what counts is not to be guessed */
function findFile({ config, env, folder }: SettingsContext): string | undefined {
  const named = config ?? (env.MCOMPRESS_CONFIG || undefined)
  if (named !== undefined) return named
  const [there = [], notRead = []] = [FILES, NOT_READ].map((names) =>
    names.filter((name) => existsSync(resolve(folder, name))),
  )
  if (notRead[0] !== undefined) {
    throw new UsageError(`This version does not read "${notRead[0]}".`, {
      suggestions: [`Use one of ${FILES.join(', ')}.`],
    })
  }
  if (there.length < 2) return there[0]
  throw new UsageError(`There is more than one configuration: ${there.join(', ')}.`, {
    suggestions: ['Keep one of them, or name one with --config.'],
  })
}

async function load(path: string, shown: string): Promise<Record<string, unknown>> {
  const content = extname(path) === '.json' ? await loadJson(path, shown) : await loadModule(path, shown)
  if (isRecord(content)) return content
  throw new UsageError(`"${shown}" holds no configuration: it must be an object.`, {
    suggestions: ['For example { "threads": 1, "prune": { "sparsity": 0.8 } }.'],
  })
}

async function loadJson(path: string, shown: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw ioError(error, `Cannot read the configuration "${shown}"`, ['Check the path.'])
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError(`"${shown}" is no valid JSON: ${reason(error)}.`, {
      suggestions: ['JSON has no comments, and no comma after the last entry; mcompress.config.mjs may have both.'],
      cause: error,
    })
  }
}

async function loadModule(path: string, shown: string): Promise<unknown> {
  if (!/^\.m?js$/.test(extname(path))) {
    throw new UsageError(`"${shown}" is no configuration: its name must end in .json, .js or .mjs.`)
  }
  if (!existsSync(path)) {
    throw ioError(Object.assign(new Error(), { code: 'ENOENT' }), `Cannot read the configuration "${shown}"`, [
      'Check the path.',
    ])
  }
  try {
    const { default: exported }: { default?: unknown } = await import(pathToFileURL(path).href)
    return exported
  } catch (error) {
    throw new UsageError(`"${shown}" cannot be loaded: ${reason(error)}.`, {
      suggestions: [
        ...(error instanceof SyntaxError && extname(path) === '.js'
          ? [`Where no package.json says "type": "module", call it ${basename(path, '.js')}.mjs.`]
          : []),
        `node ${shown} shows where it fails.`,
      ],
      cause: error,
    })
  }
}

function checkKeys(entries: readonly [string, unknown][], known: readonly string[], path: string, what: string): void {
  for (const [key] of entries) {
    if (known.includes(key)) continue
    throw new UsageError(`Unknown key "${key}" in ${path}.`, {
      suggestions: didYouMean(key, [...known].sort(), what),
    })
  }
}

/** What the setting would be on the command line, so that there it is checked like all others. */
function argsOf(flag: string, { type, multiple, allowNo }: FlagShape, value: unknown, from: string): string[] {
  const refuse = (wanted: string): never => {
    throw new UsageError(`${flag} is ${JSON.stringify(value)} in ${from}; it must be ${wanted}.`)
  }
  if (type === 'boolean') {
    if (typeof value !== 'boolean') return refuse(from.startsWith('MCOMPRESS_') ? '1 or 0' : 'true or false')
    if (value) return [`--${flag}`]
    return allowNo ? [`--no-${flag}`] : []
  }
  const items = Array.isArray(value) && multiple ? value : [value]
  if (!items.every((item) => typeof item === 'string' || typeof item === 'number')) {
    return refuse(multiple ? 'text, or a list of texts' : 'text or a number')
  }
  return items.map((item) => `--${flag}=${item}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
