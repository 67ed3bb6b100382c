import assert from 'node:assert/strict'
import { sketch } from '../../../fixtures/sketch.js'
import { NothingToDoError, UsageError } from '../../../src/errors.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model } from '../../../src/ir/graph.js'
import { upgrade } from '../../../src/passes/upgrade/index.js'
import { runPass } from '../models.js'

function clips(opset: number, count: number): Model {
  const s = sketch('clips', opset)
  let x = s.input('x', [2])
  for (let i = 0; i < count; i++) x = s.node('Clip', `clip${i}`, [x], { max: attr.float(6) })
  s.output('y', x, null)
  return s.model
}

describe('The pass upgrade', () => {
  it('goes to the latest opset unless it is told another one', async () => {
    const [latest, told] = [clips(9, 1), clips(9, 1)]

    await runPass(upgrade, latest)
    await runPass(upgrade, told, { opset: '13' })

    assert.deepEqual([latest.opset, told.opset], [21, 13])
  })

  it('says how many nodes changed', async () => {
    const noteOf = async (count: number) => (await runPass(upgrade, clips(9, count), { opset: '11' })).notes

    assert.deepEqual(await noteOf(0), ['Opset 9 → 11: no node had to change.'])
    assert.deepEqual(await noteOf(1), ['Opset 9 → 11: 1 node is written in another way, and all mean the same.'])
    assert.deepEqual(await noteOf(2), ['Opset 9 → 11: 2 nodes are written in another way, and all mean the same.'])
  })

  it('has nothing to do with a model beyond the latest, and refuses to bring it down', async () => {
    await assert.rejects(runPass(upgrade, clips(23, 0)), NothingToDoError)
    await assert.rejects(runPass(upgrade, clips(23, 0), { opset: '21' }), UsageError)
  })
})
