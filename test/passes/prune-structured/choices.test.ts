import assert from 'node:assert/strict'
import { float32, int64, outputOf, type Sketch, sketch } from '../../../fixtures/sketch.js'
import { dependenciesOf } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import type { Value } from '../../../src/ir/graph.js'
import { tensorType } from '../../../src/ir/type.js'
import { type Choices, choicesIn } from '../../../src/passes/prune-structured/choices.js'

/** Two products, of which the second sums over channels that are cut, and what is drawn behind them. */
async function choices(draw: (s: Sketch, scores: Value, x: Value) => void, cut = true): Promise<Choices> {
  const s = sketch('choices')
  const x = s.input('x', [2, 4])
  const h = s.node('MatMul', 'up', [x, s.weight('w1', [4, 8])])
  draw(s, s.node('MatMul', 'down', [h, s.weight('w2', [8, 6])]), x)
  const shapes = await inferShapes(s.model)
  const dependencies = dependenciesOf(s.model, shapes, await inferShapes(s.model, { open: true }))
  const removal = new Uint8Array(dependencies.unitCount)
  if (cut) removal[0] = 1
  return choicesIn(dependencies, removal, shapes)
}

const names = ({ first, outputs }: Choices) => [
  first.map(({ node, value }) => `${node.label}: ${value.name}`),
  [...outputs],
]

const threshold = (s: Sketch) => s.constant('half', float32([1], [0.5]))

describe('Choices that roundings turn', () => {
  it('are made by thresholds and orders of values that hang on a sum over what was cut', async () => {
    const found = await choices((s, scores) => {
      const above = s.node('Greater', 'above', [scores, threshold(s)])
      s.output('mask', above, null)
      s.output('scores', scores, tensorType('float32', [2, 6]))
    })

    assert.deepEqual(names(found), [['above: down.out'], ['mask']])
  })

  it('are not those of inputs that no sum stands before, nor any when nothing is cut', async () => {
    const draw = (s: Sketch, scores: Value, x: Value) => {
      const above = s.node('Greater', 'above', [x, threshold(s)])
      s.output('mask', above, null)
      s.output('order', s.node('ArgMax', 'order', [scores], { axis: 1 }), null)
    }

    assert.deepEqual(names(await choices(draw)), [['order: down.out'], ['order']])
    assert.deepEqual(names(await choices(draw, false)), [[], []])
  })

  it('are the first on each way: what is chosen by a choice is not looked at again', async () => {
    const found = await choices((s, scores) => {
      const top = s.nodeOf('TopK', 'top', [scores, s.constant('k', int64([1], [3]))], ['best', 'indices'])
      const again = s.node('ArgMax', 'again', [outputOf(top)], { axis: 1 })
      s.output('y', again, null)
    })

    assert.deepEqual(names(found), [['top: down.out'], ['y']])
  })

  it('are casts to whole numbers, but not casts from them', async () => {
    const found = await choices((s, scores) => {
      const whole = s.node('Cast', 'whole', [scores], { to: 7 })
      s.output('index', whole, null)
      s.output('wide', s.node('Cast', 'wide', [scores], { to: 11 }), null)
    })

    assert.deepEqual(names(found), [['whole: down.out'], ['index']])
  })

  it('are those in the branches of an If, too', async () => {
    const found = await choices((s, scores) => {
      const sure = s.input('sure', [], 'bool')
      const branch = s.nodeOf('If', 'branch', [sure], ['chosen'])
      s.body(branch, 'then_branch', (b) => b.output('t', b.node('ArgMax', 'inner', [scores], { axis: 1 }), null))
      s.body(branch, 'else_branch', (b) => b.output('e', b.constant('zeros', int64([2, 1], [0, 0])), null))
      s.output('y', outputOf(branch), null)
    })

    assert.deepEqual([...found.outputs], ['y'])
  })
})
