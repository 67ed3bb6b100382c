import { Flags } from '@oclif/core'
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
    '<%= config.bin %> inspect model.onnx --json | jq .before.parameters',
  ]
  static override args = { model: modelArg('The .onnx file; - is stdin.') }
  static override flags = {
    layers: Flags.boolean({ summary: 'List the weights of each layer.' }),
    dim,
    ...reportFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Inspect)
    await checkReports(flags.report)
    const dims = dimsOf(flags.dim)
    const { inspect } = await import('../recipe/inspect.js')
    const report = await this.work(flags, (hooks) =>
      inspect({ input: args.model, gzip: flags.gzip ?? null, hash: flags.report !== undefined, dims }, hooks),
    )
    await this.deliver(report, flags, flags.layers)
  }
}
