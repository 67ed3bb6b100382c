import assert from 'node:assert/strict'
import { didYouMean, nearest } from '../src/nearest.js'

describe('data/nearest', () => {
  it('finds the word with a slip in it', () => {
    const words = ['ratio', 'range', 'radius']

    assert.equal(nearest('raito', words), 'ratio', 'neighbours swapped')
    assert.equal(nearest('rang', words), 'range', 'a letter missing')
    assert.equal(nearest('raadius', words), 'radius', 'a letter too many')
    assert.equal(nearest('RATIO', words), 'ratio', 'another case')
  })

  it('finds nothing where nothing is near', () => {
    assert.equal(nearest('sparsity', ['ratio', 'range']), undefined)
    assert.equal(nearest('x', []), undefined)
  })

  it('lists all candidates after the nearest', () => {
    assert.deepEqual(didYouMean('lable', ['label', 'data'], 'fields'), [
      'Did you mean "label"?',
      'The fields are: label, data.',
    ])
    assert.deepEqual(didYouMean('lable', [], 'fields'), ['There are no fields.'])
  })
})
