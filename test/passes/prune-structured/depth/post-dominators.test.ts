import assert from 'node:assert/strict'
import fc from 'fast-check'
import { PostDominators } from '../../../../src/passes/prune-structured/depth/post-dominators.js'

/** For each vertex its successors, which have smaller numbers; 0 is the end. */
const graph = fc
  .array(fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 40 })
  .map((all) => [[], ...all.map((picks, i) => picks.map((pick) => pick % (i + 1)))])

function treeOf(successors: readonly (readonly number[])[]): PostDominators {
  const tree = new PostDominators()
  for (const of of successors.slice(1)) tree.add(of)
  return tree
}

/** Whether the end can be reached from a vertex without going through another. */
function reachesEnd(successors: readonly (readonly number[])[], from: number, avoiding: number): boolean {
  if (from === avoiding) return false
  return from === 0 || (successors[from] ?? []).some((next) => reachesEnd(successors, next, avoiding))
}

describe('PostDominators', () => {
  it('says of a diamond that its halves end at the join, and not at one another', () => {
    const tree = treeOf([[], [0], [1], [1], [2, 3]])
    assert.deepEqual(
      [1, 2, 3, 4].map((v) => tree.parent(v)),
      [0, 1, 1, 1],
    )
    assert.equal(tree.isPassedBy(1, 4), true)
    assert.equal(tree.isPassedBy(2, 4), false)
  })

  it('agrees with a search of all paths on any acyclic graph', () => {
    fc.assert(
      fc.property(graph, (successors) => {
        const small = successors.slice(0, 14) // the search is exponential
        const tree = treeOf(small)
        for (let v = 1; v < small.length; v++) {
          for (let u = 0; u < small.length; u++) {
            const expected = u === 0 || !reachesEnd(small, v, u)
            assert.equal(tree.isPassedBy(u, v), expected, `${u} on all paths from ${v} of ${JSON.stringify(small)}`)
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('finds ancestors in a chain of 200,000 without walking it', () => {
    const tree = new PostDominators()
    for (let v = 1; v <= 200_000; v++) tree.add([v - 1, 0])
    for (let v = 1; v <= 200_000; v++) tree.add([v, Math.max(1, v - 100_000)])
    assert.equal(tree.parent(400_000), 0)
    const chain = new PostDominators()
    for (let v = 1; v <= 200_000; v++) chain.add([v - 1])
    for (let v = 1; v <= 200_000; v++) assert.equal(chain.isPassedBy(v >> 1, v), true)
  })
})
