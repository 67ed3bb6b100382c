import assert from 'node:assert/strict'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { readModel } from '../../../src/onnx/read.js'
import { skeleton } from '../../../src/onnx/skeleton.js'
import { weightsOf } from '../../../src/ops/weights.js'
import type { CalibrateInput } from '../../../src/passes/prune/calibrate.js'
import { prune } from '../../../src/passes/prune/index.js'
import { chooseTargets, withAxes } from '../../../src/passes/prune/targets.js'
import { makeStep } from '../../../src/recipe/recipe.js'
import { capture } from '../../../src/rewrites/capture.js'
import { matrixOf } from '../../../src/rewrites/weight-matrix.js'
import { runJob } from '../../../src/runtime/host.js'
import { temporaryFolder } from '../../support/data-files.js'

describe('The job that calibrates', () => {
  const pathIn = temporaryFolder()

  async function peakOf(samples: number): Promise<number> {
    const { model } = readModel('fixtures/lenet5.onnx')
    const values = makeStep(prune, { criterion: 'sparsegpt' }).values as never // parsed by the pass's own options
    const targets = withAxes(chooseTargets(weightsOf(model), values).targets, [])
    const shapes = await inferShapes(model)
    const matrices = targets.map((target) => {
      const matrix = matrixOf(model, target.weight, shapes)
      return 'none' in matrix ? assert.fail(matrix.none) : matrix
    })
    const captured = capture(
      model,
      matrices.flatMap(({ views }) => views.map((view) => ({ view, statistic: 'gram' }))),
    )
    const input: CalibrateInput = {
      source: skeleton(captured.model),
      outputs: captured.outputs,
      data: `random?n=${samples}`,
      batchSize: 8,
      samples,
      threads: 1,
      ...{ criterion: 'sparsegpt', scope: 'layer', pattern: null, damping: 0.01, blockSize: 128 },
      results: pathIn(`results-${samples}`),
      layers: targets.map((target, i) => {
        const { name, index, dtype, elements, shape, out, in: inputs, tensor } = target
        const { source, offset, length } = tensor.range ?? assert.fail(name)
        const layout = (matrices[i] ?? assert.fail()).layout
        const range = { path: source.path, offset, length }
        return {
          name,
          index,
          dtype,
          elements,
          shape,
          out,
          in: inputs,
          range,
          layout,
          outputs: [captured.outputs[i] ?? ''],
          sparsity: 0.5,
        }
      }),
    }
    const { output, peakBytes } = await runJob<typeof import('../../../src/passes/prune/calibrate-job.js').default>(
      new URL('../../../src/passes/prune/calibrate-job.js', import.meta.url),
      input,
      { doing: 'calibrating', threads: 1 },
    )
    assert.equal(output.samples, samples)
    assert.deepEqual(
      output.layers.map((layer) => layer.zerosAfter),
      [250, 12_500, 200_000, 2500],
    )
    return peakBytes
  }

  it('needs no more memory for more samples', async () => {
    const [few, many] = [await peakOf(256), await peakOf(1024)]

    // All samples are 3 MB; their windows, were they kept, would be 200 MB. With fewer the heap is not yet full grown.
    assert.ok(many < 1.15 * few, `${few} and ${many} bytes`)
  })
})
