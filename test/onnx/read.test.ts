import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { InvalidModelError } from '../../src/errors.js'
import { calledBy } from '../../src/ir/calls.js'
import type { Model } from '../../src/ir/graph.js'
import { printModel } from '../../src/ir/print.js'
import { constantOf } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { temporaryFolder } from '../support/data-files.js'
import { encodeWith, onnxSchema } from '../support/onnx-schema.js'

const root = onnxSchema()
const INT64 = 7
const node = (opType: string, input: readonly string[], output: readonly string[], more: object = {}) => ({
  opType,
  input,
  output,
  name: output[0] ?? opType,
  ...more,
})
const graphAttr = (name: string, g: object) => ({ name, type: 5, g })
const ints = (name: string, values: readonly number[], more: object = {}) => ({
  name,
  dims: [values.length],
  dataType: INT64,
  int64Data: values,
  ...more,
})
const named = (...names: readonly string[]) => names.map((name) => ({ name }))

describe('Reading a model', () => {
  const inFolder = temporaryFolder()

  function read(graph: object, rest: object = {}): Model {
    const path = inFolder('model.onnx')
    writeFileSync(path, encodeWith(root, { irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph, ...rest }))
    const { model, close } = readModel(path)
    close()
    return model
  }
  const refuses = (graph: object, message: RegExp, rest: object = {}) =>
    assert.throws(
      () => read(graph, rest),
      (e) =>
        e instanceof InvalidModelError &&
        message.test(e.message) &&
        e.message.includes('model.onnx"') &&
        e.suggestions.length > 0,
    )

  it('finds captured values through bodies inside bodies, the innermost first', () => {
    const inner = { name: 'inner', node: [node('Add', ['x', 'middle'], ['in.y'])], output: named('in.y') }
    const loop = {
      name: 'loop',
      input: named('i', 'cond'),
      node: [
        node('Neg', ['x'], ['middle']),
        node('If', ['cond'], ['l.y'], { attribute: [graphAttr('then_branch', inner)] }),
      ],
      output: named('cond', 'l.y'),
    }
    const model = read({
      input: named('x', 'n'),
      node: [node('Loop', ['n', ''], ['y'], { attribute: [graphAttr('body', loop)] })],
      output: named('y'),
    })
    const [x] = model.main.inputs
    const readers = [...(x?.uses ?? [])].map((use) => ('node' in use ? use.node.name : use.slot.name))
    assert.deepEqual(readers.sort(), ['in.y', 'middle'])
    const [body] = [...model.main.nodes][0]?.graphs() ?? []
    assert.equal(body?.outputs[0]?.value, body?.inputs[1])
  })

  it('sorts nodes that stand before what they need, through bodies too, and leaves others as they are', () => {
    const body = { name: 'b', node: [node('Neg', ['late'], ['b.y'])], output: named('b.y') }
    const model = read({
      input: named('x'),
      node: [
        node('Ceil', ['x'], ['first']),
        node('If', ['x'], ['choice'], { attribute: [graphAttr('then_branch', body)] }),
        node('Abs', ['first'], ['middle']),
        node('Relu', ['middle'], ['late']),
      ],
    })
    assert.deepEqual(
      [...model.main.nodes].map((n) => n.name),
      ['first', 'middle', 'late', 'choice'],
    )
  })

  it('sorts 50,000 nodes in reverse, and one that needs all of them', () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `v${i}`)
    const chain = names.map((name, i) => node('Neg', [names[i - 1] ?? 'x'], [name])).reverse()
    const start = performance.now()
    const model = read({ input: named('x'), node: [node('Sum', names, ['sum']), ...chain], output: named('sum') })
    assert.equal([...model.main.nodes].at(-1)?.op, 'Sum')
    assert.equal([...model.main.nodes][0]?.name, 'v0')
    assert.ok(performance.now() - start < 10_000)
  })

  it('refuses cycles, of one node, of several, and through a body', () => {
    const cycle = /"[^"]*model.onnx" has a cycle: node "(a|b)" needs its own output/
    refuses({ node: [node('Neg', ['a'], ['a'])] }, cycle)
    refuses({ node: [node('Neg', ['b'], ['a']), node('Neg', ['a'], ['b'])] }, cycle)
    const body = { name: 'b', node: [node('Neg', ['a'], ['b.y'])], output: named('b.y') }
    refuses(
      { input: named('x'), node: [node('If', ['x'], ['a'], { attribute: [graphAttr('then_branch', body)] })] },
      cycle,
    )
  })

  it('refuses a name that nothing defines, naming the node', () => {
    refuses({ node: [node('Neg', ['gone'], ['y'])] }, /Node "y" in .* reads "gone", which no input/)
    refuses({ node: [node('Neg', ['gone'], ['y'], { name: '' })] }, /Node "Neg -> y" in .* reads "gone"/)
    refuses({ output: named('gone') }, /Output "gone" of graph "" in .* is made by no node/)
  })

  it('refuses what is defined twice: values, attributes, functions', () => {
    const x = named('x')
    refuses({ input: named('x', 'x') }, /defines "x" twice/)
    refuses({ input: x, node: [node('Neg', ['x'], ['x'])] }, /needs its own output|defines "x" twice/)
    refuses({ input: x, node: [node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])] }, /defines "y" twice/)
    refuses({ input: x, node: [node('Split', ['x'], ['y', 'y'])] }, /defines "y" twice/)
    refuses({ initializer: [ints('w', [1])], node: [node('Constant', [], ['w'])] }, /defines "w" twice/)
    const attribute = [1, 2].map((i) => ({ name: 'axis', type: 2, i }))
    refuses(
      { input: x, node: [node('Softmax', ['x'], ['y'], { attribute })] },
      /Node "y" in .* has the attribute "axis" twice/,
    )
    const bodies = [1, 2].map((i) => graphAttr('then_branch', { name: `b${i}`, node: [node('Neg', ['x'], [`o${i}`])] }))
    refuses(
      { input: x, node: [node('If', ['x'], ['y'], { attribute: bodies })] },
      /has the attribute "then_branch" twice/,
    )
    refuses({}, /defines function "d.f" twice/, {
      functions: [
        { name: 'f', domain: 'd' },
        { name: 'f', domain: 'd' },
      ],
    })
  })

  it('takes the last of several initializers of one name, as ONNX Runtime does, and writes that one', () => {
    const initializer = [ints('w', [1]), ints('v', [5]), ints('w', [2, 3])]
    const sparse = { values: { ...ints('v', [7]), name: 'v' }, indices: ints('', [1]), dims: [2] }
    const model = read({ input: named('v'), initializer, sparseInitializer: [sparse] })
    const [v, w] = model.main.initializers
    assert.deepEqual(
      [v, w].map((value) => [value?.name, [...(value?.constant?.read() ?? [])].filter((b) => b > 0)]),
      [
        ['w', [2, 3]],
        ['v', [7]],
      ],
    )
    const again = inFolder('once.onnx')
    writeFileSync(again, encodeToBytes(model))
    assert.equal(printModel(readModel(again).model), printModel(model))
  })

  it('takes initializers as inputs with a default, as before IR 4', () => {
    const model = read({
      input: named('x', 'w'),
      initializer: [ints('w', [1, 2])],
      node: [node('Add', ['x', 'w'], ['y'])],
      output: named('y'),
    })
    const [, w] = model.main.inputs
    assert.ok(w)
    assert.deepEqual([...model.main.initializers], [w])
    assert.deepEqual([constantOf(w)?.shape, w.uses.size], [[2], 1])
  })

  it('reads attributes without a type by the field that is filled, and references in functions', () => {
    const attribute = [
      { name: 'axis', i: -1 },
      { name: 'axes', ints: [1, 2] },
      { name: 'alpha', f: 0.5 },
      { name: 'mode', s: Buffer.from('linear') },
    ]
    const inside = node('Elu', ['in'], ['out'], { attribute: [{ name: 'alpha', refAttrName: 'a', type: 1 }] })
    const f = {
      name: 'f',
      domain: 'd',
      input: ['in'],
      output: ['out'],
      attribute: ['a'],
      node: [inside],
      opsetImport: [{ version: 16 }],
    }
    const model = read(
      { input: named('x'), node: [node('f', ['x'], ['y'], { domain: 'd', attribute }), node('f', ['x'], ['z'])] },
      { functions: [f] },
    )
    const [call, other] = model.main.nodes
    assert.ok(call && other)
    assert.deepEqual(
      [call.int('axis', 0), call.ints('axes'), call.float('alpha', 0), call.string('mode')],
      [-1, [1, 2], 0.5, 'linear'],
    )
    assert.deepEqual(
      [other.int('axis', 7), other.ints('axes'), other.float('alpha', 1), other.string('mode')],
      [7, undefined, 1, undefined],
    )
    const body = calledBy(model, call)
    assert.deepEqual([body?.name, body?.opsets.get(''), calledBy(model, other)], ['f', 16, undefined])
    const [elu] = body?.graph.nodes ?? []
    assert.deepEqual([elu?.attrs.get('alpha')?.kind, elu?.attrs.get('alpha')?.value], ['ref', 'a'])
    assert.match(printModel(model), /out = Elu\(in\) \{alpha=@a\}/)
  })

  it('takes ai.onnx for the standard domain, of which the last version counts, and writes what it read', () => {
    const opsetImport = [
      { domain: 'ai.onnx', version: 13 },
      { domain: '', version: 17 },
      { domain: 'd', version: 2 },
    ]
    const model = read(
      { input: named('x'), node: [node('Relu', ['x'], ['y'], { domain: 'ai.onnx' })] },
      { opsetImport },
    )
    const [relu] = model.main.nodes
    assert.deepEqual([model.opset, relu?.domain, relu?.type], [17, '', 'Relu'])
    const written = root.lookupType('onnx.ModelProto').decode(encodeToBytes(model)) as unknown as {
      opsetImport: { version: unknown }[]
    }
    assert.deepEqual(
      written.opsetImport.map((o) => Number(o.version)),
      [13, 17, 2],
    )

    model.opsets.set('', 21)
    model.opsets.set('new', 3)
    model.opsets.delete('d')
    const changed = root.lookupType('onnx.ModelProto').decode(encodeToBytes(model)) as unknown as {
      opsetImport: { domain: string; version: unknown }[]
    }
    assert.deepEqual(
      changed.opsetImport.map((o) => [o.domain, Number(o.version)]),
      [
        ['ai.onnx', 21],
        ['', 21],
        ['new', 3],
      ],
    )
  })

  it('gives values the types that the file declares', () => {
    const tensor = (...dim: object[]) => ({ tensorType: { elemType: 1, shape: { dim } } })
    const model = read({
      input: [{ name: 'x', type: tensor({ dimParam: 'N' }, { dimValue: 3 }, {}) }],
      node: [node('Relu', ['x'], ['h']), node('Neg', ['h'], ['y'])],
      valueInfo: [{ name: 'h', type: { sequenceType: { elemType: { tensorType: { elemType: 22 } } } } }],
      output: [{ name: 'y', type: tensor() }],
    })
    const [relu] = model.main.nodes
    assert.deepEqual(model.main.inputs[0]?.declared, { kind: 'tensor', dtype: 'float32', shape: ['N', 3, null] })
    assert.deepEqual(relu?.outputs[0]?.declared, {
      kind: 'sequence',
      element: { kind: 'tensor', dtype: 'int4', shape: null },
    })
    assert.deepEqual(model.main.outputs[0]?.declared, { kind: 'tensor', dtype: 'float32', shape: [] })
  })

  it('keeps a file open until it is closed or forgotten, and reads nothing after that', () => {
    const path = inFolder('closing.onnx')
    writeFileSync(
      path,
      encodeWith(root, {
        irVersion: 8,
        graph: {
          initializer: [
            ints('w', Array(2000).fill(300)),
            { name: 'r', dims: [2048], dataType: 2, rawData: Buffer.alloc(2048, 7) },
          ],
        },
      }),
    )
    const { model, source, bytes, close } = readModel(path)
    const [, raw] = model.main.initializers
    writeFileSync(`${path}.new`, 'other bytes')
    assert.equal(bytes, source.size)
    assert.equal(raw?.constant?.read()[2047], 7)
    close()
    close()
    assert.throws(() => raw?.constant?.read(), /closing.onnx" is read after it was closed/)
  })
})
