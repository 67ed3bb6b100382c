import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { float32, outputOf, sketch } from '../../fixtures/sketch.js'
import { attr } from '../../src/ir/attr.js'
import type { Graph, Model, Node, Value } from '../../src/ir/graph.js'
import { MemoryTensor } from '../../src/ir/tensor.js'
import { tensorType } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { type Arrays, runModel } from '../support/ort.js'

const FLOATS = tensorType('float32', [4])
const FED = Float32Array.of(-0.5, 0.25, 2, -3)
const X: Arrays = { x: { dtype: 'float32', shape: [4], data: FED } }

function producer(value: Value): Node {
  assert.ok(value.producer)
  return value.producer
}

interface Written {
  readonly names: readonly string[]
  readonly ops: readonly string[]
  readonly valueInfo: readonly string[]
  readonly outputs: Readonly<Record<string, readonly number[]>>
}

describe('Outputs', () => {
  const inFolder = temporaryFolder()

  /** The model as a file has it, computed by ONNX Runtime. */
  async function write(model: Model, feeds: Arrays = X): Promise<Written> {
    verify(model, 'the test')
    const bytes = encodeToBytes(model)
    const path = inFolder('written.onnx')
    writeFileSync(path, bytes)
    const again = readModel(path)
    again.close()
    const { main } = again.model
    const results = await runModel({ bytes, folder: inFolder() }, feeds)
    const numbers = ([name, array]: [string, { data: unknown }]) => [name, [...(array.data as Float32Array)]] // all are floats here
    return {
      names: main.outputs.map((slot) => slot.name),
      ops: [...main.nodes].map((n) => `${n.outputs[0]?.name} = ${n.op}(${n.inputs.map((v) => v?.name ?? '')})`),
      valueInfo: [...main.nodes].flatMap((n) => n.outputs.flatMap((v) => (v?.declared ? [v.name] : []))),
      outputs: Object.fromEntries(Object.entries(results).map(numbers)),
    }
  }

  /** x -> a = Neg -> b = Abs; outputs are added by each test. */
  function build() {
    const s = sketch('outputs')
    const x = s.input('x', [4])
    const a = outputOf(s.nodeOf('Neg', 'neg', [x], ['a']))
    const b = outputOf(s.nodeOf('Abs', 'abs', [a], ['b']))
    return { s, model: s.model, main: s.graph, x, a, b }
  }
  const given = [...FED]
  const negated = given.map((v) => -v)
  const absolute = given.map(Math.abs)

  it('keep their names when a value is replaced: the new one takes the name, the old one gives it up', async () => {
    const { model, main, x, a, b } = build()
    model.addOutput(main, b, { declared: FLOATS })
    model.declare(b, FLOATS)
    const relu = outputOf(model.addNode(main, { op: 'Relu', name: 'relu', inputs: [b], outputs: ['c'] }))
    model.replaceUses(b, relu, { except: producer(relu) })

    const written = await write(model)

    assert.deepEqual(written.names, ['b'])
    assert.deepEqual(written.ops, ['a = Neg(x)', 'b/replaced = Abs(a)', 'b = Relu(b/replaced)'])
    assert.deepEqual(written.outputs, { b: absolute })
    assert.deepEqual([a.uses.size, x.uses.size], [1, 1])
  })

  it('change places without an Identity', async () => {
    const { model, main, x, a, b } = build()
    const [one, two] = [model.addOutput(main, a), model.addOutput(main, b)]
    const aside = outputOf(model.addNode(main, { op: 'Exp', inputs: [x], outputs: ['aside'] }))
    const readA = { except: producer(b) }
    model.replaceUses(a, aside, readA)
    model.replaceUses(b, a)
    model.replaceUses(aside, b)
    assert.deepEqual([one.value, two.value], [b, a])
    model.removeNode(producer(aside))

    const written = await write(model)

    assert.deepEqual(written.names, ['a', 'b'])
    assert.deepEqual(written.ops, ['b = Neg(x)', 'a = Abs(b)'])
    assert.deepEqual(written.outputs, { a: absolute, b: negated })
  })

  it('get an Identity where one value is two of them, an input, or a constant', async () => {
    const { model, main, s, x, a } = build()
    const w = s.constant('w', float32([4], [1, 2, 3, 4]))
    for (const [name, value] of [
      ['a', a],
      ['again', a],
      ['input', x],
      ['x', x],
      ['weights', w],
      ['w', w],
    ] as const)
      model.addOutput(main, value, { name })

    const written = await write(model)

    assert.deepEqual(written.names, ['a', 'again', 'input', 'x', 'weights', 'w'])
    assert.deepEqual(written.ops.slice(2), ['again = Identity(a)', 'input = Identity(x)', 'weights = Identity(w)'])
    assert.deepEqual(written.outputs, {
      a: negated,
      again: negated,
      input: given,
      x: given,
      weights: [1, 2, 3, 4],
      w: [1, 2, 3, 4],
    })
  })

  it('give the name of an initializer to another value, and the initializer another name', async () => {
    const { model, main, s, a } = build()
    const w = s.constant('w', float32([4], [1, 2, 3, 4]))
    const sum = outputOf(model.addNode(main, { op: 'Add', inputs: [a, w], outputs: ['sum'] }))
    model.addOutput(main, w)
    model.replaceUses(w, sum, { except: producer(sum) })

    const written = await write(model)

    assert.deepEqual(written.ops.at(-1), 'w = Add(a,w/replaced)')
    assert.deepEqual(written.outputs, { w: negated.map((v, i) => Math.fround(v + i + 1)) })
  })

  it('take a free name for what is replaced', async () => {
    const { model, main, s, x, b } = build()
    s.constant('b/replaced', float32([4], [0, 0, 0, 0]))
    model.addOutput(main, b)
    const other = outputOf(model.addNode(main, { op: 'Neg', inputs: [x], outputs: ['other'] }))
    model.replaceUses(b, other)
    const written = await write(model)
    assert.deepEqual(written.ops, ['a = Neg(x)', 'b/replaced_1 = Abs(a)', 'b = Neg(x)'])
  })

  it('stay out of the way of a body that uses their name', async () => {
    const { model, main, s, x, a, b } = build()
    const flag = s.constant('flag', new MemoryTensor('bool', [], Uint8Array.of(1)))
    const choice = s.nodeOf('If', 'choice', [flag], ['y'])
    for (const branch of ['then_branch', 'else_branch']) {
      s.body(choice, branch, (body) => {
        const inner = outputOf(model.addNode(body.graph, { op: 'Neg', inputs: [a], outputs: ['y'] }))
        body.output('y', outputOf(model.addNode(body.graph, { op: 'Add', inputs: [inner, a], outputs: ['sum'] })), null)
      })
    }
    model.addOutput(main, outputOf(choice), { name: 'z' })
    model.addOutput(main, outputOf(choice))
    // Behind "y" stands what the branches read: written as "y", it would be hidden by their own.
    const [, y] = main.outputs
    assert.ok(y)
    model.replaceUses(outputOf(choice), a)
    model.addOutput(main, outputOf(choice), { name: 'sum' })

    const written = await write(model)

    assert.deepEqual(written.outputs, { z: negated, y: negated, sum: [0, 0, 0, 0] })
    assert.ok(x.uses.size > 0 && b.producer)
  })

  it('of a body keep their names too, and may be outer values', async () => {
    const { model, main, s, x, a } = build()
    const flag = s.constant('flag', new MemoryTensor('bool', [], Uint8Array.of(1)))
    const choice = s.nodeOf('If', 'choice', [flag], ['y'])
    const slots = ['then_branch', 'else_branch'].map((branch) => {
      const body = model.newBody(choice, branch)
      const made = outputOf(model.addNode(body, { op: 'Exp', inputs: [a], outputs: ['out'] }))
      model.setAttr(choice, branch, attr.graph(body))
      return model.addOutput(body, made)
    })
    model.addOutput(main, outputOf(choice))
    const [then] = slots
    assert.ok(then)
    model.replaceUses(then.value, x)

    const written = await write(model)

    assert.deepEqual(written.outputs, { y: given })
  })

  it('take quantization annotations and types with them', async () => {
    const { model, main, b } = build()
    const annotated = [
      {
        tensorName: 'b',
        quantParameterTensorNames: [
          { key: 'SCALE_TENSOR', value: 'b' },
          { key: 'ZERO_POINT_TENSOR', value: 'none' },
        ],
      },
      { tensorName: 'other' },
    ]
    Object.assign(main, { extra: { quantizationAnnotation: annotated } }) // as the reader does
    const other = outputOf(model.addNode(main, { op: 'Neg', name: 'n', inputs: [b], outputs: ['other'] }))
    model.declare(b, FLOATS)
    model.declare(other, FLOATS)
    model.addOutput(main, b)
    model.replaceUses(b, other, { except: producer(other) })

    const written = await write(model)
    const again = readModel(inFolder('written.onnx')).model

    assert.deepEqual(written.valueInfo, ['b/replaced'])
    assert.deepEqual(again.main.extra.quantizationAnnotation, [
      {
        tensorName: 'b/replaced',
        quantParameterTensorNames: [
          { key: 'SCALE_TENSOR', value: 'b/replaced' },
          { key: 'ZERO_POINT_TENSOR', value: 'none' },
        ],
      },
      { tensorName: 'b' },
    ])
  })

  it('of a function keep their names, its inputs may lose theirs', async () => {
    const { model, main, x } = build()
    model.opsets.set('d', 1)
    const f = model.addFunction({ domain: 'd', name: 'f', overload: '', opsets: new Map([['', 17]]), extra: {} })
    const input = model.addInput(f.graph, 'same', null)
    model.addOutput(f.graph, input)
    const neg = model.addNode(f.graph, { op: 'Neg', inputs: [input], outputs: ['neg'] })
    model.replaceUses(input, outputOf(neg), { except: neg })
    const call = model.addNode(main, { op: 'f', domain: 'd', name: 'call', inputs: [x], outputs: ['y'] })
    model.addOutput(main, outputOf(call), { declared: FLOATS })

    const written = await write(model)

    assert.deepEqual(written.outputs, { y: negated })
  })

  it('compute the same whatever values are exchanged behind them', async () => {
    // Of each output the unary op and the value below it, and in which order outputs change their values.
    const plan = fc.record({
      nodes: fc.array(fc.record({ op: fc.constantFrom('Neg', 'Abs', 'Floor'), input: fc.nat() }), {
        minLength: 3,
        maxLength: 8,
      }),
      slots: fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
      moves: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(plan, async ({ nodes, slots, moves }) => {
        const s = sketch('exchange')
        const values: Value[] = [s.input('x', [4]), s.constant('w', float32([4], [-1, 2, -3, 4]))]
        for (const [i, { op, input }] of nodes.entries()) {
          const from = values[input % values.length]
          assert.ok(from)
          values.push(outputOf(s.nodeOf(op, `n${i}`, [from], [`v${i}`])))
        }
        const made = (n: number) => values[2 + (n % (values.length - 2))] as Value // there are at least three
        for (const [i, n] of slots.entries()) s.output(i % 2 === 0 ? `out${i}` : made(n).name, made(n), null)
        for (const [from, to] of moves) {
          try {
            s.model.replaceUses(made(from), made(to))
            verify(s.model, 'a move')
          } catch {
            return // a cycle, or an order that the test did not mean
          }
        }

        const { outputs } = await write(s.model)

        const expected = evaluate(s.graph)
        assert.deepEqual(outputs, expected)
      }),
      { numRuns: 100 },
    )
  })
})

/** The outputs by name, computed here. */
function evaluate(graph: Graph): Record<string, number[]> {
  const known = new Map<Value, number[]>()
  const ops: Readonly<Record<string, (x: number) => number>> = {
    Neg: (v) => -v,
    Abs: Math.abs,
    Floor: Math.floor,
  }
  for (const value of graph.inputs) known.set(value, [...FED]) // "x" alone
  for (const value of graph.initializers)
    known.set(value, [...new Float32Array(value.constant?.read().buffer ?? new ArrayBuffer(0))])
  for (const node of graph.nodes) {
    const [input] = node.inputs
    assert.ok(input)
    known.set(outputOf(node), (known.get(input) ?? []).map(ops[node.op] ?? Number))
  }
  return Object.fromEntries(graph.outputs.map((slot) => [slot.name, known.get(slot.value) ?? []]))
}
