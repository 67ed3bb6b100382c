import assert from 'node:assert/strict'
import { outputOf, sketch } from '../../fixtures/sketch.js'
import type { Graph, Node, OutputSlot, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { BrokenModelError, verify } from '../../src/ir/verify.js'

const scalar = new MemoryTensor('uint8', [], Uint8Array.of(1))

/** x, w -> add -> h -> relu -> y, and an If whose branch reads h. */
function build() {
  const s = sketch('test')
  const x = s.input('x', ['N'])
  const w = s.constant('w', scalar)
  const add = s.nodeOf('Add', 'add', [x, w], ['h'])
  const relu = s.nodeOf('Relu', 'relu', [outputOf(add)], ['r'])
  const choice = s.nodeOf('If', 'choice', [x], ['z'])
  s.body(choice, 'then_branch', (b) => b.output('out', b.node('Neg', 'neg', [outputOf(add)]), null))
  const y = s.output('y', outputOf(relu), null)
  const [body] = choice.graphs()
  assert.ok(body)
  const [neg] = body.nodes
  const [out] = body.outputs
  assert.ok(neg && out)
  return { model: s.model, main: s.graph, x, w, add, relu, choice, y, body, neg, out }
}
type Built = ReturnType<typeof build>

/** What only a bug can do: the verbs are the only ones who may write. */
const set = <T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void => {
  ;(target as { -readonly [P in keyof T]: T[P] })[key] = value
}
const writable = <T>(list: readonly T[]) => list as T[]

const breaks: readonly [title: string, edit: (b: Built) => void, rule: RegExp][] = [
  [
    'a value that is read before it is made',
    ({ model, add, relu }) => model.addNode(relu.graph, { op: 'Neg', inputs: [outputOf(relu)], outputs: ['n'] }, add),
    /node "Neg -> n" reads "r" where it is not defined/,
  ],
  [
    'an output that nothing defines any more',
    ({ y, neg }) => set(y, 'value', outputOf(neg)),
    /output "y" of graph "test" is not defined there/,
  ],
  [
    'an input that is missing among the uses',
    ({ x }) => x.mutableUses.delete([...x.uses][0] as never),
    /"x" lists 1 uses, the graph has 2/,
  ],
  [
    'an output that is missing among the uses',
    ({ y, relu }) =>
      outputOf(relu).mutableUses.delete([...outputOf(relu).uses].find((u) => 'slot' in u && u.slot === y) as never),
    /"r" lists 0 uses, the graph has 1/,
  ],
  [
    'a use of a node that reads something else',
    ({ x, relu }) => x.mutableUses.add({ node: relu, index: 0 }),
    /"x" lists input 0 of node "relu" as a use, which does not read it/,
  ],
  [
    'a use of a node of another model',
    ({ x }) => x.mutableUses.add({ node: build().add, index: 0 }),
    /"x" lists input 0 of node "add" as a use/,
  ],
  [
    'a use of an output that shows something else',
    ({ x, y }) => x.mutableUses.add({ slot: y }),
    /"x" lists output "y" as a use, which does not read it/,
  ],
  [
    'a use that is listed twice',
    ({ x, add }) => x.mutableUses.add({ node: add, index: 0 }),
    /"x" lists 3 uses, the graph has 2/,
  ],
  ['a use of a node that is in no graph', ({ x }) => strayReader(x), /"x" lists input 0 of node "add" as a use/],
  [
    'a use that stands for another one',
    ({ x, add, choice }) => exchangeUse(x, choice, add),
    /"x" lists a use twice and lacks another/,
  ],
  [
    'two values of one name',
    ({ add }) => set(outputOf(add), 'name', 'x'),
    /the name "x" is given twice in graph "test"/,
  ],
  [
    'a value of another graph',
    ({ add, body }) => set(outputOf(add), 'graph', body),
    /"h" belongs to another graph than "test"/,
  ],
  ['an initializer without a value', ({ w }) => set(w, 'constant', null), /initializer "w" has no value/],
  [
    'an output that names another producer',
    ({ add, relu }) => set(outputOf(add), 'producer', relu),
    /"h" does not name node "add" as its producer/,
  ],
  [
    'a body of another node',
    ({ body, relu }) => set(body, 'owner', relu),
    /a body of node "choice" belongs to another node/,
  ],
  [
    'an outer value whose name a body gives to its own',
    ({ model, body }) => model.addConstant(body, 'h', scalar),
    /graph "choice.then_branch" reads the outer "h" and has one of its own/,
  ],
  [
    'an output with the name of another input',
    ({ y }) => set(y, 'name', 'x'),
    /the name "x" of an output stands for two values/,
  ],
  [
    'two outputs of one name',
    ({ model, main, x, y }) => set(model.addOutput(main, x, { name: 'other' }), 'name', y.name),
    /the name "y" of an output stands for two values/,
  ],
  [
    'a broken body',
    ({ neg, relu }) => writable(neg.inputs).splice(0, 1, outputOf(relu)),
    /"r" lists 1 uses, the graph has 2|"h" lists/,
  ],
  [
    'a broken function',
    ({ model, x }) =>
      breakFunction(model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map(), extra: {} }).graph, x),
    /"x" belongs to another graph than "f"/,
  ],
]

function strayReader(x: Value): void {
  const { add } = build()
  writable(add.inputs).splice(0, 1, x)
  x.mutableUses.add({ node: add, index: 0 })
}

/** As many uses as places, but one of them twice. */
function exchangeUse(value: Value, from: Node, to: Node): void {
  for (const use of value.uses) if ('node' in use && use.node === from) value.mutableUses.delete(use)
  value.mutableUses.add({ node: to, index: 0 })
}

function breakFunction(graph: Graph, foreign: Value): void {
  writable(graph.inputs).push(foreign)
}

describe('verify', () => {
  it('accepts what the verbs have built', () => {
    verify(build().model, 'building')
  })

  for (const [title, edit, rule] of breaks) {
    it(`finds ${title}, and says after what`, () => {
      const built = build()
      edit(built)
      assert.throws(
        () => verify(built.model, 'a pass'),
        (error) =>
          error instanceof BrokenModelError && error.message.startsWith('After a pass: ') && rule.test(error.message),
      )
    })
  }

  it('accepts equal names in graphs that do not see each other', () => {
    const { model, main, x, neg, body } = build()
    const other = model.newBody(neg, 'unused')
    assert.equal(other.owner, neg)
    model.addConstant(body, 'late', scalar)
    model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['late'] })
    verify(model, 'building')
  })

  it('takes no more than linear time for many bodies in a graph of many values', () => {
    const s = sketch('bodies')
    const x = s.input('x', [])
    const nodes: Node[] = []
    const slots: OutputSlot[] = []
    for (let i = 0; i < 4000; i++) {
      s.node('Neg', `n${i}`, [x])
      const node = s.nodeOf('If', `if${i}`, [x], [`if${i}.out`])
      s.body(node, 'then_branch', (b) => slots.push(b.output(`b${i}`, b.node('Neg', `b${i}.neg`, [x]), null)))
      nodes.push(node)
    }
    const start = performance.now()
    verify(s.model, 'building')
    assert.equal(nodes.length, slots.length)
    assert.ok(performance.now() - start < 3000)
  })
})
