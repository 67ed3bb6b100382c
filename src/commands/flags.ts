import { Args, Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import type { Option } from '../passes/option.js'
import type { Pass } from '../passes/pass.js'

/** What the flags that every reporting command has parse to. */
export interface SharedFlags {
  readonly report?: readonly string[] | undefined
  readonly json?: boolean
  readonly gzip?: boolean | undefined
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly progress: boolean
}

export const modelArg = (description: string) =>
  // Without ignoreStdin a missing model is read from stdin: `while read f; do mcompress ...` would eat its own list.
  Args.string({ name: 'model', description, required: true, ignoreStdin: true })

export const many = { multiple: true, multipleNonGreedy: true } as const

/** oclif's own integers explain themselves less well. */
export const wholeNumber = Flags.custom<number, { readonly min: number; readonly max?: number }>({
  parse: async (text, _, { min, max = Number.MAX_SAFE_INTEGER }) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    const limit = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`
    throw new UsageError(`is "${text}"; it must be a whole number, ${limit}.`)
  },
})

/** Of every command that reports. */
export const reportFlags = {
  report: Flags.string({
    ...many,
    helpGroup: 'REPORT',
    helpValue: 'FILE',
    summary: 'Write the report to a file: .html, .json, .md or .txt; repeatable.',
  }),
  json: Flags.boolean({ helpGroup: 'REPORT', summary: 'Print the report as JSON on stdout, and nothing else.' }),
  gzip: Flags.boolean({
    allowNo: true,
    helpGroup: 'REPORT',
    summary: 'Measure sizes compressed with gzip and zstd, too (by default below 32 MB).',
  }),
  verbose: Flags.boolean({ helpGroup: 'REPORT', summary: 'Print every layer and every skipped weight.' }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: 'REPORT',
    summary: 'Print nothing but errors.',
    exclusive: ['verbose'],
  }),
  progress: Flags.boolean({ default: true, allowNo: true, helpGroup: 'REPORT', summary: 'Show progress on stderr.' }),
  config: Flags.string({
    helpGroup: 'REPORT',
    helpValue: 'FILE',
    summary: 'Defaults for flags (without it mcompress.config.json, .js or .mjs, where there is one).',
  }),
}

/** Of every command that runs the model on data. */
export const dataFlags = {
  metric: Flags.string({
    ...many,
    helpGroup: 'DATA',
    helpValue: 'NAME[:output]',
    summary: 'How outputs are judged; repeatable, a module of your own as well.',
  }),
  'batch-size': wholeNumber({ min: 1, helpGroup: 'DATA', helpValue: 'N', summary: 'Samples per run.' }),
  limit: wholeNumber({ min: 1, helpGroup: 'DATA', helpValue: 'N', summary: 'Use the first N samples.' }),
  bind: Flags.string({
    ...many,
    helpGroup: 'DATA',
    helpValue: 'INPUT=FIELD',
    summary: 'Which field of the data feeds which input; repeatable.',
  }),
  label: Flags.string({ helpGroup: 'DATA', helpValue: 'FIELD', summary: 'The field that holds the labels.' }),
}

export const engineFlags = {
  dim: Flags.string({
    ...many,
    helpGroup: 'ENGINE',
    helpValue: 'NAME=N',
    summary: 'A value for a dimension that the model leaves open; repeatable.',
  }),
  provider: Flags.string({ helpGroup: 'ENGINE', helpValue: 'NAME', summary: 'Execution provider of ONNX Runtime.' }),
  threads: wholeNumber({
    min: 1,
    max: 1024,
    helpGroup: 'ENGINE',
    helpValue: 'N',
    summary: 'Threads of ONNX Runtime.',
  }),
  seed: wholeNumber({
    min: 0,
    max: 2 ** 32 - 1,
    default: 0,
    helpGroup: 'ENGINE',
    helpValue: 'N',
    summary: 'Seed of everything random.',
  }),
}

/** Of every command that writes a model. */
export const outputFlags = {
  output: Flags.string({
    char: 'o',
    helpGroup: 'OUTPUT',
    helpValue: 'FILE',
    summary: 'Where the new model goes; - is stdout.',
  }),
  'in-place': Flags.boolean({ helpGroup: 'OUTPUT', summary: 'Replace the input.', exclusive: ['output'] }),
  'dry-run': Flags.boolean({ helpGroup: 'OUTPUT', summary: 'Do everything but keep the file.' }),
  'allow-unchanged': Flags.boolean({
    helpGroup: 'OUTPUT',
    summary: 'Nothing to do is no failure: exit 0 instead of 6.',
  }),
}

/** A pass's own flags. Values stay text here: the pass's options check them, as they do in a recipe. */
export function passFlags(pass: Pass) {
  return Object.fromEntries(Object.entries(pass.options).map(([name, option]) => [kebab(name), flagOf(option)]))
}

function flagOf(option: Option<unknown>) {
  const fallback = option.shownDefault ?? (typeof option.default === 'string' ? option.default : undefined)
  const common = { summary: option.summary }
  if (option.kind === 'flag') return Flags.boolean(common)
  const value = {
    ...common,
    helpValue: option.value,
    ...(fallback === undefined ? {} : { summary: `${option.summary} [default: ${fallback}]` }),
  }
  return option.kind === 'list' ? Flags.string({ ...value, ...many }) : Flags.string(value)
}

export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)
}
