import assert from 'node:assert/strict'
import { ops } from '../../src/ops/index.js'
import { opVersions } from '../../src/ops/versions.js'
import { OPSETS } from '../../src/rewrites/upgrade-opset.js'

describe('The versions of the ops', () => {
  it('are in order, from the first that has the op on', () => {
    for (const [op, { changed }] of opVersions) {
      assert.match(op, /^[A-Z]\w+$/)
      assert.deepEqual(
        changed,
        [...new Set(changed)].sort((a, b) => a - b),
        op,
      )
      assert.ok((changed[0] ?? 0) >= 1 && (changed.at(-1) ?? 99) <= OPSETS.to, op)
    }
  })

  it('have an upgrade rule wherever the meaning changed, and nowhere else', () => {
    const marked = [...opVersions].flatMap(([op, { breaking }]) => breaking.map((version) => `${op} ${version}`))
    const ruled = ops.flatMap(({ types, upgrade = {} }) =>
      types
        .filter((type) => !type.includes('.')) // other domains have versions of their own
        .flatMap((op) => Object.keys(upgrade).map((version) => `${op} ${version}`)),
    )
    assert.deepEqual(ruled.sort(), marked.sort())
    assert.ok(marked.length >= 90)
  })

  it('are those of the standard', () => {
    assert.deepEqual(opVersions.get('Relu'), { changed: [1, 6, 13, 14], breaking: [6] })
    assert.deepEqual(opVersions.get('Resize'), { changed: [10, 11, 13, 18, 19], breaking: [11, 13] })
    assert.deepEqual(opVersions.get('Upsample'), { changed: [1, 7, 9, 10], breaking: [7, 9, 10] })
    assert.equal(opVersions.has('FusedConv'), false)
  })
})
