import assert from 'node:assert/strict'
import { mcompress } from '../../bench/support/mcompress.js'
import { verdict } from '../../bench/support/verdict.js'

describe('bench/support/mcompress', () => {
  it('throws what the command line complains of', () => {
    assert.throws(() => mcompress('inspect', 'no-such-model.onnx'), /no-such-model\.onnx/)
  })

  it('says nothing when all is well', () => {
    mcompress('inspect', 'fixtures/lenet5.onnx')
  })
})

describe('bench/support/verdict', () => {
  it('cannot be overlooked when a limit was not kept', () => {
    assert.equal(verdict(true, 'fast'), 'kept: fast')
    assert.equal(verdict(false, 'fast'), 'NOT KEPT: fast')
  })
})
