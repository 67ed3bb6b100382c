import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { classesOption, sortedNames, unknownClass } from '../../src/data/classes.js'
import { parseSpec } from '../../src/data/spec.js'
import { temporaryFolder } from '../support/data-files.js'

describe('data/classes', () => {
  const path = temporaryFolder()
  const inFile = async (text: string) => {
    await writeFile(path('names.txt'), text)
    return classesOption(parseSpec(`x?classes=${path('names.txt')}`))
  }

  it('are a list, or the lines of a file', async () => {
    assert.deepEqual(await classesOption(parseSpec('x?classes=dog,cat')), ['dog', 'cat'])
    assert.deepEqual(await inFile('guinea pig\r\ncat, wild\n\n'), ['guinea pig', 'cat, wild'])
    assert.equal(await classesOption(parseSpec('x')), undefined)
  })

  it('are refused with an empty line between them, which would shift all numbers after it', async () => {
    await assert.rejects(inFile('dog\n\ncat\n'), {
      name: 'DataError',
      message: /has an empty line among the class names/,
    })
    await assert.rejects(inFile('\n'), { name: 'DataError', message: /has no class names/ })
    await assert.rejects(inFile('dog\ndog\n'), { name: 'UsageError', message: /The class "dog" is listed twice/ })
  })

  it('are sorted by code unit, each once: the same in every language', () => {
    assert.deepEqual(sortedNames(['b', 'ä', 'B', '10', '9', 'b']), ['10', '9', 'B', 'b', 'ä'])
  })

  it('are listed for an unknown name only while they are few', () => {
    const many = Array.from({ length: 21 }, (_, i) => `c${i}`)

    assert.deepEqual(unknownClass('cta', ['cat', 'dog'], 'line 1').suggestions[0], 'Did you mean "cat"?')
    assert.deepEqual(unknownClass('x', many, 'line 1').suggestions, ['Check the names given with ?classes='])
  })
})
