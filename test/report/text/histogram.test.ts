import assert from 'node:assert/strict'
import { histogramLine } from '../../../src/report/text/histogram.js'
import { lineWidth } from '../../../src/report/text/line.js'

describe('histogramLine', () => {
  it('draws the highest bin in full, and every other that is not empty', () => {
    const [span] = histogramLine([0, 0.001, 0.2, 0.5, 0.99, 1])
    assert.equal(span?.text, ' ▁▂▅██')
  })

  it('takes one column for each bin', () => {
    assert.equal(lineWidth(histogramLine(Array.from({ length: 24 }, (_, i) => i / 23))), 24)
  })
})
