import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UsageError } from '../../../src/errors.js'
import { type Pattern, parsePattern, patternToString } from '../../../src/passes/prune/pattern.js'

const pattern: fc.Arbitrary<Pattern> = fc.oneof(
  fc.constant({ kind: 'unstructured' as const }),
  fc
    .integer({ min: 2, max: 1024 })
    .chain((m) => fc.integer({ min: 1, max: m - 1 }).map((n) => ({ kind: 'n:m' as const, n, m }))),
  fc
    .tuple(fc.integer({ min: 1 }), fc.integer({ min: 2 }))
    .map(([rows, columns]) => ({ kind: 'block' as const, rows, columns })),
)

function message(text: string): string {
  try {
    parsePattern(text, '--pattern')
  } catch (error) {
    assert.ok(error instanceof UsageError)
    assert.ok(error.suggestions.length > 0)
    return error.message
  }
  return assert.fail(`"${text}" was not refused.`)
}

describe('parsePattern', () => {
  it('reads what patternToString writes', () =>
    fc.assert(
      fc.property(pattern, (p) => {
        assert.deepEqual(parsePattern(patternToString(p), '--pattern'), p)
      }),
    ))

  it('refuses an n:m that keeps nothing, or everything, or is too long', () => {
    const stay = 'in n:m, n of every m weights stay, so'
    assert.equal(message('0:4'), `--pattern is "0:4": ${stay} n must be from 1 to m - 1.`)
    assert.equal(message('4:4'), `--pattern is "4:4": ${stay} n must be from 1 to m - 1.`)
    assert.equal(message('5:4'), `--pattern is "5:4": ${stay} n must be from 1 to m - 1.`)
    assert.equal(message('2:1025'), `--pattern is "2:1025": ${stay} m can be at most 1024.`)
  })

  it('refuses blocks of a single weight or of none', () => {
    for (const text of ['1x1', '0x4', '4x0']) {
      assert.equal(message(text), `--pattern is "${text}": a block must have at least two weights.`)
    }
  })

  it('refuses everything else and says what there is', () => {
    for (const text of ['', '2', '2:4:8', '-2:4', '2.5:4', '16X16', 'block', 'Unstructured', '2 : 4']) {
      assert.equal(message(text), `--pattern is "${text}"; it must be unstructured, n:m or ROWSxCOLUMNS.`)
    }
  })
})
