import assert from 'node:assert/strict'
import { float32, outputOf, sketch } from '../../fixtures/sketch.js'
import { printModel } from '../../src/ir/print.js'
import { tensorType } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { rewritten, temporaryFolder } from '../passes/models.js'

/** neg = Neg(half), which nothing reads; y = x + w; z = w. */
function build() {
  const s = sketch('computed')
  const x = s.input('x', [3])
  const half = s.constant('half', float32([3], [1, 2, 3]))
  const w = s.constant('w', float32([3], [-1, -2, -3]))
  const neg = s.node('Neg', 'neg', [half])
  s.output('y', s.node('Add', 'add', [x, w]), null)
  const z = s.output('z', w, null)
  return { s, model: s.model, x, half, w, neg, z }
}

describe('The verb compute', () => {
  const pathIn = temporaryFolder()

  it('lets a node make what an initializer held, under the same name and with the same uses', async () => {
    const { model, w, neg } = build()
    const [uses, { producer }, { version }] = [[...w.uses], neg, model]

    model.compute(w, neg)

    verify(model, 'compute')
    assert.deepEqual([w.constant, w.name, [...w.uses]], [null, 'w', uses])
    assert.ok(producer !== null && w.producer === producer)
    assert.deepEqual(producer.outputs, [w])
    assert.ok(!model.main.initializers.has(w))
    assert.ok(model.version > version)
    model.addConstant(model.main, neg.name, float32([1], [0])) // the name is free again
    await rewritten(model, pathIn('computed.onnx'))
  })

  it('is the reverse of freeze', () => {
    const { model, w, neg } = build()
    const before = printModel(model)

    model.compute(w, neg)
    model.freeze(w, float32([3], [-1, -2, -3]))

    verify(model, 'freeze')
    assert.equal(printModel(model), before.replace(/^.*Neg.*\n/m, ''))
  })

  it('keeps what was declared, and is written and read with it', async () => {
    const { model, w, neg, z } = build()
    model.removeOutput(z) // or w would take its name
    model.declare(w, tensorType('float32', [3]), { tensorExtra: { docString: 'of the tensor' } })

    model.compute(w, neg)

    assert.deepEqual(w.extra, {})
    const read = await rewritten(model, pathIn('declared.onnx'))
    const again = read.main.definitions.get('w')
    assert.deepEqual([again?.declared, again?.producer?.op], [tensorType('float32', [3]), 'Neg'])
  })

  it('leaves notes of a tensor behind that was read from a file', async () => {
    const { model } = readModel('fixtures/generated/metadata.onnx').model.clone()
    const [w] = model.main.initializers
    assert.ok(w?.constant)
    const [first] = model.main.nodes
    const copy = model.addConstant(model.main, 'copy', w.constant)
    const made = model.addNode(model.main, { op: 'Identity', inputs: [copy], outputs: ['made'] }, first ?? null)

    model.compute(w, outputOf(made))

    verify(model, 'compute')
    const read = await rewritten(model, pathIn('metadata.onnx'))
    assert.equal(read.main.definitions.get(w.name)?.producer?.op, 'Identity')
  })

  it('refuses what is no free output of a node of that graph, and changes nothing', () => {
    const { s, model, x, half, w, neg } = build()
    const input = model.addInput(model.main, 'default', null)
    model.setDefault(input, float32([3], [0, 0, 0]))
    const self = s.node('Abs', 'self', [w])
    const choice = s.nodeOf('If', 'choice', [s.input('flag', [], 'bool')], ['chosen'])
    s.body(choice, 'then_branch', (b) => b.output('then', b.node('Abs', 'inner', [w]), null))
    s.body(choice, 'else_branch', (b) => b.output('else', b.node('Neg', 'other', [x]), null))
    const inner = [...choice.graphs()][0]?.outputs[0]?.value
    const gone = s.nodeOf('Neg', 'gone', [half], ['g'])
    const removed = outputOf(gone)
    model.removeNode(gone)
    assert.ok(inner)
    const before = [printModel(model), model.version]

    assert.throws(() => model.compute(w, half), /"half" is made by no node of that graph/)
    assert.throws(() => model.compute(w, inner), /is made by no node of that graph/)
    assert.throws(() => model.compute(w, outputOf(addOf(model.main.nodes))), /is read already/)
    assert.throws(() => model.compute(w, removed), /not in its graph any more/)
    assert.throws(() => model.compute(w, self), /"self" would read its own output "w"/)
    assert.throws(() => model.compute(w, outputOf(choice)), /"choice" would read its own output "w"/)
    assert.throws(() => model.compute(input, neg), /"default" is an input/)
    assert.throws(() => model.compute(self, neg), /is no initializer/)

    assert.deepEqual([printModel(model), model.version], before)
    verify(model, 'refusing')
  })
})

function addOf(nodes: ReturnType<typeof build>['model']['main']['nodes']) {
  const add = [...nodes].find((node) => node.op === 'Add')
  assert.ok(add)
  return add
}
