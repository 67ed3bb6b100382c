import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decodeText, encodeText } from '../../src/onnx/text.js'

describe('The text of a file', () => {
  it('comes back byte for byte, whatever the bytes are', () => {
    const pieces = fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }).map((s) => Buffer.from(s)),
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (all) => {
        const bytes = Buffer.concat(all)
        assert.deepEqual(Buffer.from(encodeText(decodeText(bytes))), bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('is UTF-8 where it can be, with its byte order mark', () => {
    for (const text of ['', 'conv1.weight', 'Gewicht ä', '権重', '\u{1f480}', '\ufeffmarked']) {
      assert.equal(decodeText(Buffer.from(text)), text)
      assert.deepEqual(Buffer.from(encodeText(text)), Buffer.from(text))
    }
  })

  it('differs where the bytes differ', () => {
    const names = [Buffer.of(0xe4), Buffer.of(0xe5), Buffer.from('\ufffd'), Buffer.of(0xed, 0xa0, 0x80)]
    assert.equal(new Set(names.map(decodeText)).size, names.length)
    assert.equal(decodeText(Buffer.of(0x61, 0xe4, 0x62)), 'a\udce4b')
  })
})
