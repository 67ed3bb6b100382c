import assert from 'node:assert/strict'
import { attr } from '../../src/ir/attr.js'
import { Model, type Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'
import { bytesOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { weightOf } from '../../src/ops/weight-of.js'
import { weightsOf } from '../../src/ops/weights.js'

/** x [1,1,3] -> LSTM of two units whose W [1,8,3] is put together from pieces of w [8,3]. */
function lstm(pieces: readonly (readonly [number, number])[], sources: readonly string[] = ['w']): Model {
  const model = new Model({ irVersion: 8, opsets: new Map([['', 17]]) })
  const { main } = model
  const constant = (name: string, shape: readonly number[], array: NodeJS.TypedArray, dtype: 'float32' | 'int64') =>
    model.addConstant(main, name, new MemoryTensor(dtype, shape, bytesOf(array)))
  const int64 = (name: string, ...values: number[]) =>
    constant(name, [values.length], BigInt64Array.from(values.map(BigInt)), 'int64')
  const node = (op: string, inputs: Value[], name: string, attrs = {}): Value => {
    const [output] = model.addNode(main, { op, inputs, outputs: [name], attrs }).outputs
    if (!output) throw new Error(`${op} has no output.`)
    return output
  }
  const x = model.addInput(main, 'x', tensorType('float32', [1, 1, 3]))
  const weights = sources.map((name) =>
    constant(
      name,
      [8, 3],
      Float32Array.from({ length: 24 }, (_, i) => i),
      'float32',
    ),
  )
  const axis = int64('axis', 0)
  const parts = pieces.map(([start, end], i) =>
    node('Slice', [weights[i % weights.length] as Value, int64(`s${i}`, start), int64(`e${i}`, end), axis], `p${i}`),
  )
  const w = node('Unsqueeze', [node('Concat', parts, 'turned', { axis: attr.int(0) }), axis], 'W')
  const r = constant('R', [1, 8, 2], new Float32Array(16), 'float32')
  const y = node('LSTM', [x, w, r], 'y', { hidden_size: attr.int(2) })
  model.addOutput(main, y)
  return model
}

function lookUp(model: Model) {
  const node = [...model.main.nodes].find((n) => n.op === 'LSTM')
  assert.ok(node)
  return weightOf(node, 1)
}

describe('A weight that is put together from its own pieces', () => {
  it('is found behind the Concat, with its axes', () => {
    const found = lookUp(
      lstm([
        [0, 2],
        [6, 8],
        [2, 6],
      ]),
    )
    assert.ok('value' in found)
    assert.equal(found.value.name, 'w')
    assert.deepEqual(found.axes, [null, 0, 1])
  })

  it('takes ends that count from behind or lie past the end', () => {
    const found = lookUp(
      lstm([
        [4, 2 ** 31],
        [0, -4],
      ]),
    )
    assert.ok('value' in found)
  })

  it('is not found when a piece is missing, doubled, or of another tensor', () => {
    assert.ok(
      'none' in
        lookUp(
          lstm([
            [0, 2],
            [4, 8],
          ]),
        ),
    )
    assert.ok(
      'none' in
        lookUp(
          lstm([
            [0, 4],
            [2, 8],
          ]),
        ),
    )
    assert.ok(
      'none' in
        lookUp(
          lstm(
            [
              [0, 4],
              [4, 8],
            ],
            ['w', 'v'],
          ),
        ),
    )
  })

  it('makes the recurrent layers of Silero VAD v5 prunable', () => {
    const { weights, untraced } = weightsOf(readModel('node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx').model)
    const recurrent = weights.filter((w) => w.main.node.op === 'LSTM')
    assert.deepEqual(
      recurrent.map((w) => [w.tensor.shape, w.main.out, w.main.in]),
      Array.from({ length: 4 }, () => [[512, 128], 0, 1]),
    )
    assert.deepEqual(untraced, [])
  })
})
