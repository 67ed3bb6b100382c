import assert from 'node:assert/strict'
import { sparkline } from '../../../src/report/content/sparkline.js'

describe('sparkline', () => {
  it('draws two of 32 bins as one, the highest as a full block, the lowest level for empty ones alone', () => {
    const histogram = Array.from({ length: 32 }, () => 0)
    histogram[0] = 1
    histogram[8] = 3
    histogram[9] = 4
    histogram[31] = 14

    assert.equal(sparkline(histogram), '▂▁▁▁▅▁▁▁▁▁▁▁▁▁▁█')
  })

  it('draws a single bin, and one without values', () => {
    assert.equal(sparkline([5]), '█')
    assert.equal(sparkline([0]), '▁')
  })
})
