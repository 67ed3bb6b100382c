import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.js'
import { chooseMetric, findMetric } from '../../src/metrics/find.js'
import { mse } from '../../src/metrics/mse.js'
import { topK } from '../../src/metrics/top-k.js'

describe('findMetric', () => {
  it('finds a metric by its name', () => {
    assert.deepEqual(findMetric('mse'), { metric: mse, parameter: null, name: 'mse', output: null })
  })

  it('reads the number in a name', () => {
    assert.deepEqual(findMetric('top5'), { metric: topK, parameter: 5, name: 'top5', output: null })
    assert.equal(findMetric('top10').parameter, 10)
  })

  it('takes what follows the first colon as the output', () => {
    assert.equal(findMetric('top1:logits').output, 'logits')
    assert.equal(findMetric('mse:StatefulPartitionedCall:0').output, 'StatefulPartitionedCall:0')
  })

  const unknown: readonly (readonly [string, string, string])[] = [
    ['sqrn', 'Unknown metric "sqrn".', 'Did you mean "sqnr"?'],
    ['topl', 'Unknown metric "topl".', 'Did you mean "top1"?'],
    ['top', 'Unknown metric "top".', 'Did you mean "top1"?'],
    ['top0', 'Unknown metric "top0".', 'Did you mean "top1"?'],
    ['agrement:y', 'Unknown metric "agrement".', 'Did you mean "agreement"?'],
    ['', 'Unknown metric "".', 'The metrics are: agreement, cosine, f1, mae, max-error, mse, sqnr, top1.'],
    ['mse:', '"mse:" names no output after the colon.', 'Write mse:OUTPUT.'],
  ]
  for (const [spec, message, suggestion] of unknown) {
    it(`refuses "${spec}" and says what is near`, () =>
      assert.throws(
        () => findMetric(spec),
        (error) => {
          assert.ok(error instanceof UsageError)
          assert.equal(error.message, message)
          assert.ok(error.suggestions.includes(suggestion), error.suggestions.join('\n'))
          return true
        },
      ))
  }
})

describe('chooseMetric', () => {
  it('finds those of the table too', async () => assert.equal((await chooseMetric('top3:y')).parameter, 3))
})
