import assert from 'node:assert/strict'
import { lineSets } from '../../bench/support/line-sets.js'
import { agreementOf, drawnLines, RECOGNISER, type Reading, readings, rightLines } from '../../bench/support/ocr.js'

const reading = (text: string, ...classes: number[]): Reading => ({ text, classes: Uint16Array.from(classes) })

describe('bench/support/ocr', () => {
  it('counts the steps that are the same, and the lines of the same text', () => {
    const was = [reading('a', 0, 1, 1), reading('b', 2, 0, 0)]
    const is = [reading('a', 1, 1, 0), reading('bb', 2, 0, 2)]

    assert.deepEqual(agreementOf(is, was), { steps: 3 / 6, lines: 1 / 2 })
    assert.deepEqual(agreementOf(was, was), { steps: 1, lines: 1 })
  })

  it('counts the lines whose text stands there', () => {
    const lines = { shape: [48, 320], inputs: [], texts: ['a', 'b', 'c', 'd'] } as const

    assert.equal(rightLines([reading('a'), reading('b'), reading('C'), reading('')], lines), 0.5)
  })

  it('reads drawn lines: what the recogniser finds is mostly what stands there, spaces aside', async () => {
    const lines = await drawnLines({ ...lineSets.recognition, count: 11, hardest: 0 }) // a batch, and one more

    const read = await readings(RECOGNISER, lines)

    assert.equal(read.length, 11)
    const right = rightLines(read, lines)
    assert.equal(read[4]?.text, 'Private phone.')
    assert.ok(right > 0.5, `${right} of ${lines.texts}; read ${read.map(({ text }) => text)}`)
  })
})
