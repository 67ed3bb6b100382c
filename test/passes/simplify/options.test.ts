import assert from 'node:assert/strict'
import { NothingToDoError, UsageError } from '../../../src/errors.js'
import { readModel } from '../../../src/onnx/read.js'
import { simplify } from '../../../src/passes/simplify/index.js'
import { makeStep } from '../../../src/recipe/recipe.js'
import { runPass } from '../models.js'

const modelOf = (name: string) => readModel(`fixtures/generated/${name}.onnx`).model.clone().model

describe('The pass simplify, its options', () => {
  it('leaves out the rules that are skipped', async () => {
    const all = await runPass(simplify, modelOf('conv-depthwise'))
    const some = await runPass(simplify, modelOf('conv-depthwise'), { skip: ['notes', 'constants'] })
    assert.deepEqual(some.changed, all.changed)
    const skip = [...new Set(all.changed.map(({ what }) => what))]
    assert.ok(skip.some((what) => what.includes('folded into')))
    await assert.rejects(runPass(simplify, modelOf('conv-depthwise'), { skip: ['fold-scales'] }), NothingToDoError)
  })

  it('names the rules where one is mistyped', () => {
    assert.throws(
      () => makeStep(simplify, { skip: ['fold-scale'] }, (option) => `--${option}`),
      (error) =>
        error instanceof UsageError &&
        /--skip is "fold-scale"; it must be the name of a rule\./.test(error.message) &&
        /Did you mean "fold-scales"\?/.test(error.suggestions.join()),
    )
  })

  it('tells progress that only grows, to the end', async () => {
    const heard: number[] = []
    await runPass(simplify, modelOf('attention'), {}, { onProgress: (done) => heard.push(done) })
    assert.deepEqual(
      heard,
      heard.toSorted((a, b) => a - b),
    )
    assert.equal(heard.at(-1), 1)
  })

  it('says how many nodes there were and are', async () => {
    const { notes } = await runPass(simplify, modelOf('weight-behind'))
    assert.deepEqual(notes, ['The graph has 5 nodes instead of 10; its outputs are equal but for rounding.'])
  })

  it('names ops that ONNX Runtime does not know, and simplifies around them', async () => {
    const model = modelOf('custom-op')
    const [odd] = [...model.main.nodes].filter((node) => node.domain !== '')
    assert.ok(odd)
    const [x] = odd.inputs
    assert.ok(x)
    const copy = model.addNode(model.main, { op: 'Identity', inputs: [x], outputs: ['copy'] }, odd)
    model.setInput(odd, 0, copy.outputs[0] ?? null)
    const { changed, skipped } = await runPass(simplify, model)
    assert.ok(changed.some(({ what }) => what === 'Identity removed'))
    assert.deepEqual(skipped, [{ target: odd.label, why: `${odd.type} is unknown to ONNX Runtime: left as it is` }])
  })
})
