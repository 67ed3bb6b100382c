import assert from 'node:assert/strict'
import fc from 'fast-check'
import { attr } from '../../src/ir/attr.js'
import { type Graph, Model, type Node, type Value } from '../../src/ir/graph.js'
import { printModel } from '../../src/ir/print.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { verify } from '../../src/ir/verify.js'
import { graphs, valuesOf, walk } from '../../src/ir/walk.js'

/** One call of a verb with numbers for its arguments, which stand for whatever the model has at that moment. */
interface Step {
  readonly verb: keyof typeof VERBS
  readonly picks: readonly number[]
}

const constant = (n: number) => new MemoryTensor('uint8', [], Uint8Array.of(n % 256))

/** The elements of a model by number: every graph, node and value can be picked for every argument. */
class Choice {
  readonly #model: Model
  readonly #picks: number[]

  constructor(model: Model, picks: readonly number[]) {
    this.#model = model
    this.#picks = [...picks]
  }

  number(below: number): number {
    return (this.#picks.shift() ?? 0) % below
  }

  of<T>(all: readonly T[]): T {
    const index = this.number(Math.max(1, all.length))
    if (index >= all.length) throw new Error('There is none.')
    return all[index] as T // inside the array
  }

  graph(): Graph {
    return this.of([...graphs(this.#model)])
  }

  node(): Node {
    return this.of([...walk(this.#model)])
  }

  value(): Value {
    return this.of([...graphs(this.#model)].flatMap((graph) => [...valuesOf(graph)]))
  }

  /** Mostly a new name, at times one that is there. */
  name(): string {
    return this.number(4) === 0 ? this.value().name : this.#model.names.fresh('v')
  }
}

/** Every verb, also where it makes no sense: then it must refuse. */
const VERBS = {
  addInput: (m: Model, c: Choice) => m.addInput(c.graph(), c.name(), null),
  addOutput: (m: Model, c: Choice) => m.addOutput(c.graph(), c.value(), c.number(2) ? {} : { name: c.name() }),
  addConstant: (m: Model, c: Choice) => m.addConstant(c.graph(), c.name(), constant(c.number(256))),
  addNode: (m: Model, c: Choice) => {
    const inputs = Array.from({ length: c.number(4) }, () => (c.number(5) === 0 ? null : c.value()))
    const outputs = Array.from({ length: c.number(3) }, () => (c.number(5) === 0 ? '' : c.name()))
    return m.addNode(c.graph(), { op: 'Op', inputs, outputs })
  },
  addNodeBefore: (m: Model, c: Choice) => {
    const before = c.node()
    return m.addNode(c.number(8) ? before.graph : c.graph(), { op: 'Op', inputs: [], outputs: [c.name()] }, before)
  },
  addBody: (m: Model, c: Choice) => {
    const [owner, graph, value] = [c.node(), c.graph(), c.value()]
    if (owner.attrs.has('body')) throw new Error('One body is enough.')
    const body = m.newBody(owner, 'body')
    const holder = c.number(8) ? owner : c.node()
    m.setAttr(holder, 'body', attr.graph(body))
    if (graph.owner !== owner) m.addNode(body, { op: 'Op', inputs: [value], outputs: [c.name()] })
  },
  removeNode: (m: Model, c: Choice) => m.removeNode(c.node()),
  removeOutput: (m: Model, c: Choice) => m.removeOutput(c.of([...graphs(m)].flatMap((graph) => [...graph.outputs]))),
  removeConstant: (m: Model, c: Choice) => m.removeConstant(c.value()),
  removeBody: (m: Model, c: Choice) => m.setAttr(c.node(), 'body', null),
  replaceUses: (m: Model, c: Choice) => m.replaceUses(c.value(), c.value(), c.number(2) ? {} : { except: c.node() }),
  freeze: (m: Model, c: Choice) => m.freeze(c.value(), constant(c.number(256))),
  compute: (m: Model, c: Choice) => m.compute(c.value(), c.value()),
  setConstant: (m: Model, c: Choice) => m.setConstant(c.value(), constant(c.number(256))),
  setInput: (m: Model, c: Choice) => m.setInput(c.node(), c.number(6), c.number(5) === 0 ? null : c.value()),
  setAttr: (m: Model, c: Choice) => m.setAttr(c.node(), 'axis', c.number(2) ? attr.int(c.number(9)) : null),
  setDefault: (m: Model, c: Choice) => m.setDefault(c.value(), constant(1)),
  declare: (m: Model, c: Choice) => m.declare(c.value(), null),
  addFunction: (m: Model, c: Choice) => {
    const name = c.of(['f', 'g'])
    return m.addFunction({ domain: 'd', name, overload: '', opsets: new Map(), extra: {} })
  },
  clone: (m: Model) => {
    m.clone()
  },
}

const step = fc.record({
  verb: fc.constantFrom(...(Object.keys(VERBS) as Step['verb'][])), // the keys of VERBS
  picks: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
})

function start(): Model {
  const model = new Model({ irVersion: 8, opsets: new Map([['', 17]]) })
  const x = model.addInput(model.main, 'x', null)
  const w = model.addConstant(model.main, 'w', constant(1))
  model.addNode(model.main, { op: 'Op', inputs: [x, w], outputs: ['y'] })
  return model
}

/** Everything that a verb may change. */
function snapshot(model: Model): string {
  const uses = [...graphs(model)].flatMap((graph) =>
    [...valuesOf(graph)].map((value) => {
      const places = [...value.uses].map((u) => ('slot' in u ? u.slot.name : `${u.node.id}/${u.index}`))
      return `${value.id} ${value.name} ${value.constant?.read().join()}: ${places.sort()}`
    }),
  )
  return `${printModel(model)}${uses.join('\n')}\n${model.version}`
}

/** The one rule that no verb can check by itself: a value is made before it is read. */
const ORDER = /where it is not defined|is not defined there/
/** A name that a body reads from outside and is given a meaning inside afterwards. */
const HIDDEN = /and has one of its own/

/** Does the steps that are possible, on a copy of the model, and takes back what breaks a rule that only `verify` knows. */
function grow(steps: readonly Step[]): Model {
  let model = start()
  for (const { verb, picks } of steps) {
    const { model: next } = model.clone()
    try {
      VERBS[verb](next, new Choice(next, picks))
      verify(next, verb)
      model = next
    } catch {
      // What is refused, and what breaks a rule, are tested below.
    }
  }
  return model
}

describe('Any sequence of verbs', () => {
  it('keeps every invariant of the model, or refuses and changes nothing', () => {
    let [done, refused] = [0, 0]
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), step, (steps, { verb, picks }) => {
        const model = grow(steps)
        const before = snapshot(model)
        try {
          VERBS[verb](model, new Choice(model, picks))
          done++
        } catch (error) {
          assert.ok(
            error instanceof Error && !/undefined|not a function|Cannot read/.test(error.message),
            String(error),
          )
          refused++
          // A step that is made of two verbs may have done the first.
          if (verb !== 'addBody') assert.equal(snapshot(model), before, `${verb} was refused: ${error.message}`)
        }
        try {
          verify(model, verb)
        } catch (error) {
          assert.ok(error instanceof Error && (ORDER.test(error.message) || HIDDEN.test(error.message)), String(error))
        }
      }),
      { numRuns: 1000 },
    )
    assert.ok(done > 200 && refused > 200, `${done} edits, ${refused} refusals: the test has lost its teeth`)
  })

  it('leaves a clone as it was', () => {
    let changed = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25, size: 'max' }), fc.array(step, { maxLength: 8 }), (first, second) => {
        const model = grow(first)
        const { model: copy, of } = model.clone()
        const [before, version] = [snapshot(copy), model.version]
        for (const node of walk(model)) assert.equal(of(node).id, node.id)

        for (const { verb, picks } of second) {
          try {
            VERBS[verb](model, new Choice(model, picks))
          } catch {
            // Refusals are tested above.
          }
        }

        if (model.version > version) changed++
        assert.equal(snapshot(copy), before)
        for (const node of walk(copy)) for (const body of node.graphs()) assert.equal(body.owner, node)
      }),
      { numRuns: 200 },
    )
    assert.ok(changed > 50, `${changed} models changed: the test has lost its teeth`)
  })
})
