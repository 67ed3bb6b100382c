import assert from 'node:assert/strict'
import { outputOf, type Sketch, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import { argumentOf, bound, calledBy, sites } from '../../src/ir/calls.js'
import type { FunctionBody } from '../../src/ir/graph.js'

function functionIn(s: Sketch, name: string, calls?: string): FunctionBody {
  const f = s.model.addFunction({ domain: 'local', name, overload: '', opsets: new Map([['', 17]]), extra: {} })
  const x = s.model.addInput(f.graph, `${name}.x`, null)
  const domain = calls === undefined ? '' : 'local'
  const node = { op: calls ?? 'Relu', domain, name: `${name}.inner`, inputs: [x], outputs: [`${name}.y`] }
  s.model.addOutput(f.graph, outputOf(s.model.addNode(f.graph, node)))
  return f
}

const local = { domain: 'local' }

describe('sites', () => {
  it('are all nodes in the order of the graph, those of functions once for each call', () => {
    const s = sketch('calls', 17, { local: 1 })
    functionIn(s, 'Inner')
    functionIn(s, 'Outer', 'Inner')
    functionIn(s, 'Unused')
    const x = s.input('x', [1])
    const first = s.node('Outer', 'first', [x], {}, local)
    const choice = s.nodeOf('If', 'choice', [s.input('c', [], 'bool')], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.node('Inner', 'in body', [first], {}, local), null))
    s.node('Abs', 'last', [outputOf(choice)])

    const found = [...sites(s.model)].map(({ node, call }) => `${node.name}${call ? ` <- ${call.node.name}` : ''}`)

    assert.deepEqual(found, [
      'first',
      'Outer.inner <- first',
      'Inner.inner <- Outer.inner',
      'choice',
      'in body',
      'Inner.inner <- in body',
      'last',
    ])
  })

  it('end at a recursion', () => {
    const s = sketch('recursion', 17, { local: 1 })
    functionIn(s, 'Again', 'Again')
    s.node('Again', 'start', [s.input('x', [1])], {}, local)

    assert.deepEqual(
      [...sites(s.model)].map(({ node }) => node.name),
      ['start', 'Again.inner'],
    )
  })

  it('give each call a path of its own, the same every time', () => {
    const s = sketch('paths', 17, { local: 1 })
    functionIn(s, 'Inner')
    functionIn(s, 'Outer', 'Inner')
    const x = s.input('x', [1])
    s.node('Outer', 'one', [x], {}, local)
    s.node('Outer', 'two', [x], {}, local)

    const paths = () => [...sites(s.model)].flatMap(({ node, call }) => (node.op === 'Relu' ? [call?.path] : []))

    assert.equal(new Set(paths()).size, 2)
    assert.deepEqual(paths(), paths())
  })
})

describe('calls', () => {
  it('know the function behind a node, which hides an operator of its name', () => {
    const s = sketch('hidden')
    const f = s.model.addFunction({ domain: '', name: 'Relu', overload: '', opsets: new Map(), extra: {} })
    const node = s.nodeOf('Relu', 'relu', [s.input('x', [1])], ['y'])

    assert.equal(calledBy(s.model, node), f)
    assert.equal(calledBy(s.model, s.nodeOf('Abs', 'abs', [], ['z'])), undefined)
  })

  it('lead from a function input to the argument, and from one that is left out to null', () => {
    const s = sketch('argument', 17, { local: 1 })
    const f = functionIn(s, 'F')
    const more = s.model.addInput(f.graph, 'more', null)
    const x = s.input('x', [1])
    s.node('F', 'call', [x], {}, local)
    const call = [...sites(s.model)].find((site) => site.call !== null)?.call ?? null

    assert.deepEqual(argumentOf(f.graph.inputs[0] ?? more, call), { value: x, call: null })
    assert.deepEqual(argumentOf(more, call), { value: null, call: null })
    assert.equal(argumentOf(x, call), null)
    assert.equal(argumentOf(more, null), null)
  })

  it('give a node the attributes of the call, or the defaults of the function', () => {
    const s = sketch('bound', 17, { local: 1 })
    const opsets = new Map([['', 17]])
    const defaults = new Map([['size', attr.int(3)]])
    const f = s.model.addFunction({ domain: 'local', name: 'F', overload: '', opsets, defaults, extra: {} })
    const ref = (value: string) => ({ kind: 'ref', value }) as const
    const attrs = { a: ref('given'), b: ref('size'), c: ref('missing'), d: attr.int(9) }
    s.model.addNode(f.graph, { op: 'Anything', inputs: [], outputs: ['y'], attrs })
    s.node('F', 'call', [], { given: 5 }, local)
    const site = [...sites(s.model)].find(({ node }) => node.op === 'Anything')
    assert.ok(site)

    const node = bound(site.node, site.call)

    assert.deepEqual([...node.attrs.keys()], ['a', 'b', 'd'])
    assert.deepEqual([node.int('a', 0), node.int('b', 0), node.int('d', 0)], [5, 3, 9])
    assert.equal(node.id, site.node.id)
    assert.equal(bound(site.node, null), site.node)
  })
})
