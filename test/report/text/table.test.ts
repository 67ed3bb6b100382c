import assert from 'node:assert/strict'
import { line, paintLine, span } from '../../../src/report/text/line.js'
import { type Column, layoutTable } from '../../../src/report/text/table.js'

const COLUMNS: readonly Column[] = [
  { title: 'weight', align: 'left', yields: 'shorten' },
  { title: 'op', align: 'left', yields: { drop: 1 } },
  { title: 'dtype', align: 'left', yields: { drop: 2 } },
  { title: 'parameters', align: 'right' },
]
const ROW = ['encoder.layer.11.attention.self.query.weight', 'MatMul', 'float32', '589824']

function render(columns: readonly Column[], rows: readonly (readonly string[])[], width: number, titles = true) {
  const cells = rows.map((row) => row.map((text) => line(text)))
  return layoutTable(columns, cells, { width, indent: 2, titles }).map((l) => paintLine(l, (text) => text))
}

describe('text table: columns within a width', () => {
  it('aligns columns and ends lines without blanks', () => {
    assert.deepEqual(
      render(
        COLUMNS,
        [
          ['a', 'Conv', 'int8', '1'],
          ['bcd', 'Gemm'],
        ],
        80,
      ),
      ['  weight  op    dtype  parameters', '  a       Conv  int8            1', '  bcd     Gemm'],
    )
  })

  it('shortens names first', () => {
    assert.deepEqual(render(COLUMNS, [ROW], 70), [
      '  weight                                   op      dtype    parameters',
      '  encoder.layer.1…ntion.self.query.weight  MatMul  float32      589824',
    ])
  })

  it('then drops columns in their order', () => {
    assert.deepEqual(render(COLUMNS, [ROW], 50), [
      '  weight                        op      parameters',
      '  encoder.la…self.query.weight  MatMul      589824',
    ])
    assert.deepEqual(render(COLUMNS, [ROW], 44), [
      '  weight                          parameters',
      '  encoder.lay….self.query.weight      589824',
    ])
  })

  it('then shortens further', () => {
    assert.deepEqual(render(COLUMNS, [ROW], 24), ['  weight      parameters', '  enc…weight      589824'])
  })

  it('wraps where a column wants it, under itself', () => {
    const columns: readonly Column[] = [
      { title: '', align: 'left' },
      { title: '', align: 'left', yields: 'wrap' },
    ]
    assert.deepEqual(render(columns, [['fc1', 'its shape has fewer than 64 elements']], 26, false), [
      '  fc1  its shape has fewer',
      '       than 64 elements',
    ])
  })

  it('paints spans, and blanks never', () => {
    const cells = [[line('a', 'dim'), [span('b', 'strong'), span('c')]]]
    const columns: readonly Column[] = [
      { title: '', align: 'left' },
      { title: '', align: 'right' },
    ]
    const [painted] = layoutTable(columns, cells, { width: 20, indent: 1, titles: false })
    assert.equal(
      paintLine(painted ?? [], (text, tone) => `<${tone} ${text}>`),
      ' <dim a>  <strong b>c',
    )
  })

  it('takes no control sequence from a text', () => {
    assert.equal(
      paintLine(line('a\u001b[2Jb\n', 'dim'), (text) => text),
      'a\\u{1b}[2Jb\\n',
    )
  })
})
