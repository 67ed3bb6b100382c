import assert from 'node:assert/strict'
import { int64, sketch } from '../../../fixtures/sketch.js'
import type { Group } from '../../../src/analysis/dependencies/dependencies.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { tensorType } from '../../../src/ir/type.js'
import { budgetOf, interleaved, poolsOf } from '../../../src/passes/prune-structured/ranking.js'
import { select } from '../../../src/passes/prune-structured/select.js'
import { selectableOf, valuesOf } from './selectable.js'

function group(index: number, units: readonly number[], kind: Group['kind'] = 'channels'): Group {
  return { index, name: `group ${index}`, kind, units: Int32Array.from(units), producers: [], consumers: [] }
}

describe('poolsOf', () => {
  const groups = [group(0, [0, 1, 2]), group(1, [3, 4], 'heads'), group(2, [5, 6])]
  const scores = Float64Array.of(3, 1, 2, 9, 8, 1, 1)

  it('sorts by score, and equals by number', () => {
    const pools = poolsOf(groups, scores, { scope: 'global', ratio: 0.5, heads: null })

    assert.deepEqual(pools, [{ units: Int32Array.of(1, 5, 6, 2, 0, 4, 3), ratio: 0.5 }])
  })

  it('takes heads apart that have a share of their own, in all scopes', () => {
    for (const scope of ['global', 'isomorphic'] as const) {
      const pools = poolsOf(groups, scores, { scope, ratio: null, heads: 0.25 })
      assert.deepEqual(
        pools.map(({ units, ratio }) => [[...units], ratio]),
        [
          [[1, 5, 6, 2, 0], null],
          [[4, 3], 0.25],
        ],
        scope,
      )
    }
    const byLayer = poolsOf(groups, scores, { scope: 'layer', ratio: 0.5, heads: 0.25 })
    assert.deepEqual(
      byLayer.map(({ ratio }) => ratio),
      [0.5, 0.25, 0.5],
    )
  })
})

describe('interleaved', () => {
  it('takes from every pool the same share of its channels', () => {
    const pools = [
      { units: Int32Array.of(3, 2, 1, 0), ratio: null },
      { units: Int32Array.of(5, 4), ratio: null },
    ]

    // Unit 3 is half of its pool, the others a sixth; 5 and 4 are a half each.
    const order = interleaved(pools, Float64Array.of(1, 1, 1, 3, 2, 2))

    assert.deepEqual([...order], [3, 5, 2, 1, 0, 4])
  })
})

describe('budgetOf', () => {
  it('rounds the share of the units, and gives each the channels of an average one', () => {
    const pool = { units: Int32Array.of(0, 1, 2), ratio: null }

    assert.equal(budgetOf(pool, 0.5, Float64Array.of(1, 1, 1)), 2)
    assert.equal(budgetOf(pool, 0.1, Float64Array.of(1, 1, 1)), 0)
    assert.equal(budgetOf(pool, 0.4, Float64Array.of(64, 64, 1)), 43)
    assert.equal(budgetOf({ units: new Int32Array(0), ratio: null }, 0.5, Float64Array.of(1)), 0)
  })
})

describe('heads of attention', () => {
  async function kept(raw: Record<string, unknown>) {
    const selectable = await selectableOf(attention())
    const { removal, goal } = await select(selectable, valuesOf(raw), {
      seed: 0,
      folder: () => Promise.reject(new Error('No files are needed.')),
    })
    const left = (kind: Group['kind']) =>
      selectable.dependencies.groups
        .filter((found) => found.kind === kind)
        .map(({ units }) => units.filter((unit) => removal[unit] === 0).length)
    return { heads: left('heads'), channels: left('channels'), goal }
  }

  it('go as other units do, by the share of all or one of their own', async () => {
    assert.deepEqual(await kept({ ratio: '0.5' }), { heads: [2], channels: [4, 8], goal: 'ratio 0.5 of each group' })
    assert.deepEqual(await kept({ ratio: '0.5', heads: '0.25' }), {
      heads: [3],
      channels: [4, 8],
      goal: 'ratio 0.5 of each group, heads 0.25',
    })
  })

  it('stay by --heads 0, and go alone by --ratio 0', async () => {
    assert.deepEqual(await kept({ ratio: '0.5', heads: '0' }), {
      heads: [4],
      channels: [4, 8],
      goal: 'ratio 0.5 of each group, no heads',
    })
    const alone = await kept({ ratio: '0', heads: '0.5' })
    assert.deepEqual([alone.heads, alone.channels], [[2], [8, 16]])
  })

  it('lose their share, and a target is met by the others', async () => {
    const { heads, channels } = await kept({ targetMacs: '0.5', heads: '0.25' })

    assert.deepEqual(heads, [3])
    assert.ok((channels[1] ?? 16) < 16)
  })
})

/** Attention of 4 heads of 2, with 8 channels behind it and a layer of 16; tokens of 8 numbers come in and go out. */
function attention(): Model {
  const s = sketch('attention')
  const x = s.input('x', [1, 5, 8])
  const linear = (name: string, input: Value, inputs: number, outputs: number) =>
    s.node('MatMul', name, [input, s.weight(`${name}.w`, [inputs, outputs], inputs)])
  const headed = (name: string, perm: readonly number[]) => {
    const shape = s.constant(`${name}.shape`, int64([4], [1, 5, 4, 2]))
    const split = s.node('Reshape', `${name}.heads`, [linear(name, x, 8, 8), shape])
    return s.node('Transpose', `${name}.turned`, [split], { perm })
  }
  const scores = s.node('MatMul', 'qk', [headed('q', [0, 2, 1, 3]), headed('k', [0, 2, 3, 1])])
  const shares = s.node('Softmax', 'softmax', [scores], { axis: -1 })
  const mixed = s.node('MatMul', 'mixed', [shares, headed('v', [0, 2, 1, 3])])
  const turned = s.node('Transpose', 'turned', [mixed], { perm: [0, 2, 1, 3] })
  const joined = s.node('Reshape', 'joined', [turned, s.constant('shape', int64([3], [1, 5, 8]))])
  const hidden = linear('hidden', linear('out', joined, 8, 8), 8, 16)
  s.output('y', linear('last', hidden, 16, 8), tensorType('float32', [1, 5, 8]))
  return s.model
}
