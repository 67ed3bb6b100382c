import assert from 'node:assert/strict'
import { batchPart, portFor, samplePart } from '../../src/data/port.js'
import { port } from '../support/data-files.js'

describe('data/port', () => {
  const image = port('image', 'float32', ['N', 3, 'H', null])
  const mask = port('mask', 'bool', ['N', 'T'])

  it('expects a field at the input of its name, at the only one, or at the only one of its rank', () => {
    assert.equal(portFor('mask', [image, mask], 4), mask)
    assert.equal(portFor('data', [mask], 4), mask)
    assert.equal(portFor('data', [image, mask], 4), image)
    assert.equal(portFor('data', [image, mask]), null)
    assert.equal(portFor('data', [image, port('second', 'float32', [1, 3, 8, 8])], 4), null)
    assert.equal(portFor('data', []), null)
  })

  it('takes dimensions from --dim, by their names or their places', () => {
    assert.deepEqual(samplePart(image, {}), [3, null, null])
    assert.deepEqual(samplePart(image, { H: 8, 'image.3': 9, 'image.1': 7 }), [3, 8, 9], 'numbers of the model stay')
    assert.equal(samplePart(port('x', 'float32', null), { N: 1 }), null)
    assert.deepEqual(samplePart(port('x', 'float32', []), {}), [])
  })

  it('knows the batch size that an input is fixed to', () => {
    assert.equal(batchPart(image, {}), null)
    assert.equal(batchPart(image, { N: 4 }), 4)
    assert.equal(batchPart(port('x', 'float32', [2, 3]), { N: 4 }), 2)
    assert.equal(batchPart(port('x', 'float32', []), {}), null)
  })
})
