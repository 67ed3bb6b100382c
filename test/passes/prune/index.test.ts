import assert from 'node:assert/strict'
import { UsageError } from '../../../src/errors.js'
import { prune } from '../../../src/passes/prune/index.js'
import { makeStep } from '../../../src/recipe/recipe.js'
import type { Raw } from '../models.js'

const parse = (raw: Raw) => makeStep(prune, raw, (option) => `--${option}`).values

function refusal(raw: Raw): { message: string; suggestions: readonly string[] } {
  try {
    parse(raw)
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error))
    return error
  }
  return assert.fail(`${JSON.stringify(raw)} was not refused.`)
}

describe('The options of prune', () => {
  it('have defaults: magnitude, global, unstructured, everything but embeddings', () => {
    assert.deepEqual(parse({}), {
      sparsity: null,
      criterion: 'magnitude',
      scope: null,
      pattern: { kind: 'unstructured' },
      layer: [],
      include: [],
      exclude: [],
      embeddings: false,
      samples: null,
      damping: null,
      blockSize: null,
    })
  })

  it('read a sparsity of its own for a layer, up to the last equals sign', () => {
    assert.deepEqual(parse({ layer: ['conv*=0.9', 'a=b=25%'] }).layer, [
      { glob: 'conv*', sparsity: 0.9 },
      { glob: 'a=b', sparsity: 0.25 },
    ])
  })

  it('refuse a layer without a glob or a fraction', () => {
    for (const raw of ['conv*', '=0.5', '']) {
      assert.equal(refusal({ layer: [raw] }).message, `--layer is "${raw}"; it must be GLOB=FRACTION.`)
    }
    assert.equal(refusal({ layer: ['conv*=9'] }).message, '--layer conv* is "9"; it must be a fraction from 0 to 1.')
  })

  it('refuse an empty glob', () => {
    for (const name of ['include', 'exclude']) {
      assert.equal(refusal({ [name]: [''] }).message, `--${name} is empty; it must be a name or a glob.`)
    }
  })

  it('refuse a sparsity beside n:m, which sets it', () => {
    const { message, suggestions } = refusal({ pattern: '2:4', sparsity: 0.5 })
    assert.equal(message, 'The pattern 2:4 sets the sparsity itself (50 %).')
    assert.deepEqual(suggestions, ['Leave out --sparsity, or choose another n:m.'])
    assert.equal(
      refusal({ pattern: '1:3', layer: ['a=0.5'] }).message,
      'The pattern 1:3 sets the sparsity itself (66.67 %).',
    )
    assert.deepEqual(refusal({ pattern: '1:3', layer: ['a=0.5'] }).suggestions, [
      'Leave out --layer, or choose another n:m.',
    ])
  })

  it('refuse a scope beside n:m', () => {
    for (const scope of ['layer', 'row']) {
      assert.equal(
        refusal({ pattern: '2:4', scope }).message,
        'The pattern 2:4 is chosen within every 4 weights: a scope has no meaning.',
      )
    }
  })

  it('refuse lamp with a scope or a pattern', () => {
    for (const raw of [{ scope: 'layer' }, { scope: 'row' }, { pattern: '2:4' }, { pattern: '2x2' }]) {
      const { message } = refusal({ criterion: 'lamp', ...raw })
      assert.match(
        message,
        /^The criterion lamp compares layers with one another: it is global and unstructured only\.$/,
      )
    }
  })

  it('refuse blocks by row', () => {
    const { message } = refusal({ pattern: '4x4', scope: 'row' })
    assert.equal(message, 'Blocks span several rows: the scope row does not go with them.')
  })

  it('go together in every other combination', () => {
    for (const criterion of ['magnitude', 'random']) {
      for (const scope of ['global', 'layer', 'row']) parse({ criterion, scope, sparsity: 0.5, layer: ['a=0.1'] })
      for (const scope of ['global', 'layer']) parse({ criterion, scope, pattern: '4x4', sparsity: 0.5 })
      parse({ criterion, pattern: '2:4' })
    }
    parse({ criterion: 'lamp', sparsity: 0.9, layer: ['a=0.1'] })
  })
})
