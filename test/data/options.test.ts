import assert from 'node:assert/strict'
import { choiceOption, fieldsOption, listOption, numberOption, numbersOption } from '../../src/data/options.js'
import { parseSpec } from '../../src/data/spec.js'

describe('data/options', () => {
  it('reads numbers and fractions', () => {
    assert.equal(numberOption(parseSpec('x?a=0.25'), 'a'), 0.25)
    assert.equal(numberOption(parseSpec('x?a=1/255'), 'a'), 1 / 255)
    assert.equal(numberOption(parseSpec('x?a=-1e-3'), 'a'), -0.001)
    assert.equal(numberOption(parseSpec('x'), 'a'), undefined)
  })

  it('reads lists of numbers, of words and of fields', () => {
    assert.deepEqual(numbersOption(parseSpec('x?a=0.5,1/2,2'), 'a'), [0.5, 0.5, 2])
    assert.deepEqual(listOption(parseSpec('x?a=cat, dog'), 'a'), ['cat', 'dog'])
    assert.deepEqual(fieldsOption(parseSpec('x?fields=x,label:y_test')), [
      { name: 'x', from: 'x' },
      { name: 'label', from: 'y_test' },
    ])
  })

  it('reads one of a few words, whatever their case', () => {
    assert.equal(choiceOption(parseSpec('x?layout=nhwc'), 'layout', ['NCHW', 'NHWC']), 'NHWC')
  })

  const refused: [what: string, read: () => unknown, message: RegExp][] = [
    ['text for a number', () => numberOption(parseSpec('x?a=big'), 'a'), /a=big of "x\?a=big" is no number/],
    ['a fraction over 0', () => numberOption(parseSpec('x?a=1/0'), 'a'), /is no number/],
    ['two slashes', () => numberOption(parseSpec('x?a=1/2/3'), 'a'), /is no number/],
    ['an empty number', () => numberOption(parseSpec('x?a='), 'a'), /is no number/],
    ['a number below the least', () => numberOption(parseSpec('x?a=0'), 'a', { min: 1 }), /is below 1/],
    ['a number above the greatest', () => numberOption(parseSpec('x?a=2'), 'a', { max: 1 }), /is above 1/],
    ['a part for a whole number', () => numberOption(parseSpec('x?a=1.5'), 'a', { whole: true }), /not a whole number/],
    ['text in a list of numbers', () => numbersOption(parseSpec('x?a=1,b'), 'a'), /has "b", which is no number/],
    ['an empty entry of a list', () => listOption(parseSpec('x?a=b,,c'), 'a'), /has an empty entry/],
    ['a field without source', () => fieldsOption(parseSpec('x?fields=a:')), /an entry without a name/],
    ['a field twice', () => fieldsOption(parseSpec('x?fields=a,a:b')), /names "a" twice/],
    [
      'an unknown word',
      () => choiceOption(parseSpec('x?r=cuver'), 'r', ['cover', 'contain']),
      /none of cover, contain/,
    ],
  ]
  for (const [what, read, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(read, { name: 'UsageError', message })
    })
  }

  it('suggests the word that was meant', () => {
    assert.throws(() => choiceOption(parseSpec('x?r=cuver'), 'r', ['cover', 'contain']), {
      suggestions: ['Did you mean r=cover?'],
    })
  })
})
