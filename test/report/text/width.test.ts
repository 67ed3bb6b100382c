import assert from 'node:assert/strict'
import fc from 'fast-check'
import { displayWidth, shorten, wrap } from '../../../src/report/text/width.js'

describe('text width: columns that a terminal takes', () => {
  it('counts wide, narrow and invisible characters as terminals do', () => {
    const widths = {
      '': 0,
      'conv1.weight': 12,
      '6×1×5×5 → …': 11,
      畳み込み: 8,
      한국: 4,
      ｱｲｳ: 3,
      ＡＢ: 4,
      é: 1,
      'e\u0301': 1,
      '🔥': 2,
      '👩‍💻': 2,
      '🇫🇷': 2,
      '❤️': 2,
      '✓': 1,
      '\u200d': 0,
    }
    for (const [text, width] of Object.entries(widths)) assert.equal(displayWidth(text), width, JSON.stringify(text))
  })

  it('shortens in the middle and keeps more of the end', () => {
    assert.equal(shorten('encoder.layer.11.attention.query.weight', 24), 'encoder.l…n.query.weight')
    assert.equal(shorten('short', 5), 'short')
    assert.equal(shorten('longer', 1), '…')
    assert.equal(shorten('畳み込み層の重み', 8), '畳…重み')
  })

  it('never gives more columns than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        assert.ok(displayWidth(shorten(text, width)) <= width)
        for (const line of wrap(text, Math.max(2, width))) assert.ok(displayWidth(line) <= Math.max(2, width), line)
      }),
    )
  })

  it('wraps between words, and inside only those that fit no line', () => {
    assert.deepEqual(wrap('its shape has fewer than 64 elements', 14), ['its shape has', 'fewer than 64', 'elements'])
    assert.deepEqual(wrap('a abcdefghij b', 4), ['a', 'abcd', 'efgh', 'ij b'])
    assert.deepEqual(wrap('', 10), [''])
  })

  it('wraps without losing a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 2, max: 40 }), (text, width) => {
        assert.equal(wrap(text, width).join('').replaceAll(' ', ''), text.replaceAll(' ', ''))
      }),
    )
  })
})
