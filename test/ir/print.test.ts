import assert from 'node:assert/strict'
import { outputOf, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { printModel } from '../../src/ir/print.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'

describe('printModel', () => {
  it('writes a node a line, bodies below their node, functions last', () => {
    const s = sketch('main', 21, { 'com.example': 1 })
    const x = s.input('x', ['N', 4])
    const tensor = new MemoryTensor('int8', [2], Uint8Array.of(1, 2))
    const w = s.constant('w', tensor)
    const many = s.nodeOf(
      'Many',
      'many',
      [x, null, w],
      ['a', '', 'b'],
      {},
      {
        domain: 'com.example',
        attrs: {
          axis: attr.int(-1),
          axes: attr.ints([0, 2]),
          scale: attr.float(0.5),
          text: attr.string('a "b"'),
          texts: { kind: 'strings', value: [Buffer.from('c'), Buffer.from('d')] },
          value: attr.tensor(tensor),
          values: { kind: 'tensors', value: [tensor, tensor] },
          type: { kind: 'type', value: tensorType('float32', ['N']) },
          outer: { kind: 'ref', value: 'alpha' },
          later: { kind: 'unknown', value: null },
        },
      },
    )
    const choice = s.nodeOf('If', 'choice', [outputOf(many)], ['c'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.node('Neg', 'neg', [x]), null))
    s.output('y', outputOf(choice), null)
    s.output('a', outputOf(many), null)
    const f = s.model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map(), extra: {} })
    s.model.addInput(f.graph, 'in', null)

    assert.equal(
      printModel(s.model),
      `ir 10, ai.onnx 21, com.example 1
input x: float32[N,4]
initializer w: int8[2]
a, -, b = com.example.Many(x, -, w) {axis=-1, axes=[0,2], scale=0.5, text="a \\"b\\"", texts=["c","d"], value=int8[2], values=[int8[2],int8[2]], type=float32[N], outer=@alpha, later=?}
c = If(a)
  then_branch:
    neg.out = Neg(x)
    output t = neg.out
output y = c
output a
function d.f
input in: ?
`,
    )
  })
})
