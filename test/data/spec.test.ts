import assert from 'node:assert/strict'
import { idx } from '../../src/data/idx.js'
import { module } from '../../src/data/module.js'
import { checkOptions, onlyPath, parseSpec } from '../../src/data/spec.js'
import { UsageError } from '../../src/errors.js'

describe('data/spec', () => {
  it('takes one path without options', () => {
    const source = parseSpec('test.npz')

    assert.deepEqual(source, { spec: 'test.npz', paths: ['test.npz'], options: {} })
  })

  it('separates paths by commas and options by ampersands', () => {
    const source = parseSpec('a.idx3.gz,b.idx1.gz?scale=1&mean=0.5,0.25')

    assert.deepEqual(source.paths, ['a.idx3.gz', 'b.idx1.gz'])
    assert.deepEqual(source.options, { scale: '1', mean: '0.5,0.25' })
  })

  it('takes a word for data that has no file', () => {
    const source = parseSpec('random?n=64&seed=1')

    assert.deepEqual(source.paths, ['random'])
    assert.deepEqual(source.options, { n: '64', seed: '1' })
  })

  it('percent-decodes values, and leaves a plus as it is', () => {
    const source = parseSpec('x.csv?label=a%26b%3Dc%20d&fields=x:a+b')

    assert.deepEqual(source.options, { label: 'a&b=c d', fields: 'x:a+b' })
  })

  it('decodes only comma, question mark and percent sign in paths', () => {
    const source = parseSpec('a%2Cb%3F.npy,50%25%20.npy')

    assert.deepEqual(source.paths, ['a,b?.npy', '50%%20.npy'])
  })

  it('keeps Windows paths whole', () => {
    assert.deepEqual(parseSpec('C:\\data\\x.npz?fields=x').paths, ['C:\\data\\x.npz'])
    assert.deepEqual(parseSpec('\\\\?\\C:\\data\\x.npz?fields=x'), {
      spec: '\\\\?\\C:\\data\\x.npz?fields=x',
      paths: ['\\\\?\\C:\\data\\x.npz'],
      options: { fields: 'x' },
    })
  })

  const refused: [spec: string, message: RegExp][] = [
    ['', /names no file/],
    ['?n=1', /names no file/],
    ['a.npy,,b.npy', /empty path between commas/],
    ['x.csv?header', /"header" in "x.csv\?header" is not of the form key=value/],
    ['x.csv?=1', /"=1" in .* is not of the form key=value/],
    ['x.csv?label=a&label=b', /"label" is given twice/],
    ['x.csv?label=50%', /value of "label" .* not valid percent-encoding: 50%/],
  ]
  for (const [spec, message] of refused) {
    it(`refuses "${spec}"`, () => {
      assert.throws(() => parseSpec(spec), { name: 'UsageError', message })
    })
  }

  it('names the nearest option for an unknown one, and all others', () => {
    const source = parseSpec('a.idx3?scael=1')

    assert.throws(
      () => checkOptions(source, idx),
      (error: unknown) => {
        assert.ok(error instanceof UsageError)
        assert.equal(error.message, 'Unknown option "scael" for idx data (in "a.idx3?scael=1").')
        assert.deepEqual(error.suggestions, [
          'Did you mean "scale"?',
          'The options of idx are: scale, mean, std, format.',
        ])
        return true
      },
    )
  })

  it('lets any option through to a format that hands them on', () => {
    assert.doesNotThrow(() => checkOptions(parseSpec('d.mjs?split=test'), module))
  })

  it('refuses several paths where a format reads one file', () => {
    assert.equal(onlyPath(parseSpec('a.csv'), 'csv'), 'a.csv')
    assert.throws(() => onlyPath(parseSpec('a.csv,b.csv'), 'csv'), /csv data is one file; "a.csv,b.csv" names 2/)
  })
})
