import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  bytes,
  COUNT_WORDS,
  count,
  decibels,
  duration,
  metricTexts,
  milliseconds,
  percent,
  percentDigits,
  plural,
  points,
  printable,
  ratio,
  SIZE_WORDS,
  shape,
  sizeChange,
} from '../../src/report/format.js'

/** Thin spaces are hard to tell from others in a test. */
const plain = (text: string) => text.replaceAll('\u202f', '_')

describe('format: numbers as people read them', () => {
  it('times of runs have three digits, from microseconds to seconds', () => {
    const times = [0, 0.00482, 0.0994, 0.1, 0.1184, 1.184, 11.84, 118.4, 999.4, 999.6, 1184, 11_840, 1_184_000]
    assert.deepEqual(times.map(milliseconds).map(plain), [
      '0.000 ms',
      '4.82 µs',
      '99.4 µs',
      '0.100 ms',
      '0.118 ms',
      '1.18 ms',
      '11.8 ms',
      '118 ms',
      '999 ms',
      '1.00 s',
      '1.18 s',
      '11.8 s',
      '1_184 s',
    ])
  })

  it('bytes are decimal, with three digits and one decimal at least', () => {
    const sizes = [0, 999, 1000, 9_994, 9_996, 44_426, 999_949, 999_950, 1_720_000, 537e6, 2.1e9]
    assert.deepEqual(sizes.map(bytes), [
      '0 B',
      '999 B',
      '1.00 kB',
      '9.99 kB',
      '10.0 kB',
      '44.4 kB',
      '999.9 kB',
      '1.00 MB',
      '1.72 MB',
      '537.0 MB',
      '2.10 GB',
    ])
  })

  it('counts are exact and grouped while there is room, and short beyond it', () => {
    assert.equal(plain(count(0)), '0')
    assert.equal(plain(count(999)), '999')
    assert.equal(plain(count(44_426)), '44_426')
    assert.equal(plain(count(109_482_240)), '109_482_240')
    assert.equal(plain(count(1_234_567_890)), '1_234_567_890')
    assert.equal(plain(count(12_345_678_901)), '12.3 G')
    assert.equal(plain(count(266_610, 6)), '266.6 k')
    assert.equal(plain(count(416_520, 7)), '416_520')
    assert.equal(plain(count(4_089_184_256, 7)), '4.09 G')
  })

  it('a single thing is in the singular', () => {
    assert.deepEqual([plural(1, 'node'), plural(2, 'node'), plural(0, 'node')], ['1 node', '2 nodes', '0 nodes'])
  })

  it('percentages of exactly nothing and everything have no decimals, and nothing else looks like them', () => {
    assert.deepEqual(
      [0, 1, 0.5, 0.8984, 0.0004, 0.99996, 1e-9, 1 - 1e-9].map((f) => percent(f)),
      ['0 %', '100 %', '50.0 %', '89.8 %', '0.04 %', '99.996 %', '<0.001 %', '>99.999 %'],
    )
    assert.equal(percent(0.00004, 1), '<0.1 %')
    assert.equal(percent(0.99996, 1), '>99.9 %')
  })

  it('two different fractions get as many digits as tell them apart', () => {
    assert.equal(percentDigits(0.9013, 0.8984), 1)
    assert.equal(percentDigits(0.9972, 0.9974), 2)
    assert.equal(percentDigits(0.99721, 0.99724), 3)
  })

  it('any fraction between nothing and everything is shown as such', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-300, max: 1 - 1e-15, noNaN: true }),
        fc.constantFrom(undefined, 1, 2, 3),
        (f, d) => {
          const text = percent(f, d)
          assert.match(text, /^[<>]?\d{1,2}\.\d{1,3} %$/)
          assert.ok(!/^0\.0+ /.test(text), text)
        },
      ),
    )
  })

  it('differences always carry their sign', () => {
    assert.deepEqual([points(-0.0029), points(0.799), points(0.0002, 2)], ['-0.3 pp', '+79.9 pp', '+0.02 pp'])
    assert.deepEqual(
      [points(-0.0004), points(0.00004), points(1e-9), points(0)],
      ['-0.04 pp', '+0.004 pp', '<+0.001 pp', '+0.0 pp'],
    )
  })

  it('a size that changed much is a factor, little a percentage, hardly an exact difference', () => {
    assert.equal(sizeChange(1000, 1000, SIZE_WORDS), 'unchanged')
    assert.equal(sizeChange(4200, 1000, SIZE_WORDS), '4.2x smaller')
    assert.equal(sizeChange(1000, 2100, SIZE_WORDS), '2.1x larger')
    assert.equal(sizeChange(1000, 877, SIZE_WORDS), '-12.3 %')
    assert.equal(sizeChange(1000, 1032, SIZE_WORDS), '+3.2 %')
    assert.equal(sizeChange(1_000_000, 1_000_016, SIZE_WORDS), '+16 B')
    assert.equal(sizeChange(1_000_000, 999_984, SIZE_WORDS), '-16 B')
    assert.equal(sizeChange(5200, 1000, COUNT_WORDS), '5.2x fewer')
    assert.equal(sizeChange(1000, 3000, COUNT_WORDS), '3.0x more')
    assert.equal(sizeChange(0, 12, COUNT_WORDS), '+12')
    assert.equal(sizeChange(12, 0, COUNT_WORDS), '-100 %')
  })

  it('factors lose their decimal when they are large', () => {
    assert.deepEqual(
      [ratio(1.5), ratio(99.94), ratio(99.96), plain(ratio(1234.4))],
      ['1.5x', '99.9x', '100x', '1_234x'],
    )
  })

  it('decibels may be infinite', () => {
    assert.deepEqual(
      [18.43, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN].map((v) => decibels(v)),
      ['18.4 dB', '∞ dB', '-∞ dB', 'NaN dB'],
    )
  })

  it('durations go from milliseconds to hours without a 60 in between', () => {
    const seconds = [0, 0.0482, 0.9994, 0.9996, 2.314, 59.94, 59.96, 119.6, 3599.4, 3599.6, 7_500]
    assert.deepEqual(seconds.map(duration), [
      '0 ms',
      '48 ms',
      '999 ms',
      '1.0 s',
      '2.3 s',
      '59.9 s',
      '1 min 0 s',
      '2 min 0 s',
      '59 min 59 s',
      '1 h 0 min',
      '2 h 5 min',
    ])
  })

  it('a tensor without dimensions is a scalar', () => {
    assert.deepEqual([shape([]), shape([10]), shape([64, 3, 7, 7])], ['scalar', '10', '64×3×7×7'])
  })

  it('metrics are shown in their unit', () => {
    assert.deepEqual(metricTexts({ unit: 'fraction', before: 0.9013, after: 0.8984 }), {
      before: '90.1 %',
      after: '89.8 %',
      change: '-0.3 pp',
    })
    assert.deepEqual(metricTexts({ unit: 'dB', before: 42, after: 38.9 }), {
      before: '42.0 dB',
      after: '38.9 dB',
      change: '-3.1 dB',
    })
    assert.deepEqual(metricTexts({ unit: 'number', before: 0.031_25, after: 0.032_57 }), {
      before: '0.03125',
      after: '0.03257',
      change: '+0.00132',
    })
    assert.equal(metricTexts({ unit: 'number', before: null, after: 1.234e-7 }).after, '1.23e-7')
  })

  it('metrics that differ never look alike', () => {
    assert.deepEqual(metricTexts({ unit: 'number', before: 0.123_41, after: 0.123_42 }), {
      before: '0.12341',
      after: '0.12342',
      change: '+1.0e-5',
    })
    assert.deepEqual(metricTexts({ unit: 'dB', before: 42.01, after: 42.04 }), {
      before: '42.01 dB',
      after: '42.04 dB',
      change: '+0.03 dB',
    })
  })

  it('a difference from or to what is no finite number is not made up', () => {
    assert.deepEqual(metricTexts({ unit: 'dB', before: 42, after: 'Infinity' }), {
      before: '42.0 dB',
      after: '∞ dB',
      change: null,
    })
    assert.equal(metricTexts({ unit: 'dB', before: 'Infinity', after: 'Infinity' }).change, 'unchanged')
    assert.deepEqual(metricTexts({ unit: 'fraction', before: null, after: 'NaN' }), {
      before: '–',
      after: 'NaN',
      change: null,
    })
  })

  it('text that would steer a terminal is escaped, and other text is left alone', () => {
    assert.equal(printable('\u001b[31mred\nnext\u202e\ud800'), '\\u{1b}[31mred\\nnext\\u{202e}\\u{d800}')
    assert.equal(printable('ветка/畳み込み 👩‍💻 é'), 'ветка/畳み込み 👩‍💻 é')
  })
})
