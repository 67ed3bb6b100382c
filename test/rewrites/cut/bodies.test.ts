import assert from 'node:assert/strict'
import { float32, int64, outputOf, type Sketch, sketch, uniform } from '../../../fixtures/sketch.js'
import { dependenciesOf } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { assertCutHolds } from '../../ops/couple/holds.js'

const STATE = tensorType('float32', [1, 8])
const TRUE = new MemoryTensor('bool', [], Uint8Array.of(1))

describe('cutting what bodies return', () => {
  for (const [kind, constant] of [
    ['an initializer', (body: Sketch) => body.weight('k', [1, 8])],
    [
      'a Constant node',
      (body: Sketch) => {
        const value = attr.tensor(float32([1, 8], uniform([1, 8], 1, 3)))
        return body.node('Constant', 'k', [], { value })
      },
    ],
  ] as const) {
    it(`leaves the channels alone that a branch of If returns as ${kind}`, async () => {
      const model = between(6, (s, x) => {
        const node = s.nodeOf('If', 'choice', [s.input('c', [], 'bool')], ['choice.out'])
        s.body(node, 'then_branch', (body) => body.output('then', body.node('Relu', 'relu', [x]), STATE))
        s.body(node, 'else_branch', (body) => body.output('else', constant(body), STATE))
        return outputOf(node)
      })

      assert.equal(await assertCutHolds(model), 6)
      assert.deepEqual(await frozen(model), ['up: the constant "k'])
    })
  }

  it('leaves the channels alone of a state that the body of a Loop returns as a constant', async () => {
    const model = between(6, (s, x) => {
      const node = s.nodeOf('Loop', 'loop', [s.constant('n', int64([], [2])), s.constant('go', TRUE), x], ['loop.out'])
      s.body(node, 'body', (body) => {
        body.input('i', [], 'int64')
        const go = body.input('again', [], 'bool')
        body.input('state', [1, 8])
        body.output('on', body.node('Identity', 'same', [go]), tensorType('bool', []))
        body.output('next', body.weight('k', [1, 8]), STATE)
      })
      s.model.declare(outputOf(node), STATE)
      return outputOf(node)
    })

    assert.equal(await assertCutHolds(model), 6)
    assert.deepEqual(await frozen(model), ['up: the constant "k'])
  })
})

/** x [1, 4] -> hidden units that can go -> 8 channels -> what is drawn -> y. */
function between(hidden: number, draw: (s: Sketch, x: Value) => Value): Model {
  const s = sketch('bodies')
  const first = s.node('Relu', 'act', [
    s.node('MatMul', 'first', [s.input('x', [1, 4]), s.weight('w0', [4, hidden], 4)]),
  ])
  const up = s.node('MatMul', 'up', [first, s.weight('w1', [hidden, 8], hidden)])
  s.output('y', s.node('MatMul', 'down', [draw(s, up), s.weight('w2', [8, 3], 8)]), null)
  return s.model
}

/** What stays of the layer in front of the body, and the beginning of the reason. */
async function frozen(model: Model): Promise<string[]> {
  const found = dependenciesOf(model, await inferShapes(model), await inferShapes(model, { open: true }))
  return found.frozen.flatMap(({ node, hindrance }) =>
    node.name === 'up' ? [`${node.name}: ${hindrance.why.slice(0, 15)}`] : [],
  )
}
