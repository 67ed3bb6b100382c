import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.js'
import { makeStep } from '../../src/recipe/recipe.js'
import { passOf } from './models.js'

describe('A step of a recipe', () => {
  const prune = passOf('prune')

  it('has the defaults of its pass, and says them', () => {
    const { values, given } = makeStep(prune)

    assert.equal(values.sparsity, null)
    assert.deepEqual(values.include, [])
    assert.deepEqual(given, { sparsity: '0.5', criterion: 'magnitude', scope: 'global', pattern: 'unstructured' })
  })

  it('takes options as text or as what they are, and keeps them as they were given', () => {
    const { values, given } = makeStep(prune, { sparsity: '80%', scope: 'layer', exclude: ['a*'], embeddings: true })

    assert.deepEqual([values.sparsity, values.scope, values.exclude, values.embeddings], [0.8, 'layer', ['a*'], true])
    assert.deepEqual([given.sparsity, given.exclude, given.embeddings], ['80%', ['a*'], true])
    assert.equal(makeStep(prune, { sparsity: 0.8 }).values.sparsity, 0.8)
  })

  it('keeps nothing that could not be given again', () => {
    for (const raw of [
      {},
      { pattern: '2:4' },
      { pattern: '4x1', scope: 'layer' },
      { criterion: 'lamp' },
      { scope: 'row' },
      { criterion: 'wanda', scope: 'layer' },
      { criterion: 'sparsegpt', samples: 64, damping: '5%', blockSize: 32 },
    ]) {
      const { values, given } = makeStep(prune, raw)
      const again = makeStep(prune, given)
      assert.deepEqual(again.given, given)
      const unsaid = { sparsity: null, scope: null, samples: null, damping: null, blockSize: null }
      assert.deepEqual({ ...again.values, ...unsaid }, { ...values, ...unsaid })
    }
    assert.deepEqual(makeStep(prune, { pattern: '2:4' }).given, { criterion: 'magnitude', pattern: '2:4' })
  })

  it('takes undefined, null and an empty list for not given', () => {
    assert.deepEqual(makeStep(prune, { sparsity: undefined, criterion: null, include: [] }), makeStep(prune))
  })

  it('refuses options that are unknown, wrong, or do not go together', () => {
    assert.throws(
      () => makeStep(prune, { sparsty: 1 }),
      (error) => error instanceof UsageError && error.suggestions[0] === 'Did you mean "sparsity"?',
    )
    assert.throws(() => makeStep(prune, { sparsity: 80 }), /^UsageError: sparsity is "80"; it must be a fraction/)
    assert.throws(() => makeStep(prune, { sparsity: 80 }, (name) => `--${name}`), /^UsageError: --sparsity is "80"/)
    assert.throws(() => makeStep(prune, { pattern: '2:4', sparsity: 0.5 }), /sets the sparsity itself/)
  })
})
