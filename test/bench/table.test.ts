import assert from 'node:assert/strict'
import { markdownTable, table } from '../../bench/support/table.js'

describe('bench/support/table', () => {
  it('aligns names to the left and figures to the right', () => {
    const text = table(
      ['', 'median', 'ratio'],
      [
        ['mcompress', '0.50 s', '0.2x'],
        ['cp', '12.00 s', '-'],
      ],
    )
    assert.equal(
      text,
      [
        '            median  ratio',
        '---------  -------  -----',
        'mcompress   0.50 s   0.2x',
        'cp         12.00 s      -',
      ].join('\n'),
    )
  })

  it('is Markdown on request', () => {
    assert.equal(
      markdownTable(['name', '50 %'], [['lamp', '88.00']]),
      '| name | 50 % |\n| --- | --- |\n| lamp | 88.00 |',
    )
  })
})
