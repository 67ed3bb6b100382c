import assert from 'node:assert/strict'
import { outputOf, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import type { Graph, Model, Node, Value } from '../../src/ir/graph.js'
import { printModel } from '../../src/ir/print.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'

const scalar = (value: number) => new MemoryTensor('uint8', [], Uint8Array.of(value))

/** x -> first -> second -> y, and an If whose branches read `first` from outside. */
function build() {
  const s = sketch('test')
  const x = s.input('x', ['N'])
  const flag = s.input('flag', [], 'bool')
  const w = s.constant('w', scalar(1))
  const first = outputOf(s.nodeOf('Add', 'first', [x, w], ['h']))
  const second = outputOf(s.nodeOf('Relu', 'second', [first], ['y']))
  const choice = s.nodeOf('If', 'choice', [flag], ['z'])
  for (const [i, branch] of ['then_branch', 'else_branch'].entries()) {
    s.body(choice, branch, (b) => b.output(`${branch}.out`, b.node(i === 0 ? 'Neg' : 'Abs', branch, [first]), null))
  }
  s.output('y', second, tensorType('float32', ['N']))
  s.output('z', outputOf(choice), null)
  verify(s.model, 'build')
  return { model: s.model, main: s.graph, x, flag, w, first, second, choice }
}

function producer(value: Value): Node {
  assert.ok(value.producer)
  return value.producer
}

function bodies(node: Node): Graph[] {
  return [...node.graphs()]
}

/** A refused edit leaves everything as it was, the version too. */
function assertRefused(model: Model, edit: () => void, message: RegExp): void {
  const [before, version] = [printModel(model), model.version]
  assert.throws(edit, message)
  assert.equal(printModel(model), before)
  assert.equal(model.version, version)
  verify(model, 'a refused edit')
}

describe('Model: adding', () => {
  it('puts a node where it is told, at the end without it', () => {
    const { model, main, x, second } = build()
    model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['early'] }, producer(second))
    model.addNode(main, { op: 'Neg', inputs: [second, null], outputs: ['', 'late'] })
    assert.deepEqual(
      [...main.nodes].map((n) => n.op),
      ['Add', 'Neg', 'Relu', 'If', 'Neg'],
    )
    verify(model, 'adding')
  })

  it('gives every node and value an id of its own and raises the version', () => {
    const { model, main, x } = build()
    const before = model.version
    const node = model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['n'] })
    const ids = [...main.nodes].flatMap((n) => [n.id, ...n.outputs.map((v) => v?.id)])
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(model.version > before)
    assert.deepEqual([...x.uses].at(-1), { node, index: 0 })
  })

  it('refuses a name that the graph has, and takes it again once it is free', () => {
    const { model, main, x, w } = build()
    const twice = /defines "h" already/
    assertRefused(model, () => model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['h'] }), twice)
    assertRefused(model, () => model.addConstant(main, 'h', scalar(1)), twice)
    assertRefused(model, () => model.addInput(main, 'h', null), twice)
    assertRefused(
      model,
      () => model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['a', 'a'] }),
      /two outputs of one name/,
    )
    const spare = model.addNode(main, { op: 'Neg', inputs: [w], outputs: ['spare'] })
    model.removeNode(spare)
    model.addConstant(main, 'spare', scalar(2))
    verify(model, 'adding again')
  })

  it('refuses what the graph does not see', () => {
    const { model, main, choice, second } = build()
    const other = build()
    const [then, otherwise] = bodies(choice)
    assert.ok(then && otherwise)
    const [inner] = then.outputs
    assert.ok(inner)
    const neg = (graph: Graph, value: Value) => () =>
      model.addNode(graph, { op: 'Neg', inputs: [value], outputs: ['n'] })
    assertRefused(model, neg(main, inner.value), /does not see/)
    assertRefused(model, neg(otherwise, inner.value), /does not see/)
    assertRefused(model, neg(main, other.model.addInput(other.main, 'foreign', null)), /does not see "foreign"/)
    const removed = model.addNode(main, { op: 'Neg', inputs: [second], outputs: ['r'] })
    model.removeNode(removed)
    assertRefused(model, neg(main, outputOf(removed)), /"r" was removed/)
    assertRefused(model, () => model.addOutput(main, inner.value), /does not see/)
  })

  it('refuses a place in another graph, and bodies that come without their node', () => {
    const { model, main, choice, x } = build()
    const [then] = bodies(choice)
    assert.ok(then)
    const [inside] = then.nodes
    assert.ok(inside)
    assertRefused(
      model,
      () => model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['n'] }, inside),
      /not in this graph/,
    )
    const attrs = { then_branch: attr.graph(then) }
    assertRefused(model, () => model.addNode(main, { op: 'If', inputs: [], outputs: [], attrs }), /setAttr/)
  })

  it('refuses a value whose name a graph between gives to something else', () => {
    const { model, main, choice, x } = build()
    const [then] = bodies(choice)
    assert.ok(then)
    model.addConstant(then, 'x', scalar(3))
    const edit = () => model.addNode(then, { op: 'Neg', inputs: [x], outputs: ['n'] })
    assertRefused(model, edit, /has a "x" of its own/)
    model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['n'] })
    verify(model, 'adding')
  })

  it('refuses outputs whose name is that of an input or of another output', () => {
    const { model, main, x, first } = build()
    assertRefused(model, () => model.addOutput(main, first, { name: 'x' }), /Output "x" is the input of that name/)
    assertRefused(model, () => model.addOutput(main, first, { name: 'y' }), /has an output "y" already/)
    model.addOutput(main, first, { name: 'free' })
    assertRefused(model, () => model.addInput(main, 'free', null), /"free" is an output of the model/)
    model.addOutput(main, x)
    model.addOutput(main, x)
    verify(model, 'adding outputs')
  })

  it('refuses a second function of the same domain, name and overload', () => {
    const { model } = build()
    const f = { domain: 'd', name: 'f', overload: '', opsets: new Map<string, number>(), extra: {} }
    model.addFunction(f)
    model.addFunction({ ...f, overload: 'other' })
    assertRefused(model, () => model.addFunction(f), /has a function "d:f:" already/)
    assert.equal(model.functions.size, 2)
  })
})

describe('Model: removing', () => {
  it('takes a node out with everything that its bodies read', () => {
    const { model, main, choice, first } = build()
    const extra = model.addNode(main, { op: 'Neg', inputs: [first], outputs: ['instead'] })
    model.replaceUses(outputOf(choice), outputOf(extra))
    model.removeNode(choice)
    assert.equal(first.uses.size, 2)
    assert.deepEqual(choice.inputs, [null])
    verify(model, 'removing')
  })

  it('refuses a node whose output is read, by an output too, and one that is gone', () => {
    const { model, main, x, first, second } = build()
    assertRefused(model, () => model.removeNode(producer(first)), /"h" is still used/)
    assertRefused(model, () => model.removeNode(producer(second)), /"y" is still used/)
    const node = model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['n'] })
    model.removeNode(node)
    assertRefused(model, () => model.removeNode(node), /not in its graph any more/)
    assertRefused(model, () => model.setInput(node, 0, x), /not in its graph any more/)
  })

  it('takes an unused initializer out, and leaves an input without its default', () => {
    const { model, main, x, w, first } = build()
    assertRefused(model, () => model.removeConstant(w), /still used/)
    model.setInput(producer(first), 1, x)
    model.removeConstant(w)
    assert.equal(main.initializers.size, 0)
    const p = model.addInput(main, 'p', null)
    model.setDefault(p, scalar(4))
    verify(model, 'a default')
    model.removeConstant(p)
    assert.deepEqual([p.constant, main.inputs.includes(p), main.initializers.size], [null, true, 0])
    assertRefused(model, () => model.removeConstant(p), /"p" is no initializer/)
    verify(model, 'removing')
  })

  it('goes on with an iteration whatever is removed meanwhile', () => {
    const s = sketch('chain')
    let value = s.input('x', [1])
    for (let i = 0; i < 6; i++) value = s.node('Neg', `n${i}`, [value])
    const nodes = [...s.graph.nodes]
    const seen: string[] = []
    for (const node of s.graph.nodes) {
      seen.push(node.name)
      // The node itself, the next and the one after that: from the end, as outputs must be unused.
      if (node === nodes[1])
        for (const gone of nodes.slice(1).reverse()) if (gone !== nodes[5]) removeBypassing(s.model, gone)
    }
    assert.deepEqual(seen, ['n0', 'n1', 'n5'])
    assert.deepEqual(
      [...s.graph.nodes].map((n) => n.name),
      ['n0', 'n5'],
    )
    verify(s.model, 'removing')
  })
})

function removeBypassing(model: Model, node: Node): void {
  const [input] = node.inputs
  assert.ok(input)
  model.replaceUses(outputOf(node), input)
  model.removeNode(node)
}

describe('Model: changing', () => {
  it('lets all readers read another value, in bodies and outputs too; outputs keep their names', () => {
    const { model, main, first, choice } = build()
    const add = producer(first)
    const neg = model.addNode(main, { op: 'Neg', inputs: [first], outputs: ['neg'] }, [...main.nodes][1])
    model.replaceUses(first, outputOf(neg), { except: neg })
    model.addOutput(main, first, { name: 'kept' })
    assert.deepEqual([...first.uses].length, 2)
    assert.equal(outputOf(neg).uses.size, 3)
    assert.ok(bodies(choice).every((b) => [...b.nodes].every((n) => n.inputs[0] === outputOf(neg))))
    assert.equal(add.outputs[0], first)
    verify(model, 'replacing')
    const before = main.outputs.map((slot) => slot.name)
    model.replaceUses(first, outputOf(neg), { except: neg })
    assert.deepEqual(
      main.outputs.map((slot) => slot.name),
      before,
    )
    assert.equal(main.outputs.at(-1)?.value, outputOf(neg))
    verify(model, 'replacing')
  })

  it('does nothing when a value replaces itself', () => {
    const { model, first } = build()
    const version = model.version
    model.replaceUses(first, first)
    assert.equal(model.version, version)
  })

  it('refuses to let a node read its own output, directly or in a body', () => {
    const { model, first, second, choice } = build()
    const [then] = bodies(choice)
    const [inside] = then?.nodes ?? []
    assert.ok(inside)
    assertRefused(model, () => model.setInput(producer(first), 0, first), /would read its own output "h"/)
    assertRefused(model, () => model.setInput(inside, 0, outputOf(choice)), /would read its own output "z"/)
    assertRefused(model, () => model.replaceUses(first, second), /would read its own output "y"/)
    assertRefused(model, () => model.replaceUses(first, outputOf(choice)), /would read its own output "z"/)
  })

  it('refuses a replacement that one of the readers does not see, or that would take the name of an input', () => {
    const { model, main, x, first, choice } = build()
    const [inner] = bodies(choice)[0]?.outputs ?? []
    assert.ok(inner)
    assertRefused(model, () => model.replaceUses(first, inner.value), /does not see/)
    model.addOutput(main, x)
    const edit = () => model.replaceUses(x, first, { except: producer(first) })
    assertRefused(model, edit, /Output "x" is the input of that name/)
  })

  it('gives a node more inputs, leaving out what is between', () => {
    const { model, second, w } = build()
    const node = producer(second)
    model.setInput(node, 3, w)
    assert.deepEqual(node.inputs.slice(1), [null, null, w])
    assertRefused(model, () => model.setInput(node, -1, w), /has no input -1/)
    assertRefused(model, () => model.setInput(node, 0.5, w), /has no input 0.5/)
    model.setInput(node, 3, null)
    assert.equal(w.uses.size, 1)
    verify(model, 'more inputs')
  })

  it('lets a body go with what it reads when another takes its place', () => {
    const { model, choice, first } = build()
    const uses = first.uses.size
    const body = model.newBody(choice, 'new')
    model.addOutput(body, outputOf(model.addNode(body, { op: 'Ceil', inputs: [first], outputs: ['c'] })), { name: 'c' })
    model.setAttr(choice, 'then_branch', attr.graph(body))
    assert.equal(first.uses.size, uses)
    verify(model, 'another body')
    model.setAttr(choice, 'else_branch', null)
    assert.equal(first.uses.size, uses - 1)
    verify(model, 'no body')
  })

  it('refuses a body that belongs to another node', () => {
    const { model, main, choice, flag } = build()
    const other = model.addNode(main, { op: 'If', inputs: [flag], outputs: ['other'] })
    const [then] = bodies(choice)
    assert.ok(then)
    assertRefused(model, () => model.setAttr(other, 'then_branch', attr.graph(then)), /belongs to another node/)
  })

  it('gives constants another value, whatever they are, and their type follows', () => {
    const { model, main, x, w } = build()
    const attrs = { value_floats: attr.floats([1, 2]) }
    const node = model.addNode(main, { op: 'Constant', inputs: [], outputs: ['c'], attrs })
    model.declare(w, tensorType('uint8', []))
    const two = new MemoryTensor('int8', [2], Uint8Array.of(1, 2))
    model.setConstant(w, two)
    model.setConstant(outputOf(node), two)
    assert.equal(w.constant, two)
    assert.deepEqual(w.declared, tensorType('int8', [2]))
    assert.deepEqual([...node.attrs], [['value', { kind: 'tensor', value: two }]])
    assertRefused(model, () => model.setConstant(x, two), /"x" is no constant/)
  })

  it('refuses a default for what is no input', () => {
    const { model, first } = build()
    assertRefused(model, () => model.setDefault(first, scalar(1)), /"h" is no input/)
  })
})

describe('Model: clone', () => {
  it('is equal, keeps the ids, and shares no node, value or graph', () => {
    const { model, first, choice } = build()
    const f = model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map([['', 17]]), extra: {} })
    model.addOutput(f.graph, model.addInput(f.graph, 'in', null), { name: 'in' })

    const { model: copy, of } = model.clone()

    assert.equal(printModel(copy), printModel(model))
    verify(copy, 'clone')
    assert.notEqual(of(first), first)
    assert.deepEqual([of(first).id, of(choice).id], [first.id, choice.id])
    const inner = [...(bodies(of(choice))[0]?.nodes ?? [])]
    assert.equal(inner[0]?.inputs[0], of(first))
    assert.notEqual([...copy.functions.values()][0]?.graph, f.graph)
    const foreign = build().first
    assert.throws(() => of(foreign), /Not a part of the model/)
  })

  it('changes without its original, and its fresh names and ids clash with none', () => {
    const { model, main, x } = build()
    const before = printModel(model)
    const { model: copy, of } = model.clone()

    const name = copy.names.fresh('h')
    const node = copy.addNode(copy.main, { op: 'Neg', inputs: [of(x)], outputs: [name] })
    copy.replaceUses(of(x), outputOf(node), { except: node })
    copy.opsets.set('', 21)

    assert.equal(name, 'h_1')
    assert.equal(model.names.has('h_1'), false)
    assert.equal(printModel(model), before)
    assert.equal(
      [...main.nodes].some((n) => n.id === node.id),
      false,
    )
    verify(model, 'a change of its clone')
  })
})

describe('Model: size', () => {
  it('takes a value with 100,000 readers, and as many nodes in a row, without searching', () => {
    const s = sketch('big')
    const shared = s.constant('shared', scalar(1))
    let value = s.input('x', [])
    for (let i = 0; i < 100_000; i++) value = s.node('Add', `n${i}`, [value, shared])
    s.output('y', value, null)
    const start = performance.now()

    const { model, of } = s.model.clone()
    const other = model.addConstant(model.main, 'other', scalar(2))
    model.replaceUses(of(shared), other)
    for (const node of [...model.main.nodes].reverse()) {
      if (node.inputs[1] === other) model.setInput(node, 1, null)
    }
    verify(model, 'a big edit')

    // Linear work takes under a second; a search through all readers for each would take minutes.
    assert.equal(other.uses.size, 0)
    assert.ok(performance.now() - start < 15_000)
  })
})
