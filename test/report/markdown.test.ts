import assert from 'node:assert/strict'
import fc from 'fast-check'
import { markdown } from '../../src/report/markdown/index.js'
import { code, codeBlock, escaped, foldedBeyond, table } from '../../src/report/markdown/syntax.js'
import { pruneWithMetrics } from './lenet.js'
import { SAMPLES } from './samples.js'

/** How often a row of a table is cut, by the strictest reading: at every pipe that no backslash precedes. */
const cells = (row: string) => row.split(/(?<!\\)\|/).length

/** The text that a reader sees of what `escaped` and `code` write. */
function shown(text: string): string {
  return text
    .replace(/^<code>(.*)<\/code>$/, '$1')
    .replace(/^`(.*)`$/, '$1')
    .replace(/\\([`*_{}[\]#~.)+-])/g, '$1')
    .replace(/&#(\d+);/g, (_, n) => String.fromCodePoint(Number(n)))
}

describe('markdown report', () => {
  it('has as many cells in each row as in the head of its table, whatever the names', () => {
    for (const [name, sample] of Object.entries(SAMPLES)) {
      for (const block of markdown
        .render(sample())
        .split('\n\n')
        .filter((b) => b.startsWith('|'))) {
        assert.equal(new Set(block.split('\n').map(cells)).size, 1, `${name}:\n${block}`)
      }
    }
  })

  it('has headline, comparison, metrics, layers, what was skipped, verification and reproduction', () => {
    const text = markdown.render(pruneWithMetrics())
    assert.deepEqual(
      [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title),
      [
        'prune: `fixtures/lenet5.onnx` → `out/lenet5.pruned.onnx`',
        'Metrics',
        'Layers',
        'Skipped',
        'Verification',
        'How to reproduce',
      ],
    )
    assert.match(text, /^\*\*80\.0 % of .*\*\*$/m)
    assert.match(text, /^\| top1 \| `logits` \| 90\.1 % \| 89\.8 % \| -0\.3 pp \|/m)
  })

  it('lists every layer, folded beyond 20', () => {
    const text = markdown.render(SAMPLES['many-layers']?.() ?? pruneWithMetrics())
    assert.equal([...text.matchAll(/^\| `layer\d+\.\d+\.conv\.weight`/gm)].length, 60)
    assert.match(text, /<details>\n<summary>60 layers<\/summary>\n\n\| weight/)
    assert.doesNotMatch(markdown.render(pruneWithMetrics()), /<details>/)
  })

  it('names every target that was skipped', () => {
    const report = SAMPLES['many-layers']?.() ?? pruneWithMetrics()
    const text = markdown.render(report)
    for (const { target } of report.steps.flatMap((s) => s.skipped)) assert.ok(text.includes(`\`${target}\``), target)
  })

  it('escapes names so that they show as they are', () => {
    const texts = [
      'a|b',
      '`x`',
      'a*b_c',
      '<b>&amp;',
      '\\|',
      '# x',
      '1. x',
      '- x',
      '+ x',
      '[x](y)',
      '~~x~~',
      '1) x',
      'c++',
    ]
    for (const text of texts) {
      assert.equal(shown(escaped(text)), text)
      assert.equal(shown(code(text)), text)
      assert.doesNotMatch(escaped(text), /(?<!\\)[`*_[\]<>|~]/)
      assert.doesNotMatch(code(text), /\|/)
    }
    assert.deepEqual([code('conv1.weight'), code(''), code('a`b')], ['`conv1.weight`', '', '<code>a&#96;b</code>'])
    assert.equal(escaped('1. x'), '1\\. x')
    assert.equal(escaped('-0.3 pp'), '-0.3 pp')
    assert.equal(escaped('two\nlines'), 'two&#92;nlines')
  })

  it('shows any printable text unchanged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'ab 1|`*_{}[]<>&#~\\-+.)'.split('')), maxLength: 12 }),
        (text) => {
          assert.equal(shown(escaped(text)), text)
          if (text !== '') assert.equal(shown(code(text)), text)
        },
      ),
    )
  })

  it('fences code with more backticks than it holds', () => {
    assert.deepEqual(codeBlock('a ```` b', 'sh'), ['`````sh', 'a ```` b', '`````'])
  })

  it('leaves out columns without text, and folds what is long', () => {
    const column = (title: string) => ({ title, align: 'left' }) as const
    assert.deepEqual(table([column('a'), column('b'), { title: 'c', align: 'right' }], [['1', '', '3']]), [
      '| a | c |',
      '| :-- | --: |',
      '| 1 | 3 |',
    ])
    assert.deepEqual(foldedBeyond(2, 3, 'three', ['x']), [
      '<details>',
      '<summary>three</summary>',
      '',
      'x',
      '',
      '</details>',
    ])
    assert.deepEqual(foldedBeyond(3, 3, 'three', ['x']), ['x'])
  })
})
