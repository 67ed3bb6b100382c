import { Args, Flags } from '@oclif/core'
import type { Option } from '../passes/option.js'
import type { Pass } from '../passes/pass.js'

export const modelArg = (description: string) =>
  // Without ignoreStdin a missing model is read from stdin: `while read f; do mcompress ...` would eat its own list.
  Args.string({ name: 'model', description, required: true, ignoreStdin: true })

const many = { multiple: true, multipleNonGreedy: true } as const

/** Flags of every command that reports. */
export const reportFlags = {
  report: Flags.string({
    ...many,
    helpGroup: 'REPORT',
    helpValue: 'FILE',
    summary: 'Write the report to a file: .json or .md; repeatable.',
  }),
  json: Flags.boolean({ helpGroup: 'REPORT', summary: 'Print the report as JSON on stdout, and nothing else.' }),
  gzip: Flags.boolean({
    allowNo: true,
    helpGroup: 'REPORT',
    summary: 'Measure gzipped sizes, too (by default below 32 MB).',
  }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: 'REPORT',
    summary: 'Print nothing but errors.',
    exclusive: ['verbose'],
  }),
  verbose: Flags.boolean({ helpGroup: 'REPORT', summary: 'Print every layer and every skipped weight.' }),
  progress: Flags.boolean({ default: true, allowNo: true, helpGroup: 'REPORT', summary: 'Show progress on stderr.' }),
}

/** Flags of every command that runs the model on data. */
export const dataFlags = {
  metric: Flags.string({
    ...many,
    helpGroup: 'DATA',
    helpValue: 'NAME[:output]',
    summary: 'How outputs are judged; repeatable, a module of your own as well.',
  }),
  'batch-size': Flags.integer({ min: 1, helpGroup: 'DATA', helpValue: 'N', summary: 'Samples per run.' }),
  limit: Flags.integer({ min: 1, helpGroup: 'DATA', helpValue: 'N', summary: 'Use the first N samples.' }),
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
  threads: Flags.integer({ min: 1, helpGroup: 'ENGINE', helpValue: 'N', summary: 'Threads of ONNX Runtime.' }),
  seed: Flags.integer({ default: 0, helpGroup: 'ENGINE', helpValue: 'N', summary: 'Seed of everything random.' }),
}

/** Flags of every command that writes a model. */
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
