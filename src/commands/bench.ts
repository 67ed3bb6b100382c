import { writeFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { ioError, UsageError } from '../errors.js'
import type { BenchExport } from '../report/bench/index.js'
import type { Report } from '../report/report.js'
import { BaseCommand, checkReports, checkWritable } from './command.js'
import { durationFlag } from './duration.js'
import { dataFlags, engineFlags, many, reportFlags, wholeNumber } from './flags.js'
import { bindsOf, engineOf, fillsOf } from './requests.js'

const { gzip: _, ...ownReportFlags } = reportFlags

export class Bench extends BaseCommand {
  static override summary = 'Measure how long models take, and how much memory.'
  static override description =
    'Runs the models in turns, so that what disturbs the machine disturbs all of them alike, and tells by how much each is faster or slower than the first, with the 95 % confidence interval. Inputs are made up unless there is --data. A process of its own for each model tells the memory and the time to load.'
  static override usage = 'bench MODEL... [FLAGS]'
  static override examples = [
    '<%= config.bin %> bench model.onnx',
    '<%= config.bin %> bench model.onnx model.pruned.onnx --threads 1',
    '<%= config.bin %> bench *.onnx --batch-size 8 --min-time 10s --export times.csv',
    '<%= config.bin %> bench speech.onnx --dim length=512 --fill sr=16000',
  ]
  static override args = {
    model: Args.string({
      name: 'model',
      description: 'The .onnx files, the first being what the others are compared with; - is stdin.',
      required: true,
      ignoreStdin: true,
      multiple: true,
    }),
  }
  static override flags = {
    runs: wholeNumber({
      min: 1,
      default: 10,
      helpValue: 'N',
      summary: 'Rounds at least, in each of which every model runs.',
    }),
    'min-time': durationFlag({
      default: 3000,
      defaultHelp: async () => '3s',
      helpValue: 'TIME',
      summary: 'Time at least that the runs of each model take: 500ms, 3s, 1min.',
    }),
    warmup: wholeNumber({ min: 1, default: 5, helpValue: 'N', summary: 'Runs that do not count, after each loading.' }),
    export: Flags.string({
      ...many,
      helpValue: 'FILE',
      summary:
        'Write the figures: a file ending in .csv, .json or .md, or one of csv, json and md for stdout; repeatable.',
    }),
    data: Flags.string({
      helpGroup: 'DATA',
      helpValue: 'SPEC',
      summary: 'What to feed: PATH[,PATH...][?key=value&...]. Without it inputs are made up.',
    }),
    'batch-size': dataFlags['batch-size'],
    bind: dataFlags.bind,
    fill: Flags.string({
      ...many,
      helpGroup: 'DATA',
      helpValue: 'INPUT=NUMBER',
      summary: 'A number that fills an input; repeatable.',
      exclusive: ['data'],
    }),
    ...ownReportFlags,
    ...engineFlags,
  }
  #toStdout = false

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Bench)
    await checkReports(flags.report)
    const exports = await exportsOf(flags.export, flags.json)
    this.#toStdout = exports.some(({ path }) => path === null)
    if (flags.data === undefined && flags.bind !== undefined && this.given.has('bind')) {
      throw new UsageError('--bind says how to use data, but there is none.', {
        suggestions: ['Add --data SPEC, for example --data test.npz.'],
      })
    }
    const request = {
      inputs: args.model,
      runs: flags.runs,
      minMs: flags['min-time'],
      warmup: flags.warmup,
      batchSize: flags['batch-size'] ?? null,
      data: flags.data ?? null,
      binds: bindsOf(flags.bind),
      fills: fillsOf(flags.fill),
      hash: flags.report !== undefined,
      ...engineOf(flags),
    }
    const { bench } = await import('../recipe/bench.js')
    const report = await this.work(flags, (hooks) => bench(request, hooks))
    await writeExports(report, exports)
    await this.deliver(report, flags, false)
  }

  protected override textStream(): 'stdout' | 'stderr' {
    return this.#toStdout ? 'stderr' : 'stdout'
  }
}

/** Looked at before any work. @throws UsageError for an unknown form, and for two that want stdout; IoError */
async function exportsOf(texts: readonly string[] = [], json: boolean): Promise<BenchExport[]> {
  if (texts.length === 0) return []
  const { benchExport } = await import('../report/bench/index.js')
  const exports = texts.map(benchExport)
  const toStdout = exports.filter(({ path }) => path === null).map(({ form }) => `--export ${form.name}`)
  const both = [...toStdout, ...(json && toStdout.length > 0 ? ['--json'] : [])]
  if (both.length > 1) {
    throw new UsageError(`${both.join(' and ')} both want stdout.`, {
      suggestions: [`Name a file for one of them: --export times.${exports[0]?.form.name}`],
    })
  }
  for (const { path } of exports) if (path !== null) await checkWritable(path, `Cannot write the figures "${path}"`)
  return exports
}

async function writeExports({ bench }: Report, exports: readonly BenchExport[]): Promise<void> {
  if (bench === null) return
  for (const { form, path } of exports) {
    const text = form.write(bench)
    if (path === null) process.stdout.write(text)
    else {
      await writeFile(path, text).catch((error: unknown) => {
        throw ioError(error, `Cannot write the figures "${path}"`, ['Free some space, or choose another place.'])
      })
    }
  }
}
