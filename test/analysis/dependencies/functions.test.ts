import assert from 'node:assert/strict'
import { float32, outputOf, sketch } from '../../../fixtures/sketch.js'
import { dependenciesOf } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { attr } from '../../../src/ir/attr.js'

describe('weights in functions', () => {
  it('stay, and are named with the reason', async () => {
    const s = sketch('functions', 17, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Dense',
      overload: '',
      opsets: new Map([['', 17]]),
      extra: {},
    })
    const a = s.model.addInput(f.graph, 'a', null)
    const weight = s.model.addNode(f.graph, {
      op: 'Constant',
      inputs: [],
      outputs: ['w'],
      attrs: { value: attr.tensor(float32([4, 4], new Array(16).fill(1))) },
    })
    const dense = { name: 'dense', op: 'MatMul', inputs: [a, outputOf(weight)], outputs: ['h'] }
    s.model.addOutput(f.graph, outputOf(s.model.addNode(f.graph, dense)))
    const first = s.node('Dense', 'call1', [s.input('x', [1, 4])], {}, { domain: 'local' })
    s.output('y', s.node('Dense', 'call2', [first], {}, { domain: 'local' }), null)

    const found = dependenciesOf(s.model, await inferShapes(s.model), await inferShapes(s.model, { open: true }))

    assert.equal(found.unitCount, 0)
    assert.deepEqual(
      found.frozen.map(({ node, channels, hindrance }) => [node.name, channels, hindrance.why]),
      [['dense', 4, 'it stands in a function that is called more than once']],
    )
  })
})
