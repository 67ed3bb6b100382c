import assert from 'node:assert/strict'
import { NameScope } from '../../src/ir/names.js'

describe('NameScope', () => {
  it('gives the name itself where it is free, then numbers', () => {
    const names = new NameScope()
    names.add('w_2')
    assert.deepEqual(
      Array.from({ length: 4 }, () => names.fresh('w')),
      ['w', 'w_1', 'w_3', 'w_4'],
    )
    assert.equal(names.fresh('w_1'), 'w_1_1')
  })

  it('never gives the empty name, which stands for an input that is left out', () => {
    const names = new NameScope()
    assert.deepEqual([names.fresh(''), names.fresh('')], ['_1', '_2'])
  })

  it('has a clone that goes its own way', () => {
    const names = new NameScope()
    names.fresh('a')
    const copy = names.clone()
    assert.equal(copy.fresh('a'), 'a_1')
    assert.equal(names.has('a_1'), false)
    assert.equal(names.fresh('a'), 'a_1')
  })

  it('gives 200,000 names of one base without counting from the start each time', () => {
    const names = new NameScope()
    const start = performance.now()
    for (let i = 0; i < 200_000; i++) names.fresh('value')
    assert.equal(names.fresh('value'), 'value_200000')
    assert.ok(performance.now() - start < 5000)
  })
})
