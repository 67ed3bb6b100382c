import { readFile, writeFile } from 'node:fs/promises'
import { text as textOf } from 'node:stream/consumers'
import { Args, Flags } from '@oclif/core'
import { ioError, UsageError } from '../errors.js'
import type { Report as SavedReport } from '../report/report.js'
import { BaseCommand, checkReports } from './command.js'
import { reportFlags } from './flags.js'

const STREAM = '-'
const { verbose, quiet, config } = reportFlags

export class Report extends BaseCommand {
  static override summary = 'Show a saved report again, or two side by side.'
  static override description =
    'Renders a report that was saved with --report FILE.json: in the terminal, or with -o in the form of the ending. Of two, it shows what came out of each run, and what differs in how they were made.'
  static override usage = 'report REPORT.json [NEW.json] [FLAGS]'
  static override examples = [
    '<%= config.bin %> report report.json -o report.html',
    '<%= config.bin %> report old.json new.json',
    '<%= config.bin %> report old.json new.json -o changes.md -o changes.html',
  ]
  static override args = {
    report: Args.string({ description: 'A report in JSON; - is stdin.', required: true, ignoreStdin: true }),
    new: Args.string({ description: 'A later one, to lay beside it.', ignoreStdin: true }),
  }
  static override flags = {
    output: Flags.string({
      char: 'o',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'REPORT',
      helpValue: 'FILE',
      summary: 'Write it to a file: .html, .md, .json or .txt; repeatable.',
    }),
    layers: Flags.boolean({ helpGroup: 'REPORT', summary: 'List the weights of each layer.' }),
    verbose,
    quiet,
    config,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Report)
    await checkReports(flags.output)
    if (args.report === STREAM && args.new === STREAM) {
      throw new UsageError('Two reports do not fit through one stdin.', {
        suggestions: ['Name a file for one of them.'],
      })
    }
    if (args.new !== undefined) await checkForms(flags.output ?? [])
    const old = await load(args.report)
    const later = args.new === undefined ? null : await load(args.new)
    for (const path of flags.output ?? []) await write(path, old, later)
    if (flags.output !== undefined || flags.quiet) return
    const { terminal, terminalOptions } = await import('../report/terminal.js')
    const options = {
      ...terminalOptions('stdout'),
      layers: flags.layers ? true : null,
      full: flags.verbose === true,
    }
    process.stdout.write(
      later === null ? terminal.render(old, options) : terminal.renderRuns({ old, new: later }, options),
    )
  }
}

/** @throws IoError, DataError */
async function load(path: string): Promise<SavedReport> {
  const { readReport } = await import('../report/read.js')
  if (path === STREAM) return readReport(await textOf(process.stdin), 'stdin')
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw ioError(error, `Cannot read the report "${path}"`, ['Check the path.'])
  })
  return readReport(text, path)
}

async function write(path: string, old: SavedReport, later: SavedReport | null): Promise<void> {
  const { formForFile } = await import('../report/index.js')
  const form = formForFile(path)
  const text = later === null ? await form.render(old) : await form.renderRuns?.({ old, new: later })
  await writeFile(path, text ?? '').catch((error: unknown) => {
    throw ioError(error, `Cannot write the report "${path}"`, ['Free some space, or choose another place.'])
  })
}

/** Before anything is written. @throws UsageError for a form that cannot hold two runs */
async function checkForms(paths: readonly string[]): Promise<void> {
  const { FORMS, formForFile } = await import('../report/index.js')
  const path = paths.find((each) => formForFile(each).renderRuns === undefined)
  if (path === undefined) return
  const endings = FORMS.filter((form) => form.renderRuns !== undefined).map((form) => form.ending)
  throw new UsageError(`"${path}" would hold one report, and there are two.`, {
    suggestions: [`Two side by side are written to files that end in ${endings.join(', ')}.`],
  })
}
