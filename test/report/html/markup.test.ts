import assert from 'node:assert/strict'
import fc from 'fast-check'
import { withoutCommonStart } from '../../../src/report/html/common-start.js'
import { escaped, html, name, share, shortened, unbroken } from '../../../src/report/html/markup.js'
import { displayWidth } from '../../../src/report/text/width.js'

describe('html: a template that escapes', () => {
  it('escapes text, and leaves markup alone', () => {
    const inner = html`<b>${'1 < 2'}</b>`
    assert.equal(
      html`<p title="${'"'}">${inner} &amp; ${'&'}</p>`.text,
      '<p title="&#34;"><b>1 &#60; 2</b> &amp; &#38;</p>',
    )
  })

  it('leaves nothing out, writes numbers, and puts lists one after the other', () => {
    assert.equal(html`${null}${false}${0}${['a', [html`<i>b</i>`, 'c<']]}`.text, '0a<i>b</i>c&#60;')
  })

  it('lets no text open or close anything, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const safe = escaped(text)
        assert.doesNotMatch(safe, /[<>"']|&(?!#\d+;)/)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is tested
        assert.doesNotMatch(safe, /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
      }),
    )
  })

  it('cuts what is longer than any page should hold', () => {
    assert.ok(html`${'x'.repeat(1_000_000)}`.text.length < 10_000)
  })
})

describe('name', () => {
  it('is cut in the middle, with the whole of it in a tooltip', () => {
    assert.equal(name('conv1.weight').text, '<code>conv1.weight</code>')
    assert.equal(name('').text, '<span class="quiet">(unnamed)</span>')
    const long = `model.${'layer.'.repeat(20)}weight`
    assert.match(name(long, 20).text, /^<code title="model\.(layer\.){20}weight">.{1,20}…?.*weight<\/code>$/)
  })

  it('is never wider than asked for, nor takes long to cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 8, max: 80 }), (text, longest) => {
        assert.ok(displayWidth(shortened(text, longest)) <= longest)
      }),
    )
    const start = performance.now()
    for (let i = 0; i < 100; i++) shortened('漢字n'.repeat(100_000), 60)
    assert.ok(performance.now() - start < 5000)
  })
})

describe('share', () => {
  it('is a length between nothing and everything, also of what is no number', () => {
    assert.deepEqual(
      [0.3725, 1 / 3, -1, 2, Number.NaN].map((f) => share(f)),
      ['37.25%', '33.33%', '0%', '100%', '0%'],
    )
    assert.equal(share(1 / 3, 5), '33.33333%')
  })
})

describe('unbroken', () => {
  it('keeps numbers and their units together, and other words apart', () => {
    assert.equal(
      unbroken('80.0 % of 12 weights; 1.73 MB, 0.3 pp, 5 ms; 2 BatchNorms'),
      '80.0\u00a0% of 12 weights; 1.73\u00a0MB, 0.3\u00a0pp, 5\u00a0ms; 2 BatchNorms',
    )
  })
})

describe('withoutCommonStart', () => {
  it('takes away whole parts that all names begin with', () => {
    assert.deepEqual(withoutCommonStart(['model.layers.0.fc1', 'model.layers.10.fc1']), ['…0.fc1', '…10.fc1'])
    assert.deepEqual(withoutCommonStart(['/encoder/a/w', '/encoder/b/w']), ['…a/w', '…b/w'])
  })

  it('leaves names alone that share no part, and a single one', () => {
    assert.deepEqual(withoutCommonStart(['conv1.weight', 'conv2.weight']), ['conv1.weight', 'conv2.weight'])
    assert.deepEqual(withoutCommonStart(['model.layers.0.fc1']), ['model.layers.0.fc1'])
    assert.deepEqual(withoutCommonStart(['model.layers.', 'model.layers.0']), ['model.layers.', 'model.layers.0'])
    assert.deepEqual(withoutCommonStart([]), [])
  })
})
