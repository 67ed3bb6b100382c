import assert from 'node:assert/strict'
import { headlines } from '../../src/recipe/headlines.js'
import { consumerLines, packedLine } from '../../src/recipe/packing-headlines.js'
import { makeStep } from '../../src/recipe/recipe.js'
import type { PackingReport } from '../../src/report/report.js'
import { pack, packUnlucky } from '../report/packing-sample.js'
import { passOf } from './models.js'

const report = pack()
const after = report.after ?? assert.fail('the sample has a result')
const packing = report.packing ?? assert.fail('the sample is packed')
const exact: PackingReport = { ...packing, consumers: [], weights: packing.weights.map((w) => ({ ...w, error: 0 })) }
const SIZE = 'File size 1.07 MB → 33.5 kB, 31.9x smaller'
const steps = (...names: string[]) => names.map((name) => makeStep(passOf(name), {}))

describe('The headlines of a packing', () => {
  it('begin with how much smaller the file is, and what that cost', () => {
    assert.equal(packedLine(report.before, after, report.metrics), `${SIZE}; top1 98.2 % → 98.1 %.`)
    assert.equal(packedLine(report.before, after, []), `${SIZE}.`)
    const [first] = report.metrics
    const agreement = [{ ...(first ?? assert.fail()), name: 'agreement', before: null, after: 0.991 }]
    assert.equal(packedLine(report.before, after, agreement), `${SIZE}; agreement 99.1 %.`)
  })

  it('say what else was done, and neither ask for data nor for packing where nothing is lost', () => {
    const described = { before: report.before, after, metrics: [], packing: exact }
    assert.deepEqual(headlines(described, steps('pack'), ['A note.']), [`${SIZE}.`, 'A note.'])
    assert.deepEqual(headlines(described, steps('prune', 'pack'), []), [
      `${SIZE}.`,
      '91.1 % of the weights are zero (91.1 % before).',
      'What this costs in accuracy was not measured: add --eval-data.',
    ])
  })

  it('ask for data where something is lost', () => {
    const described = { before: report.before, after, metrics: [], packing: { ...packing, consumers: [] } }
    assert.deepEqual(headlines(described, steps('pack'), []), [
      `${SIZE}.`,
      'What this costs in accuracy was not measured: add --eval-data.',
    ])
  })

  it('name consumers that decode once, together', () => {
    assert.deepEqual(consumerLines(packing), [
      'In onnxruntime-node and onnxruntime-web the weights are decoded once, at load: a run takes as long as before.',
    ])
  })

  it('name one that decodes in every run with what that costs, and first one that does not load the result', () => {
    const unlucky = packUnlucky().packing ?? assert.fail()
    assert.deepEqual(consumerLines(unlucky).slice(0, 2), [
      'onnxruntime-web: It does not load the result: Could not find an implementation for MaxUnpool(11).',
      'onnxruntime-node at level disabled decodes the weights in every run: 17.1 ms instead of 0.240 ms.',
    ])
  })
})
