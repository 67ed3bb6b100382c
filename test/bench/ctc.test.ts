import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alphabetOf, bestClasses, ctcText } from '../../bench/support/ctc.js'

describe('bench/support/ctc', () => {
  const alphabet = ['', 'a', 'b', ' ']

  it('reads the alphabet of a file of keys, with the blank before and the space behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcompress-ctc-'))
    try {
      const path = join(folder, 'keys.txt')
      writeFileSync(path, "'\r\nb\nc\n")
      assert.deepEqual(alphabetOf(path), ['', "'", 'b', 'c', ' '])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('finds the class of the highest score at each step of each line, the first of equal ones', () => {
    const scores = Float32Array.of(0.1, 0.7, 0.2, /**/ 0.4, 0.4, 0.2, /**/ -3, -2, -1, /**/ 0, 0, 1)

    const classes = bestClasses(scores, [2, 2, 3])

    assert.deepEqual(classes, [Uint16Array.of(1, 0), Uint16Array.of(2, 2)])
    assert.throws(() => bestClasses(scores, [2, 2, 4]), /12 scores are not 2 lines of 2 steps of 4 classes/)
  })

  it('counts a repetition once, and the same letter twice where a blank stands between', () => {
    assert.equal(ctcText(Uint16Array.of(0, 1, 1, 2, 0, 2, 3, 3, 1, 0), alphabet), 'abb a')
  })

  it('reads nothing in nothing but blanks', () => {
    assert.equal(ctcText(Uint16Array.of(0, 0, 0), alphabet), '')
  })
})
