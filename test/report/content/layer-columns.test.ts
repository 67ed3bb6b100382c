import assert from 'node:assert/strict'
import { modelFacts } from '../../../src/report/content/facts.js'
import { LAYER_COLUMNS, layerCell, totalCell } from '../../../src/report/content/layer-columns.js'
import { layerRows } from '../../../src/report/content/layers.js'
import { html } from '../../../src/report/html/index.js'
import { markdown } from '../../../src/report/markdown/index.js'
import { type LayerReport, NOTHING_MORE, type Report } from '../../../src/report/report.js'
import { terminal } from '../../../src/report/terminal.js'
import { LENET, layer, model, TIMES, TOOL } from '../lenet.js'

const dense = LENET.map((weight) => layer(weight))
/** fc1 in 1.6 bits, fc2 in 0.5; the others as they are. */
const packed = dense.map((each): LayerReport => {
  if (each.weight === 'fc1.weight') return { ...each, bytes: 9600, encoding: 'gaps below 40 + codebook of 16' }
  if (each.weight === 'fc2.weight') return { ...each, bytes: 630, encoding: 'bitmask + int8' }
  return each
})

const before = model('a.onnx', dense, 236)
const after = model('b.onnx', packed, 236)
const report = (one: Partial<Report>): Report => ({
  ...NOTHING_MORE,
  schemaVersion: 1,
  tool: TOOL,
  command: 'inspect',
  seed: 0,
  before: after,
  after: null,
  times: TIMES,
  ...one,
})

describe('The columns of packed weights', () => {
  const { bits, encoding } = LAYER_COLUMNS

  it('are there only where a layer is packed', () => {
    const ofDense = layerRows({ before, after: null })
    const ofPacked = layerRows({ before: after, after: null })
    const ofBoth = layerRows({ before, after })

    assert.deepEqual(
      [ofDense, ofPacked].map((rows) => [bits.worthwhile(rows), encoding.worthwhile(rows, false)]),
      [
        [false, false],
        [true, true],
      ],
    )
    assert.deepEqual([bits.worthwhile(ofBoth), encoding.worthwhile(ofBoth, true)], [true, false])
  })

  it('tell the bits that an element takes in the file, and what it is stored as', () => {
    const rows = layerRows({ before, after })
    const [fc1, fc2, fc3] = ['fc1', 'fc2', 'fc3'].map((name) => rows.find((row) => row.now.weight === `${name}.weight`))
    assert.ok(fc1 && fc2 && fc3)

    assert.deepEqual(layerCell(bits, fc1, true), { before: '32.0', now: '1.6' })
    assert.deepEqual(layerCell(bits, fc2, true), { before: '32.0', now: '0.50' })
    assert.deepEqual(layerCell(bits, fc3, true), { before: null, now: '32.0' })
    assert.deepEqual(layerCell(encoding, fc1, false), { before: null, now: 'gaps below 40 + codebook of 16' })
    assert.deepEqual(layerCell(encoding, fc3, false), { before: null, now: 'float32' })
    const elements = dense.reduce((sum, { parameters }) => sum + parameters, 0)
    const bytes = packed.reduce((sum, each) => sum + each.bytes, 0)
    assert.deepEqual(totalCell(bits, rows, true), { before: '32.0', now: ((8 * bytes) / elements).toFixed(1) })
  })

  it('stand in every form', async () => {
    const shown = report({})
    const text = terminal.render(shown, { width: 130, color: false, layers: true, full: false, by: null })

    assert.match(text, /stored as +bits\/weight/)
    assert.match(text, /fc1\.weight .*gaps below 40 \+ codebook of 16 +1\.6/)
    assert.match(await markdown.render(shown), /\| stored as \| bits\/weight \|/)
    assert.match(await html.render(shown), /<dt>Packed<\/dt><dd>2 of 5 weights, 10\.2 kB stored for /)
    assert.match(await html.render(shown), /<td class="number" data-n="0\.2">1\.6<\/td>/)
  })
})

describe('The facts of a model with packed weights', () => {
  const packedFact = (layers: readonly LayerReport[]) =>
    modelFacts(model('m.onnx', [...layers], 236)).find(([label]) => label === 'Packed')?.[1]

  it('say how many are packed, and what they take', () => {
    assert.equal(packedFact(packed), '2 of 5 weights, 10.2 kB stored for 232.3 kB of weights')
    const all = dense.map((each) => ({ ...each, bytes: 8, encoding: 'repeated value' }))
    assert.match(packedFact(all) ?? '', /^all weights, 40 B stored for /)
  })

  it('are silent where none is', () => {
    assert.equal(packedFact(dense), undefined)
  })

  it('take an element type of a later version as it is stored', () => {
    const later = packed.map((each) => ({ ...each, dtype: 'float5' }))
    assert.equal(packedFact(later), '2 of 5 weights, 10.2 kB stored for 10.2 kB of weights')
  })
})
