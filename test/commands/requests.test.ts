import assert from 'node:assert/strict'
import { dimsOf, engineOf, evaluationOf } from '../../src/commands/requests.js'
import { UsageError } from '../../src/errors.js'

describe('Flags as requests', () => {
  it('dimensions are names with whole numbers; names may hold an equals sign', () => {
    assert.deepEqual(dimsOf(['batch=8', 'input.2=640', 'a=b=3']), { batch: 8, 'input.2': 640, 'a=b': 3 })
    assert.deepEqual(dimsOf(), {})
    for (const wrong of ['batch', '=8', 'batch=', 'batch=0', 'batch=-1', 'batch=1.5', 'batch=x']) {
      assert.throws(
        () => dimsOf([wrong]),
        (error) => error instanceof UsageError && error.message.includes(`"${wrong}"`),
      )
    }
  })

  it('what is not given is null', () => {
    assert.deepEqual(engineOf({ seed: 3 }), { dims: {}, seed: 3, provider: null, threads: null })
    assert.equal(evaluationOf(undefined, {}, new Set()), null)
    assert.deepEqual(evaluationOf('x.npz', {}, new Set()), {
      data: 'x.npz',
      metrics: [],
      batchSize: null,
      limit: null,
      binds: {},
      label: null,
    })
  })

  it('how to use data makes no sense without data, when it stands on the command line', () => {
    for (const name of ['metric', 'limit', 'batch-size', 'bind', 'label']) {
      assert.throws(() => evaluationOf(undefined, {}, new Set([name])), new RegExp(`--${name} says how to use data`))
    }
    assert.equal(evaluationOf(undefined, { limit: 5 }, new Set(['json'])), null)
  })

  it('fields are bound by pairs', () => {
    const { binds } = evaluationOf('x.npz', { bind: ['image=x', 'mask=m'] }, new Set()) ?? {}

    assert.deepEqual(binds, { image: 'x', mask: 'm' })
    assert.throws(
      () => evaluationOf('x.npz', { bind: ['image'] }, new Set()),
      /--bind is "image"; it must be INPUT=FIELD/,
    )
  })
})
