import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import type { Pass } from '../passes/pass.js'
import { BaseCommand, checkReports } from './command.js'
import {
  dataFlags,
  engineFlags,
  kebab,
  modelArg,
  outputFlags,
  passFlags,
  reportFlags,
  type SharedFlags,
} from './flags.js'
import { packingFlags, packingStep } from './packing.js'
import { dataRolesOf, type EngineFlags, type EvaluationFlags, engineOf } from './requests.js'
import { targetFlags, targetsOf } from './targets.js'

interface PassFlags extends SharedFlags, EngineFlags, EvaluationFlags {
  readonly output?: string | undefined
  readonly 'in-place'?: boolean
  readonly 'dry-run'?: boolean
  readonly 'allow-unchanged'?: boolean
  readonly compare?: boolean
  readonly bench?: boolean
  readonly target?: readonly string[] | undefined
  readonly data?: string | undefined
  readonly 'eval-data'?: string | undefined
  readonly [option: string]: unknown
}

/** The command of a pass: a recipe of one step, or of two with --pack; flags and help are from the pass's own table. */
export function passCommand(pass: Pass): typeof BaseCommand {
  return class extends BaseCommand {
    static override summary = `${pass.summary}.`
    static override description = `${pass.description}\n\nSource: ${pass.source}.`
    static override usage = `${pass.command} MODEL [FLAGS]`
    static override examples = pass.examples.map((example) => `<%= config.bin %> ${example}`)
    static override args = { model: modelArg('The .onnx file; - is stdin.') }
    static override flags = {
      ...passFlags(pass),
      ...outputFlags,
      'eval-data': Flags.string({
        helpGroup: 'DATA',
        helpValue: 'SPEC',
        summary:
          'What the result is judged on: PATH[,PATH...][?key=value&...]; without it a tenth of --data, never learned from.',
      }),
      data: Flags.string({
        helpGroup: 'DATA',
        helpValue: 'SPEC',
        summary: 'Data to learn from, or to calibrate with; a pass that learns nothing is judged on it.',
      }),
      compare: Flags.boolean({
        helpGroup: 'DATA',
        summary: 'Compare the result with the input layer by layer, too: where the error comes from.',
      }),
      bench: Flags.boolean({ helpGroup: 'DATA', summary: 'Measure the latency of both, too.' }),
      ...targetFlags(pass),
      ...dataFlags,
      ...reportFlags,
      ...engineFlags,
      ...packingFlags(pass),
    }
    #toStdout = false

    async run(): Promise<void> {
      const { args, flags: parsed } = await this.parse(this.constructor as typeof BaseCommand)
      const flags = parsed as unknown as PassFlags // by the static flags above
      this.#toStdout = flags.output === '-'
      if (this.#toStdout && flags.json) {
        throw new UsageError('-o - and --json both want stdout.', {
          suggestions: ['Write the report to a file: --report report.json.'],
        })
      }
      await checkReports(flags.report)
      const { makeStep } = await import('../recipe/recipe.js')
      const raw = Object.fromEntries(Object.keys(pass.options).map((name) => [name, flags[kebab(name)]]))
      const step = makeStep(pass, raw, (option) => `--${kebab(option)}`)
      const packing = await packingStep(pass, flags, this.given)
      const steps = packing === null ? [step] : [step, packing]
      const asked = {
        input: String(args.model),
        output: flags.output ?? null,
        inPlace: flags['in-place'] === true,
        keep: flags['dry-run'] !== true,
        allowUnchanged: flags['allow-unchanged'] === true,
        steps,
        ...engineOf(flags),
      }
      const learner = steps
        .map(
          ({ pass, values }) =>
            pass.learns?.(values) ?? (flags.data !== undefined && pass.mayLearn?.(values) ? pass.command : null),
        )
        .find((what) => what !== null)
      const { learning, evaluation } = dataRolesOf(learner ?? null, flags, this.given)
      const targets = targetsOf(steps, flags.target, this.given)
      const { applyRecipe, runRecipe } = await import('../recipe/run.js')
      const isRead = flags.report !== undefined || flags.json || !flags.quiet
      if (!isRead && evaluation === null && !flags.compare && !flags.bench) {
        await this.work(flags, (hooks) => applyRecipe({ ...asked, learning }, hooks))
        return
      }
      const request = {
        ...asked,
        command: pass.command,
        learning,
        evaluation,
        compare: flags.compare === true,
        bench: flags.bench === true,
        targets,
        gzip: flags.gzip ?? null,
        detail: flags.report !== undefined,
      }
      const report = await this.work(flags, (hooks) => runRecipe(request, hooks))
      await this.deliver(report, flags)
    }

    protected override textStream(): 'stdout' | 'stderr' {
      return this.#toStdout ? 'stderr' : 'stdout'
    }
  }
}
