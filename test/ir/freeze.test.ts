import assert from 'node:assert/strict'
import { float32, outputOf, sketch } from '../../fixtures/sketch.js'
import { tensorType } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { rewritten, temporaryFolder } from '../passes/models.js'

describe('The verb freeze', () => {
  const pathIn = temporaryFolder()

  it('makes an initializer of what a node computes, under the same name and with the same uses', () => {
    const s = sketch('frozen')
    const x = s.input('x', [3])
    const neg = s.node('Neg', 'neg', [s.weight('w', [3], 3)])
    s.model.declare(neg, tensorType('float32', [3]))
    s.output('y', s.node('Add', 'add', [x, neg]), null)

    s.model.freeze(neg, float32([3], [1, 2, 3]))

    verify(s.model, 'freeze')
    assert.deepEqual(
      [...s.model.main.nodes].map((node) => node.op),
      ['Add'],
    )
    assert.ok(s.model.main.initializers.has(neg))
    assert.deepEqual([neg.producer, neg.declared, neg.name], [null, null, 'neg.out'])
  })

  it('leaves no entry in the file that says the type once more', async () => {
    const { model } = readModel('fixtures/generated/metadata.onnx').model.clone()
    const [product] = model.main.nodes
    assert.ok(product)
    const was = encodeToBytes(model).byteLength
    const value = outputOf(product)
    assert.ok(value.declared)

    model.freeze(value, float32([1, 3], [1, 2, 3]))

    const read = await rewritten(model, pathIn('frozen.onnx'))
    assert.deepEqual(read.main.extra.valueInfoOrder, [])
    assert.equal(read.main.initializers.size, 2)
    assert.ok(encodeToBytes(model).byteLength < was)
  })

  it('leaves a node that computes something else, without that output', () => {
    const s = sketch('frozen')
    const split = s.nodeOf('Split', 'split', [s.input('x', [4])], ['a', 'b'])
    s.output('y', s.node('Add', 'add', [outputOf(split, 0), outputOf(split, 1)]), null)
    const a = outputOf(split, 0)

    s.model.freeze(a, float32([2], [1, 2]))

    verify(s.model, 'freeze')
    assert.deepEqual(
      split.outputs.map((value) => value?.name ?? ''),
      ['', 'b'],
    )
  })

  it('refuses an input, and a value of a node that was removed', () => {
    const s = sketch('frozen')
    const x = s.input('x', [3])
    const neg = s.nodeOf('Neg', 'neg', [x], ['n'])
    const n = outputOf(neg)
    assert.throws(() => s.model.freeze(x, float32([3], [1, 2, 3])), /"x" is made by no node/)
    s.model.removeNode(neg)
    assert.throws(() => s.model.freeze(n, float32([3], [1, 2, 3])), /not in its graph any more/)
  })
})

describe('The verbs dropOutput, removeFunction and annotate', () => {
  it('leave out an output that nothing reads, and refuse one that is read', () => {
    const s = sketch('outputs')
    const lstm = s.nodeOf('TopK', 'top', [s.input('x', [4])], ['values', 'indices', 'more'])
    s.output('y', outputOf(lstm, 1), null)

    assert.throws(() => s.model.dropOutput(lstm, 1), /it is still used/)
    assert.throws(() => s.model.dropOutput(lstm, 3), /has no output 3/)
    s.model.dropOutput(lstm, 2)
    s.model.dropOutput(lstm, 0)

    verify(s.model, 'dropOutput')
    assert.deepEqual(
      lstm.outputs.map((value) => value?.name ?? ''),
      ['', 'indices'],
    )
    // The names are free again.
    s.node('Neg', 'values', [outputOf(lstm, 1)], {})
    s.model.addInput(s.graph, 'more', null)
  })

  it('take a function away, and leave those of a copy alone', () => {
    const s = sketch('functions')
    s.model.addFunction({ domain: 'local', name: 'f', overload: '', opsets: new Map(), extra: {} })
    const { model } = s.model.clone()
    const { version } = model

    model.removeFunction('local:f:')

    assert.equal(model.functions.size, 0)
    assert.ok(model.version > version)
    assert.equal(s.model.functions.size, 1)
    assert.throws(() => model.removeFunction('local:f:'), /has no function "local:f:"/)
  })

  it('change the notes of a node and of a graph, and not those of a copy', () => {
    const s = sketch('notes')
    const node = s.nodeOf('Neg', 'neg', [s.input('x', [4])], ['y'], {}, { extra: { docString: 'old' } })
    const copy = s.model.clone()

    s.model.annotate(node, {})
    s.model.annotate(s.graph, { docString: 'new' })

    assert.deepEqual([node.extra, s.graph.extra], [{}, { docString: 'new' }])
    assert.deepEqual(copy.of(node).extra, { docString: 'old' })
    assert.deepEqual(copy.model.main.extra, {})
  })
})
