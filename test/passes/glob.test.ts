import assert from 'node:assert/strict'
import { UsageError } from '../../src/errors.js'
import { globMatcher, parseGlob, refuseUnmatched } from '../../src/passes/glob.js'

const matches = (glob: string, ...names: string[]) => globMatcher(glob)(names)

/** The suggestions for a glob that matches nothing. */
function suggestions(glob: string, candidates: readonly (readonly string[])[]): readonly string[] {
  let given: readonly string[] = []
  assert.throws(
    () => refuseUnmatched([glob], candidates, '--include'),
    (error) => {
      assert.ok(error instanceof UsageError)
      assert.equal(error.message, `--include "${glob}" matches no weight of this model.`)
      given = error.suggestions
      return true
    },
  )
  return given
}

describe('globMatcher', () => {
  it('matches when any of the names does', () => {
    assert.equal(matches('conv*', 'node', 'conv1.weight'), true)
    assert.equal(matches('conv*', 'node', 'fc.weight'), false)
    assert.equal(matches('conv*'), false)
  })

  it('lets a star span slashes, dots and nothing at all', () => {
    for (const name of ['conv', 'conv1', 'conv1/weight', 'conv.0.weight']) assert.equal(matches('conv*', name), true)
    assert.equal(matches('*MatMul', '/model/layers.0/attn/MatMul'), true)
    assert.equal(matches('*/attn/*', '/model/layers.0/attn/MatMul'), true)
    assert.equal(matches('*', '.hidden'), true)
  })

  it('tells upper case from lower case', () => {
    assert.equal(matches('conv*', 'Conv1'), false)
  })

  it('knows sets, alternatives and single characters', () => {
    assert.deepEqual(
      ['fc1', 'fc2', 'fc3'].map((name) => matches('fc[12]', name)),
      [true, true, false],
    )
    assert.deepEqual(
      ['a.weight', 'b.weight', 'c.weight'].map((name) => matches('{a,b}.weight', name)),
      [true, true, false],
    )
    assert.equal(matches('fc?', 'fc1'), true)
    assert.equal(matches('fc?', 'fc'), false)
  })

  it('takes a name literally, whatever characters it has', () => {
    for (const name of ['onnx::MatMul_12', 'fc[12]', 'a(b', '[', '{x}', '+y', 'w:0', 'a\\b']) {
      assert.equal(matches(name, name), true, name)
    }
  })

  it('takes a dot for a dot', () => {
    assert.equal(matches('fc.0.*', 'fcx0x1'), false)
  })
})

describe('parseGlob', () => {
  it('refuses nothing but the empty text', () => {
    assert.equal(parseGlob('conv*', '--include'), 'conv*')
    assert.throws(
      () => parseGlob('', '--include'),
      (error) => error instanceof UsageError && error.message === '--include is empty; it must be a name or a glob.',
    )
  })
})

describe('refuseUnmatched', () => {
  const names = [
    ['conv1.weight', 'Conv_0'],
    ['features.4.weight', 'Conv_1'],
    ['fc.weight', ''],
  ]

  it('lets through what matches a name of any weight', () => {
    refuseUnmatched(['conv*', '*.4.*', 'fc.weight', 'Conv_1'], names, '--include')
    refuseUnmatched([], [], '--include')
  })

  it('suggests the nearest name', () => {
    assert.equal(suggestions('fc.wieght', names)[0], 'Did you mean "fc.weight"?')
    assert.equal(suggestions('CONV1.WEIGHT', names)[0], 'Did you mean "conv1.weight"?')
  })

  it('suggests a glob when only a part of a name is near', () => {
    assert.equal(suggestions('*featurs*', names)[0], 'Did you mean "*features*"?')
  })

  it('lists the names, without those of nodes that have none', () => {
    assert.deepEqual(suggestions('qkv', names), [
      'The names are: conv1.weight, Conv_0, features.4.weight, Conv_1, fc.weight.',
    ])
  })

  it('finds the nearest among more names than it lists', () => {
    const many = Array.from({ length: 60 }, (_, i) => [`block${i}.mlp.weight`])
    many.push(['head.weight'])
    const [near, listed] = suggestions('haed.weight', many)
    assert.equal(near, 'Did you mean "head.weight"?')
    assert.match(listed ?? '', /^The names are: block0\.mlp\.weight, .*, block19\.mlp\.weight and 41 more\.$/)
  })

  it('says so when there are no names', () => {
    assert.deepEqual(suggestions('x', [['']]), ['The model has no weights with names.'])
  })
})
