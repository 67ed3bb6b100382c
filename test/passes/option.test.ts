import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UsageError } from '../../src/errors.js'
import { atLeast, choice, flag, fraction, list, parseFraction, size, text } from '../../src/passes/option.js'

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

describe('size', () => {
  const option = size({ summary: '', default: null })

  it('takes bytes with and without a unit, decimal and binary', () => {
    const accepted: [unknown, number][] = [
      ['4MB', 4_000_000],
      ['512KiB', 524_288],
      ['1.5 gib', 1_610_612_736],
      ['.5kb', 500],
      ['800000', 800_000],
      [1234, 1234],
      ['10B', 10],
    ]
    for (const [raw, bytes] of accepted) assert.equal(option.parse(raw, '--size'), bytes, String(raw))
  })

  it('refuses what is no size, with its name', () => {
    for (const raw of ['', 'big', '-4MB', '4 apples', '0', '0.5', 'MB', '1e3']) {
      assert.match(usage(() => option.parse(raw, '--size')).message, /^--size is ".*"; it must be a size\.$/)
    }
  })
})

describe('atLeast', () => {
  const option = atLeast(1, { summary: '', value: 'N', default: 2.5 })

  it('takes numbers from its least on', () => {
    for (const [raw, value] of [
      ['1', 1],
      ['2.5', 2.5],
      [40, 40],
    ] as const) {
      assert.equal(option.parse(raw, '--times'), value)
    }
  })

  it('refuses less, and what is no number', () => {
    for (const raw of ['0.9', '-1', 'NaN', '', 'two', 'Infinity']) {
      assert.match(usage(() => option.parse(raw, '--times')).message, /it must be a number, 1 or more/)
    }
  })
})
