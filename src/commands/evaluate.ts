import { Flags } from '@oclif/core'
import { UsageError } from '../errors.js'
import { BaseCommand, checkReports } from './command.js'
import { dataFlags, engineFlags, modelArg, reportFlags } from './flags.js'
import { engineOf, evaluationOf } from './requests.js'

export class Evaluate extends BaseCommand {
  static override summary = 'Measure the accuracy of a model on data.'
  static override description =
    'Against the labels in the data, against another model (--baseline), or both. Without --metric: top1 where the labels fit the output, else agreement and SQNR with the baseline.'
  static override usage = 'evaluate MODEL --data SPEC [FLAGS]'
  static override examples = [
    '<%= config.bin %> evaluate model.onnx --data test.npz',
    '<%= config.bin %> evaluate model.onnx --data x.npy,y.npy --metric top1 --metric top5',
    '<%= config.bin %> evaluate pruned.onnx --baseline model.onnx --data "random?n=256"',
  ]
  static override args = { model: modelArg('The .onnx file; - is stdin.') }
  static override flags = {
    data: Flags.string({
      helpGroup: 'DATA',
      helpValue: 'SPEC',
      summary: 'What to measure on: PATH[,PATH...][?key=value&...].',
    }),
    'eval-data': Flags.string({
      helpGroup: 'DATA',
      helpValue: 'SPEC',
      summary: 'The same as --data.',
      exclusive: ['data'],
    }),
    baseline: Flags.string({
      helpGroup: 'DATA',
      helpValue: 'MODEL',
      summary: 'The model to compare the outputs with.',
    }),
    ...dataFlags,
    ...reportFlags,
    ...engineFlags,
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Evaluate)
    await checkReports(flags.report)
    const evaluation = evaluationOf(flags.data ?? flags['eval-data'], flags, new Set())
    const engine = engineOf(flags)
    if (evaluation === null) {
      throw new UsageError('There is nothing to measure on.', {
        suggestions: ['Add --data SPEC, for example --data test.npz, or --data "random?n=64" with --baseline MODEL.'],
      })
    }
    const { evaluateModel } = await import('../recipe/evaluate-model.js')
    const report = await this.work(flags, (hooks) =>
      evaluateModel(
        {
          input: args.model,
          baseline: flags.baseline ?? null,
          evaluation,
          gzip: flags.gzip ?? null,
          detail: flags.report !== undefined,
          ...engine,
        },
        hooks,
      ),
    )
    await this.deliver(report, flags)
  }
}
