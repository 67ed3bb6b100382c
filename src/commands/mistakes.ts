import { existsSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import { UsageError } from '../errors.js'
import { didYouMean, nearest } from '../nearest.js'

/** What messages need to know of a flag. */
export interface FlagFacts {
  readonly type: 'boolean' | 'option'
  readonly helpValue?: string | readonly string[]
  readonly allowNo?: boolean
}

/** Where a mistake was made. */
export interface Place {
  /** The words of the command: `prune structured`. */
  readonly command: string
  readonly flags: Readonly<Record<string, FlagFacts>>
  readonly argv: readonly string[]
  /** The names of the flags of every command, by its words. */
  readonly commands: ReadonlyMap<string, readonly string[]>
}

/** Each way in which oclif's parser refuses a command line, and how to say it better. */
const RULES: readonly (readonly [RegExp, (place: Place, ...found: string[]) => UsageError])[] = [
  [/^Nonexistent flags?: (.*)/, unknownFlags],
  [/^Missing \d+ required arg/, missingModel],
  [/^Unexpected arguments?: (.*)/, unexpected],
  [/^Parsing --(\S+)\s+(.*)/, (place, flag, problem) => new UsageError(`--${flag} ${problem}`, help(place))],
  [/^Flag --(\S+) expects a value/, missingValue],
  [
    /^Flag --(\S+) can only be specified once/,
    (_, flag) => new UsageError(`--${flag} is given twice.`, { suggestions: ['Leave one of them out.'] }),
  ],
  [
    /--([\w-]+)=\S* cannot also be provided when using --([\w-]+)/,
    (_, a, b) => new UsageError(`--${a} and --${b} exclude one another.`, { suggestions: ['Leave one of them out.'] }),
  ],
]

/** Errors of our own that are thrown while a flag is parsed get only their message changed by oclif. */
export function isOfParser(error: Error): boolean {
  return 'oclif' in error || error.message.startsWith('Parsing --')
}

/** What oclif's parser threw, in our words. */
export function usageErrorOf(error: Error, place: Place): UsageError {
  const message = stripVTControlCharacters(error.message)
  for (const [pattern, say] of RULES) {
    const [, ...found] = pattern.exec(message) ?? []
    if (pattern.test(message)) return say(place, ...found)
  }
  const [first = ''] = message.split('\n')
  return new UsageError(first.endsWith('.') ? first : `${first}.`, help(place))
}

/**
 * When no command is called so.
 *
 * @param typed  what oclif took for one, its words joined by colons
 */
export function notFound(typed: string, commands: readonly string[]): UsageError {
  const words = typed.split(':')
  const [first = ''] = words
  const command = words.map((_, i) => words.slice(0, i).join(' ')).findLast((c) => commands.includes(c))
  if (command !== undefined) {
    return new UsageError(`"${command}" takes no argument "${words[command.split(' ').length]}".`, {
      suggestions: [helpLine(command)],
    })
  }
  if (first.startsWith('-')) {
    return new UsageError(`${first} stands where a command is expected.`, {
      suggestions: [`The command comes first: mcompress COMMAND ${first} ...`, helpLine('')],
    })
  }
  if (/\.onnx$/i.test(first) || existsSync(first)) {
    return new UsageError(`There is no command "${first}".`, {
      suggestions: [`To see what is in it: mcompress inspect ${first}`, helpLine('')],
    })
  }
  return new UsageError(`There is no command "${first}".`, { suggestions: didYouMean(first, commands, 'commands') })
}

/** A flag that takes no value, and was given one: oclif takes the value for an argument. */
export function refuseValuesOfSwitches({ argv, flags }: Place): void {
  const ours = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv
  for (const word of ours) {
    const name = /^--(?:no-)?([\w-]+)=/.exec(word)?.[1]
    if (name === undefined || flags[name]?.type !== 'boolean') continue
    const { allowNo } = flags[name]
    throw new UsageError(`${word}: --${name} takes no value.`, {
      suggestions: [allowNo ? `Say --${name} or --no-${name}.` : `Say --${name}, or leave it out.`],
    })
  }
}

/** The second word of a command, mistyped: `prune structrued`. */
export function nearSubcommand(
  word: string,
  { command, commands }: Pick<Place, 'command' | 'commands'>,
): string | undefined {
  const ours = [...commands.keys()].filter((c) => c.startsWith(`${command} `)).map((c) => c.slice(command.length + 1))
  const near = nearest(word, ours)
  return near === undefined ? undefined : `Did you mean "mcompress ${command} ${near}"?`
}

function unknownFlags(place: Place, list = ''): UsageError {
  const typed = list.split(', ').map((flag) => flag.replace(/=.*/s, ''))
  const names = Object.entries(place.flags).flatMap(([name, { allowNo }]) =>
    allowNo ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  )
  const near = typed.flatMap((flag) => nearest(flag, names) ?? startingWith(flag, names) ?? [])
  const file = typed.find((flag) => /\.onnx$/i.test(flag))
  const subcommands = place.argv.flatMap((word) => (existsSync(word) ? [] : (nearSubcommand(word, place) ?? [])))
  const elsewhere = [...place.commands].filter(([, own]) => typed.every((flag) => own.includes(flag.slice(2))))
  return new UsageError(`${place.command} has no flag ${typed.join(', ')}.`, {
    suggestions: [
      ...subcommands,
      ...near.map((name) => `Did you mean ${name}?`),
      ...elsewhereTexts(elsewhere.map(([command]) => command)),
      ...(file === undefined ? [] : [`A file whose name begins with a dash: ./${file}`]),
      helpLine(place.command),
    ],
  })
}

function elsewhereTexts(commands: readonly string[]): string[] {
  if (commands.length > 2) return [`It is one of ${commands.slice(0, -1).join(', ')} and ${commands.at(-1)}.`]
  return commands.map((command) => `It is one of ${command}: mcompress ${command} --help`)
}

/** A name that is cut short, unless hardly anything is left of it. */
function startingWith(flag: string, names: readonly string[]): string | undefined {
  return flag.length < 5 ? undefined : names.find((name) => name.startsWith(flag))
}

function missingModel({ command, argv }: Place): UsageError {
  if (command === 'report') {
    return new UsageError('The report is missing.', {
      suggestions: ['mcompress report report.json', helpLine(command)],
    })
  }
  if (command === 'compare') {
    const first = argv.find((word) => word === '-' || /\.onnx$/i.test(word))
    return new UsageError(first === undefined ? 'The models are missing.' : 'The second model is missing.', {
      suggestions: [`mcompress compare ${first ?? 'model.onnx'} other.onnx`, helpLine(command)],
    })
  }
  return new UsageError('The model is missing.', {
    suggestions: [`mcompress ${command} model.onnx`, helpLine(command)],
  })
}

function unexpected(place: Place, list = ''): UsageError {
  const { command, argv } = place
  const extra = list.split(', ')
  if (command === 'report') {
    return new UsageError(`report takes one report or two; there is more: ${extra.join(', ')}.`, {
      suggestions: ['mcompress report old.json new.json', helpLine(command)],
    })
  }
  if (command === 'compare') {
    return new UsageError(`compare takes two models; there is more: ${extra.join(', ')}.`, {
      suggestions: [
        'Several models at once, by latency and memory: mcompress bench model.onnx other.onnx third.onnx',
        helpLine(command),
      ],
    })
  }
  const before = argv.slice(0, argv.indexOf(extra[0] ?? '')).findLast((word) => !word.startsWith('-'))
  if (before !== undefined && !/\.onnx$/i.test(before) && !existsSync(before)) {
    return new UsageError(`There is neither a command "${command} ${before}" nor a model "${before}".`, {
      suggestions: [nearSubcommand(before, place) ?? helpLine(command)],
    })
  }
  return new UsageError(`${command} takes one model; there is more: ${extra.join(', ')}.`, {
    suggestions: [
      `Several models, one after the other: for m in *.onnx; do mcompress ${command} "$m"; done`,
      'A value with spaces needs quotes.',
      helpLine(command),
    ],
  })
}

function missingValue({ command, flags }: Place, flag = ''): UsageError {
  const value = flags[flag]?.helpValue
  const shown = typeof value === 'string' ? value : 'VALUE'
  return new UsageError(`--${flag} needs a value: --${flag} ${shown}`, { suggestions: [helpLine(command)] })
}

function help({ command }: Place): { suggestions: string[] } {
  return { suggestions: [helpLine(command)] }
}

function helpLine(command: string): string {
  return `mcompress ${command === '' ? '' : `${command} `}--help lists what there is.`
}
