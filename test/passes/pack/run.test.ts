import assert from 'node:assert/strict'
import { sketch } from '../../../fixtures/sketch.js'
import { NothingToDoError } from '../../../src/errors.js'
import type { Model } from '../../../src/ir/graph.js'
import { pack } from '../../../src/passes/pack/index.js'
import { type Raw, runPass } from '../models.js'
import { float32, normal } from './tensors.js'

const numbers = (seed: number) => normal(10_000, seed)

/** x through two layers; the weights are of these numbers. */
function layers(first: Float32Array, second: Float32Array): Model {
  const s = sketch('layers', 13)
  const one = s.node('MatMul', 'fc1', [s.input('x', ['N', 100]), s.constant('one', float32([100, 100], first))])
  s.output('y', s.node('MatMul', 'fc2', [one, s.constant('two', float32([100, 100], second))]), null)
  return s.model
}

function withNaN(seed: number): Float32Array {
  return numbers(seed).fill(Number.NaN, 5, 6)
}

async function refusal(model: Model, raw: Raw): Promise<NothingToDoError> {
  const error = await runPass(pack, model, raw).then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof NothingToDoError, String(error))
  return error
}

describe('Pack: what it cannot do', () => {
  it('says that a weight has NaN, where others are packed', async () => {
    const { packing, skipped } = await runPass(pack, layers(withNaN(1), numbers(2)), {})
    assert.deepEqual(
      packing?.weights.map(({ value }) => value.name),
      ['two'],
    )
    const why = 'float32[100,100]: it has NaN or Inf, and nothing that keeps every bit takes less'
    assert.deepEqual(skipped, [{ target: 'one', why }])
  })

  it('says so where nothing else is there', async () => {
    const { message, suggestions } = await refusal(layers(withNaN(1), withNaN(2)), {})
    assert.match(message, /^No weight takes less room in another way/)
    assert.match(suggestions[1] ?? '', /^"one": float32\[100,100\]: it has NaN or Inf/)
  })

  it('gives the reason, and no advice to lose more, where the only weight comes from outside', async () => {
    const s = sketch('fed', 13)
    const fed = s.node('Conv', 'conv', [s.input('x', [1, 3, 8, 8]), s.input('w', [4, 3, 3, 3])])
    s.output('y', fed, null)
    const { message, suggestions } = await refusal(s.model, {})
    assert.match(message, /^There is no constant that could be stored in another way/)
    assert.match(suggestions[0] ?? '', /^"conv": its weight is not constant: "w" is an input of the model\.$/)
    assert.doesNotMatch(suggestions.join(), /--bits|prune/)
  })

  it('says what takes less where a model is packed already', async () => {
    const model = layers(numbers(1), numbers(2))
    await runPass(pack, model, { bits: '4' })
    const { message, suggestions } = await refusal(model, { bits: '4' })
    assert.match(message, /^The model is packed already: no weight takes less room in another way \(4 bits\)/)
    assert.match(suggestions[0] ?? '', /--bits 3/)
  })
})
