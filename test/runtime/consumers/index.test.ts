import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { UsageError } from '../../../src/errors.js'
import { consumers, parseTargets } from '../../../src/runtime/consumers/index.js'

const parsed = (...texts: string[]) => parseTargets(texts).map(({ consumer, level }) => `${consumer.package} ${level}`)

function refused(text: string, message: RegExp, suggestion: string): void {
  assert.throws(
    () => parseTargets([text]),
    (error: unknown) => {
      assert.ok(error instanceof UsageError)
      assert.match(error.message, message)
      assert.ok(error.suggestions.includes(suggestion), error.suggestions.join(' '))
      return true
    },
  )
}

describe('parseTargets', () => {
  it('takes names, with a level where another than all is meant', () => {
    assert.deepEqual(parsed('node'), ['onnxruntime-node all'])
    assert.deepEqual(parsed('node:disabled', 'web:basic'), ['onnxruntime-node disabled', 'onnxruntime-web basic'])
  })

  it('takes several with commas in between, each once', () => {
    assert.deepEqual(parsed('node,web', ' node , node:basic'), [
      'onnxruntime-node all',
      'onnxruntime-web all',
      'onnxruntime-node basic',
    ])
  })

  it('refuses what there is not, and says what there is', () => {
    refused('nod', /^There is no target "nod"\.$/, 'Did you mean "node"?')
    refused('python', /"python"/, 'The targets are: node, web.')
    refused('', /There is no target ""/, 'The targets are: node, web.')
    refused('node:basci', /^Target "node:basci": there is no level "basci"\.$/, 'Did you mean "basic"?')
    refused('web:all:more', /level "all:more"/, 'The levels of graph optimization are: disabled, basic, extended, all.')
  })
})

describe('consumers', () => {
  it('are all in the table', () => {
    const machinery = new Set(['consumer.ts', 'index.ts', 'profile.ts'])
    const members = readdirSync('src/runtime/consumers').filter((file) => !machinery.has(file))
    assert.deepEqual(members, consumers.map(({ name }) => `${name}.ts`).sort())
  })

  for (const consumer of consumers) {
    it(`${consumer.name} tells its version without being loaded`, () => {
      assert.match(consumer.version(), /^1\.\d+\.\d+/)
    })
  }
})
