import assert from 'node:assert/strict'
import { commandLine } from '../../../src/report/content/command-line.js'
import { pruneWithMetrics } from '../lenet.js'
import { SAMPLES } from '../samples.js'

const withOptions = (options: Readonly<Record<string, unknown>>) =>
  commandLine({
    ...pruneWithMetrics(),
    steps: [{ pass: 'prune', options, changed: [], skipped: [] }],
    data: [],
    metrics: [],
  })

describe('report command line: what to type to get the same', () => {
  it('has the model, the options that are set, data, metrics, seed and output', () => {
    assert.equal(
      commandLine(pruneWithMetrics()),
      'mcompress prune fixtures/lenet5.onnx --sparsity 0.8 --scope global --criterion magnitude' +
        " --exclude 'head.*' --eval-data t10k-images-idx3-ubyte.gz,t10k-labels-idx1-ubyte.gz" +
        ' --metric top1 --metric top5 --metric agreement --metric sqnr --seed 0 --output out/lenet5.pruned.onnx',
    )
  })

  it('repeats lists, pairs objects, and leaves out what is unset', () => {
    assert.equal(
      withOptions({
        perChannel: true,
        gradual: false,
        block: null,
        layer: { 'conv*': 0.9, fc: 0.5 },
        include: ['a', 'b'],
      }),
      "mcompress prune fixtures/lenet5.onnx --per-channel --layer 'conv*=0.9' --layer fc=0.5 --include a --include b" +
        ' --seed 0 --output out/lenet5.pruned.onnx',
    )
  })

  it('quotes for the shell', () => {
    assert.equal(
      withOptions({ include: ["it's $HOME", '-x', ''] }),
      "mcompress prune fixtures/lenet5.onnx --include 'it'\\''s $HOME' --include=-x --include ''" +
        ' --seed 0 --output out/lenet5.pruned.onnx',
    )
  })

  it('evaluates on --data against --baseline', () => {
    const line = commandLine(SAMPLES.evaluate?.() ?? pruneWithMetrics())
    assert.match(
      line ?? '',
      /^mcompress evaluate out\/lenet5\.pruned\.onnx --data \S+ .*--baseline fixtures\/lenet5\.onnx$/,
    )
  })

  it('a recipe has none', () => {
    assert.equal(commandLine(SAMPLES.recipe?.() ?? pruneWithMetrics()), null)
  })
})
