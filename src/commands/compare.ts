import { Flags } from '@oclif/core'
import { BaseCommand, checkReports } from './command.js'
import { dataFlags, engineFlags, modelArg, reportFlags } from './flags.js'
import { engineOf, evaluationOf } from './requests.js'

const { 'batch-size': batchSize, limit, bind } = dataFlags

export class Compare extends BaseCommand {
  static override summary = 'Show how far a model is from another one, per output and per layer.'
  static override description =
    "Runs A, which counts as right, and B on the same inputs: largest and mean error, SQNR, cosine, top-1 agreement. With --layers also inside: the layer at which the error jumps, and each layer's share of it. No labels are needed; without --data the inputs are made up."
  static override usage = 'compare A B [FLAGS]'
  static override examples = [
    '<%= config.bin %> compare model.onnx model.pruned.onnx --data test.npz',
    '<%= config.bin %> compare model.onnx model.pruned.onnx --layers',
    '<%= config.bin %> compare a.onnx b.onnx --layers --data "random?n=200"',
  ]
  static override args = {
    a: modelArg('The .onnx file that counts as right; - is stdin.'),
    b: modelArg('The .onnx file to compare with it; - is stdin.'),
  }
  static override flags = {
    layers: Flags.boolean({
      summary: 'Compare the values inside, too, and rank the layers by the error that they cause.',
    }),
    data: Flags.string({
      helpGroup: 'DATA',
      helpValue: 'SPEC',
      summary: 'What to run on: PATH[,PATH...][?key=value&...] (without it random?n=64).',
    }),
    'batch-size': batchSize,
    limit,
    bind,
    ...reportFlags,
    ...engineFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Compare)
    await checkReports(flags.report)
    const engine = engineOf(flags)
    const { compareFiles, MADE_UP } = await import('../recipe/compare.js')
    const evaluation = evaluationOf(flags.data ?? MADE_UP, flags, this.given)
    const report = await this.work(flags, (hooks) =>
      compareFiles(
        {
          a: args.a,
          b: args.b,
          evaluation,
          layers: flags.layers,
          gzip: flags.gzip ?? false,
          detail: flags.report !== undefined,
          ...engine,
        },
        hooks,
      ),
    )
    await this.deliver(report, flags, false)
  }
}
