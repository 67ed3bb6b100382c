import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UsageError } from '../../src/errors.js'
import { choice, flag, fraction, list, parseFraction, text } from '../../src/passes/option.js'

function usage(act: () => unknown): UsageError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error))
    return error
  }
  return assert.fail('Nothing was refused.')
}

describe('parseFraction', () => {
  it('takes fractions and percentages, as text and as numbers', () => {
    const accepted: [unknown, number][] = [
      ['0.8', 0.8],
      ['80%', 0.8],
      ['.5', 0.5],
      ['1.', 1],
      ['0', 0],
      ['100%', 1],
      ['12.5%', 0.125],
      [' 0.3 ', 0.3],
      ['5e-1', 0.5],
      ['+0.25', 0.25],
      [0.9, 0.9],
      [1, 1],
    ]
    for (const [raw, value] of accepted) assert.equal(parseFraction(raw, '--sparsity'), value, String(raw))
  })

  it('takes every fraction that JavaScript prints', () =>
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (x) => {
        assert.equal(parseFraction(String(x), 'x') + 0, x + 0)
      }),
    ))

  it('refuses everything else by the name of the option', () => {
    for (const raw of [
      '',
      'half',
      '-0.1',
      '1.5',
      '101%',
      '0,5',
      '0.5.1',
      '50 %%',
      'NaN',
      'Infinity',
      '1e400',
      true,
      null,
    ]) {
      const error = usage(() => parseFraction(raw, '--sparsity'))
      assert.equal(error.message, `--sparsity is "${String(raw)}"; it must be a fraction from 0 to 1.`)
    }
  })

  it('suggests the fraction where a percentage was meant, and only there', () => {
    assert.deepEqual(usage(() => parseFraction('80', 'x')).suggestions, ['Did you mean 0.8 (or 80%)?'])
    for (const raw of ['150%', '800', '-3', 'many']) {
      assert.deepEqual(usage(() => parseFraction(raw, 'x')).suggestions, ['For example 0.8, or 80%.'])
    }
  })
})

describe('Options', () => {
  it('fraction keeps its default and its text in help', () => {
    const option = fraction({ summary: 'share', default: null, shownDefault: '0.5' })
    assert.deepEqual(
      [option.kind, option.value, option.default, option.shownDefault],
      ['value', 'FRACTION', null, '0.5'],
    )
    assert.equal(option.parse('30%', 'x'), 0.3)
  })

  it('choice takes its choices alone and suggests the nearest', () => {
    const option = choice(['magnitude', 'random'], { summary: 'criterion', default: 'magnitude' })
    assert.equal(option.parse('random', '--criterion'), 'random')
    const error = usage(() => option.parse('magnitud', '--criterion'))
    assert.equal(error.message, '--criterion is "magnitud"; it must be one of magnitude, random.')
    assert.equal(error.suggestions[0], 'Did you mean "magnitude"?')
    usage(() => option.parse('Random', '--criterion'))
    usage(() => option.parse(1, '--criterion'))
  })

  it('text hands its parser the text and the name', () => {
    const option = text({ summary: '', value: 'X', default: '', parse: (raw, name) => `${name}=${raw}` })
    assert.equal(option.parse(2.5, '--pattern'), '--pattern=2.5')
  })

  it('flag is true or false and nothing else', () => {
    const option = flag({ summary: '' })
    assert.equal(option.default, false)
    assert.equal(option.parse(true, '--embeddings'), true)
    assert.equal(option.parse(false, '--embeddings'), false)
    assert.equal(
      usage(() => option.parse('yes', '--embeddings')).message,
      '--embeddings is "yes"; it must be true or false.',
    )
  })

  it('list parses each item, and one item without brackets', () => {
    const option = list({ summary: '', value: 'N', item: (raw, name) => `${name}:${raw}` })
    assert.deepEqual(option.parse(['a', 1], '--x'), ['--x:a', '--x:1'])
    assert.deepEqual(option.parse('a', '--x'), ['--x:a'])
    assert.deepEqual(option.default, [])
  })
})
