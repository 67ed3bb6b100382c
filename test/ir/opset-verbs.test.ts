import assert from 'node:assert/strict'
import { float32, outputOf, sketch } from '../../fixtures/sketch.js'
import { verify } from '../../src/ir/verify.js'

function concat() {
  const s = sketch('concat')
  const [a, b] = [s.input('a', [2]), s.input('b', [2])]
  const node = s.nodeOf('Concat', 'concat', [a, b], ['y'], { axis: 0 })
  s.output('y', outputOf(node), null)
  return { s, model: s.model, a, b, node }
}

describe('A node that is written in another way', () => {
  it('keeps its identity, its attributes and its outputs under another op', () => {
    const { model, node } = concat()
    const { version } = model

    model.setOp(node, 'Sum')

    assert.deepEqual([node.op, node.label, node.int('axis', 9)], ['Sum', 'concat', 0])
    assert.equal(model.main.outputs[0]?.value.producer, node)
    assert.ok(model.version > version)
  })

  it('reads the values that it is given, and no others', () => {
    const { model, node, a, b } = concat()

    model.setInputs(node, [b])
    verify(model, 'setInputs')
    assert.deepEqual([node.inputs, a.uses.size, b.uses.size], [[b], 0, 1])

    model.setInputs(node, [...node.inputs, null, ...node.inputs])
    verify(model, 'setInputs')
    assert.deepEqual([node.inputs, b.uses.size], [[b, null, b], 2])
  })

  it('does not read its own output, nor changes when it is asked to', () => {
    const { model, node, a, b } = concat()

    assert.throws(() => model.setInputs(node, [a, outputOf(node)]), /would read its own output "y"/)
    assert.deepEqual(node.inputs, [a, b])
  })
})

describe('An input with a default', () => {
  it('becomes an initializer that nobody feeds', () => {
    const { model, a, b } = concat()
    model.setDefault(b, float32([2], [1, 2]))

    model.fixInput(b)
    verify(model, 'fixInput')

    assert.deepEqual(model.main.inputs, [a])
    assert.deepEqual([...model.main.initializers], [b])
    assert.throws(() => model.fixInput(a), /"a" has no default/)
    assert.throws(() => model.fixInput(b), /"b" has no default/)
  })
})

describe('The versions of a model', () => {
  it('are those that are set, for a function without a change to its copies', () => {
    const { model } = concat()
    const f = model.addFunction({ domain: 'd', name: 'F', overload: '', opsets: new Map([['', 17]]), extra: {} })
    const { model: copy } = model.clone()

    model.setOpset('', 21)
    model.setOpset('', 18, f)

    assert.deepEqual([model.opset, f.opsets.get('')], [21, 18])
    assert.deepEqual([copy.opset, [...copy.functions.values()][0]?.opsets.get('')], [17, 17])
  })

  it('of the format only rise', () => {
    const { model } = concat()

    model.raiseIrVersion(10)
    model.raiseIrVersion(4)

    assert.equal(model.irVersion, 10)
  })
})
