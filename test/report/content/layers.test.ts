import assert from 'node:assert/strict'
import { LAYER_COLUMNS, layerCell, totalCell } from '../../../src/report/content/layer-columns.js'
import { largestLayers, layerChanged, layerName, layerRows, layerTotal } from '../../../src/report/content/layers.js'
import type { LayerReport } from '../../../src/report/report.js'
import { layer, model, type Weight } from '../lenet.js'

const named = (weight: string, node: string, n = 4): LayerReport => layer([weight, node, 'Conv', [n], null])
const rowsOf = (before: readonly LayerReport[], after: readonly LayerReport[]) =>
  layerRows({ before: model('a', before, 0), after: model('b', after, 0) })

describe('report layers: before and after', () => {
  it('matches by weight and node, then by weight, then by node', () => {
    const before = [named('w1', 'n1'), named('w2', 'n2'), named('w3', 'n3'), named('w4', 'n4')]
    const after = [named('w3_quantized', 'n3'), named('w2', 'n2_fused'), named('w1', 'n1'), named('w5', 'n5')]
    const pairs = rowsOf(before, after).map((r) => [r.before?.weight ?? null, r.after?.weight ?? null])
    assert.deepEqual(pairs, [
      ['w1', 'w1'],
      ['w2', 'w2'],
      ['w3', 'w3_quantized'],
      ['w4', null],
      [null, 'w5'],
    ])
  })

  it('pairs a weight that two nodes share with each of them', () => {
    const layers = [named('w', 'n1'), named('w', 'n2'), named('w', 'n2')]
    assert.deepEqual(
      rowsOf(layers, [...layers].reverse()).map((r) => [r.before?.node, r.after?.node]),
      [
        ['n1', 'n1'],
        ['n2', 'n2'],
        ['n2', 'n2'],
      ],
    )
  })

  it('counts a shared weight once in the total', () => {
    const layers = [named('w', 'n1', 10), named('w', 'n2', 10), named('v', 'n3', 5)]
    assert.deepEqual(layerTotal(layers), { weights: 2, parameters: 15, nonZero: 15, bytes: 60 })
  })

  it('keeps the largest in the order of the model', () => {
    const layers = [3, 9, 1, 7].map((n) => named(`w${n}`, `n${n}`, n))
    const kept = largestLayers(layerRows({ before: model('a', layers, 0), after: null }), 2)
    assert.deepEqual(
      kept.map((r) => r.now.weight),
      ['w9', 'w7'],
    )
  })

  it('sees a change of zeros, shape or dtype, and none where there is none', () => {
    const weight: Weight = ['w', 'n', 'Conv', [2, 2], null]
    const changed = (after: LayerReport) => rowsOf([layer(weight)], [after]).map(layerChanged)
    assert.deepEqual(changed(layer(weight)), [false])
    assert.deepEqual(changed(layer(weight, 0.5)), [true])
    assert.deepEqual(changed({ ...layer(weight), shape: [4] }), [true])
    assert.deepEqual(changed({ ...layer(weight), dtype: 'int32' }), [true])
  })

  it('calls a layer by its node where an exporter made up the weight', () => {
    const name = (weight: string, node: string) => layerName(named(weight, node))
    assert.equal(name('conv1.weight', '/conv1/Conv'), 'conv1.weight')
    assert.equal(name('onnx::Conv_42', '/conv1/Conv'), '/conv1/Conv')
    assert.equal(name('1234', '/conv1/Conv'), '/conv1/Conv')
    assert.equal(name('onnx::Conv_42', ''), 'onnx::Conv_42')
    assert.equal(name('', ''), '(unnamed)')
  })

  it('shows two values where they look different, and one where they do not', () => {
    const [kept, gone] = rowsOf(
      [layer(['a', 'a', 'Conv', [2, 2], 8]), named('b', 'b', 4)],
      [layer(['a', 'a', 'Conv', [1, 2], 4])],
    )
    assert.ok(kept && gone)
    assert.deepEqual(layerCell(LAYER_COLUMNS.shape, kept, true), { before: '2×2', now: '1×2' })
    assert.deepEqual(layerCell(LAYER_COLUMNS.macs, kept, true), { before: '8', now: '4' })
    assert.deepEqual(layerCell(LAYER_COLUMNS.op, kept, true), { before: null, now: 'Conv' })
    assert.deepEqual(layerCell(LAYER_COLUMNS.parameters, gone, true), { before: '4', now: '0' })
    assert.deepEqual(layerCell(LAYER_COLUMNS.shape, gone, true), { before: null, now: '4' })
    assert.deepEqual(totalCell(LAYER_COLUMNS.parameters, [kept, gone], true), { before: '8', now: '2' })
  })
})
