import assert from 'node:assert/strict'
import {
  blockRows,
  foundText,
  groupRows,
  groupsText,
  hindrances,
  hindranceText,
  oracleText,
  prunedRows,
  recoveredRows,
} from '../../../src/report/content/structured.js'
import type { FrozenReport, PrunedGroupReport, StructuredReport } from '../../../src/report/report.js'
import { inspectGroups, pruneStructured, pruneStructuredLarge } from '../structured-sample.js'

const small = () => pruneStructured().structured as StructuredReport // the sample has one
const large = () => pruneStructuredLarge().structured as StructuredReport // likewise
const NOTHING: StructuredReport = { goal: '', groups: [], frozen: [], blocks: [], recovered: [], oracle: null }

describe('What structured pruning did, in words:', () => {
  it('groups have their width before and after; heads are counted as heads, units of many channels as channels', () => {
    const heads = large().groups.filter(({ kind }) => kind === 'heads')
    const grouped: PrunedGroupReport = {
      ...{ name: 'conv', kind: 'channels', units: 25, unitsAfter: 20, channels: 400, channelsAfter: 320 },
      ...{ producers: ['conv', 'skip'], consumers: ['next', 'conv'] },
    }

    const rows = prunedRows({ ...NOTHING, groups: [...heads, grouped] }, 9)
    assert.deepEqual(
      rows.map(({ kind, before, after, leftText, layers }) => [kind, before, after, leftText, layers]),
      [
        ['heads', '12', '9', '75 %', '4'],
        ['', '400', '320', '80 %', '3'],
      ],
    )
  })

  it('of many groups those are shown that lost most, in the order of the graph', () => {
    const names = prunedRows(large(), 3).map(({ name }) => name)
    assert.deepEqual(names, ['/stage3/block7/conv1/Conv', '/stage3/block8/conv1/Conv', '/stage3/block9/conv1/Conv'])
  })

  it('a group that lost nothing is whole', () => {
    const [row] = prunedRows({ ...NOTHING, groups: large().groups.slice(5, 6) }, 1)
    assert.deepEqual([row?.before, row?.after, row?.left, row?.leftText], ['64', '64', 1, 'all'])
  })

  it('all groups in a sentence', () => {
    assert.equal(groupsText(small()), '4 of 4 groups were cut: of 226 channels that could go, 113 stayed.')
    assert.match(groupsText(large()), /^38 of 41 groups were cut: of 9\D612 channels and heads that could go, /)
    assert.equal(groupsText(NOTHING), 'No channels could be removed.')
  })

  it('what keeps layers is told by node and reason, what keeps most bytes first', () => {
    const at = (target: string, node: string | null, why: string, bytes: number): FrozenReport => {
      return { target, node, why, bytes, channels: 8, of: 8 }
    }
    const frozen = [
      at('a', 'Softmax_1', 'it is normalized over', 1_000),
      at('b', null, 'it is the output "y" of the model', 1_500),
      at('c', 'Softmax_1', 'it is normalized over', 2_000),
      at('d', 'Softmax_1', 'its shape is not known', 10),
      at('e', null, 'it is a single element', 4),
      { ...at('f', 'Softmax_1', 'it is normalized over', 1), channels: 3 },
    ]

    const found = hindrances(frozen)
    assert.deepEqual(
      found.map(({ by, layers }) => [by, layers.map(({ target }) => target).join()]),
      [
        ['Softmax_1', 'a,c,f'],
        ['the model', 'b'],
        ['Softmax_1', 'd'],
        ['the layer itself', 'e'],
      ],
    )
    const [first] = found
    assert.ok(first)
    assert.equal(hindranceText(first, 2), 'keeps 3 layers, 3.00 kB (a, c and 1 more): it is normalized over')
    assert.equal(hindranceText(first, 3), 'keeps 3 layers, 3.00 kB (a, c, f: 3 of 8): it is normalized over')
  })

  it('blocks that went are always shown, then those that matter least; errors are roots', () => {
    const rows = blockRows(large(), 3)
    assert.deepEqual(
      rows.map(({ name, change, removed }) => [name, change, removed]),
      [
        ['/stage2/block9/Add', '3 %', false],
        ['/stage2/block10/Add', '2 %', true],
        ['/stage2/block11/Add', '1 %', true],
      ],
    )
    const all = blockRows(large(), 99)
    assert.deepEqual([all[0]?.change, all[3]?.change, all[4]?.macs], ['stays', 'not finite', '–'])
  })

  it('recovered layers have their error before and after, where it was measured', () => {
    assert.deepEqual(
      recoveredRows(small(), 9).map(({ target, what, before, after }) => [target, what, before, after]),
      [
        ['/conv2/Conv', 'refitted', '29 %', '12 %'],
        ['/fc1/Gemm', 'refitted', '35 %', '14 %'],
        ['/fc2/Gemm', 'absorbed', '20 %', '8 %'],
        ['/fc3/Gemm', 're-estimated', '', ''],
      ],
    )
  })

  it('the oracle says how near, on how many inputs, and what counts as rounding', () => {
    assert.equal(
      oracleText({ maxError: 1.36e-7, limit: 1e-4, inputs: 2, notes: [] }),
      'equal to the original without what was removed: outputs differ by at most 1.4e-7 of their range, on 2 inputs (up to 0.0001 is rounding)',
    )
  })

  it('what could be removed of a model, in a sentence and by group', () => {
    const groups = inspectGroups().groups
    assert.ok(groups)
    assert.equal(
      foundText(groups),
      '146 channels and heads can be removed, in 4 groups; 3 layers keep some or all of theirs.',
    )
    assert.equal(foundText({ groups: [], frozen: [], blocked: [] }), 'Nothing can be removed.')
    const rows = groupRows(groups, 2)
    assert.deepEqual(
      rows.map(({ name, share, macs }) => [name, Number(share.toFixed(2)), macs.replaceAll('\u202f', ' ')]),
      [
        ['/conv2/Conv', 0.87, '288 000'],
        ['/fc1/Gemm', 1, '–'],
      ],
    )
  })
})
