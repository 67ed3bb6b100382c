import assert from 'node:assert/strict'
import fc from 'fast-check'
import { memoryBytes } from '../../../src/data/source/bytes.js'
import { indexRecords } from '../../../src/data/source/records.js'

const records = (text: string, quotes = false) => indexRecords(memoryBytes('"t"', Buffer.from(text)), quotes)

async function all(text: string, quotes = false): Promise<string[]> {
  const index = await records(text, quotes)
  return index.read(Uint32Array.from({ length: index.length }, (_, i) => i))
}

describe('data/source/records', () => {
  it('finds lines, with and without a line end at the end', async () => {
    assert.deepEqual(await all('a\nb\n'), ['a', 'b'])
    assert.deepEqual(await all('a\r\nb'), ['a', 'b'])
    assert.deepEqual(await all(''), [])
  })

  it('passes over blank lines wherever they stand', async () => {
    assert.deepEqual(await all('\n \t\r\na\n\n\r\nb\n\n'), ['a', 'b'])
  })

  it('passes over a byte order mark', async () => {
    assert.deepEqual(await all('\ufeffa,b\n1,2'), ['a,b', '1,2'])
  })

  it('keeps tabs and spaces at the end of a line: they are cells', async () => {
    assert.deepEqual(await all('a\t\t\r\n\nb \n'), ['a\t\t', 'b '])
  })

  it('keeps line breaks between quotes in the record', async () => {
    assert.deepEqual(await all('a,"x\ny ""z"" \n\n",b\nc\n', true), ['a,"x\ny ""z"" \n\n",b', 'c'])
  })

  it('reads records in any order', async () => {
    const index = await records('a\nbb\nccc')

    assert.deepEqual(await index.read(Uint32Array.of(2, 0, 1, 1)), ['ccc', 'a', 'bb', 'bb'])
  })

  it('knows the line of a record', async () => {
    const index = await records('a\n\n"b\nb"\nc', true)

    assert.deepEqual(await Promise.all([0, 1, 2].map((i) => index.lineOf(i))), [1, 3, 5])
  })

  it('finds the same records whatever the chunks: across the border of 4 MiB', async () => {
    const lines = Array.from({ length: 70_000 }, (_, i) => `${i},"${'x'.repeat(i % 140)}\n${i}"`)
    const text = lines.join('\n')
    assert.ok(Buffer.byteLength(text) > 4 << 20)
    const index = await records(text, true)

    assert.equal(index.length, lines.length)
    const some = Uint32Array.from({ length: 700 }, (_, i) => i * 100 + 99)
    assert.deepEqual(
      await index.read(some),
      Array.from(some, (i) => lines[i]),
    )
  })

  it('splits any text as splitting at line breaks does', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', ' ', '\t', 'é', ',') })
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.constantFrom('\n', '\r\n'), async (lines, end) => {
        assert.deepEqual(
          await all(lines.join(end)),
          lines.filter((l) => /[^ \t]/.test(l)),
        )
      }),
    )
  })
})
