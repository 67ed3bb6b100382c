import { Flags } from '@oclif/core'
import { DIVISIONS, type Division } from '../analysis/division.js'
import { UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { BaseCommand, checkReports } from './command.js'
import { engineFlags, modelArg, reportFlags } from './flags.js'
import { dimsOf } from './requests.js'

const { dim } = engineFlags

export class Inspect extends BaseCommand {
  static override summary = 'Show what is in a model.'
  static override description =
    'Inputs and outputs, ops, parameters, bytes by dtype, sparsity, and the multiply-accumulate operations (MACs) of one run.'
  static override usage = 'inspect MODEL [FLAGS]'
  static override examples = [
    '<%= config.bin %> inspect model.onnx',
    '<%= config.bin %> inspect model.onnx --layers --dim batch=8',
    '<%= config.bin %> inspect model.onnx --why',
    '<%= config.bin %> inspect model.onnx --groups',
    '<%= config.bin %> inspect model.onnx --json | jq .before.parameters',
  ]
  static override args = { model: modelArg('The .onnx file; - is stdin.') }
  static override flags = {
    layers: Flags.boolean({ summary: 'List the weights of each layer.' }),
    why: Flags.boolean({
      summary: 'Show where bytes and MACs are, how the weights are distributed, and what could go.',
    }),
    groups: Flags.boolean({
      summary: 'Show which channels and heads go together, what hangs on them, and which nodes keep others.',
    }),
    by: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'op|dtype|layer|name',
      summary: 'How --why divides the model; repeatable [default: the two ways that say most].',
    }),
    dim,
    ...reportFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect)
    await checkReports(flags.report)
    const dims = dimsOf(flags.dim)
    const by = divisionsOf(flags.by)
    const why = flags.why || by !== null
    const { inspect } = await import('../recipe/inspect.js')
    const { gzip = null, groups } = flags
    const report = await this.work(flags, (hooks) =>
      inspect({ input: args.model, gzip, detail: flags.report !== undefined, dims, why, groups }, hooks),
    )
    await this.deliver(report, flags, flags.layers || why, by)
  }
}

/** @throws UsageError */
function divisionsOf(names: readonly string[] | undefined): readonly Division[] | null {
  if (names === undefined) return null
  return names.map((name) => {
    const division = DIVISIONS.find((known) => known === name)
    if (division !== undefined) return division
    throw new UsageError(`--by is "${name}", which is no way to divide a model.`, {
      suggestions: didYouMean(name, DIVISIONS, 'ways'),
    })
  })
}
