import assert from 'node:assert/strict'
import { sketch } from '../../../fixtures/sketch.js'
import { dependenciesOf } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'

describe('axes that another is stretched over', () => {
  for (const { title, tokens, units, why } of [
    { title: 'lose elements where what is stretched over them has one for certain', tokens: 1, units: 7, why: [] },
    {
      title: 'stay whole where it is open, and 1 was only taken',
      tokens: 'T',
      units: 0,
      why: ['queries: the extent of what it lies together with varies'],
    },
  ]) {
    it(title, async () => {
      // x [N, T, 8] + queries [7, 8] fits T = 1, and T = 7 as well: of the queries nothing may go then.
      const s = sketch('stretched')
      const queries = s.node('MatMul', 'queries', [s.weight('w', [7, 5], 5), s.input('z', [5, 8])])
      const sum = s.node('Add', 'add', [s.input('x', ['N', tokens, 8]), queries])
      const turned = s.node('Transpose', 'turn', [sum], { perm: [0, 2, 1] })
      s.output('y', s.node('MatMul', 'mix', [turned, s.weight('v', [7, 3], 7)]), null)

      const shapes = await inferShapes(s.model)
      const found = dependenciesOf(s.model, shapes, await inferShapes(s.model, { open: true }))

      assert.equal(shapes.shapeOf(s.model.main.inputs[1] ?? queries)?.[1], 1)
      assert.equal(found.unitCount, units)
      assert.deepEqual(
        found.frozen.flatMap(({ node, hindrance }) =>
          node.name === 'queries' ? [`${node.name}: ${hindrance.why}`] : [],
        ),
        why,
      )
    })
  }
})
