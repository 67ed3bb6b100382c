import assert from 'node:assert/strict'
import { float32, int64, outputOf, type Sketch, sketch, uniform } from '../../../fixtures/sketch.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import type { RuleName } from '../../../src/rewrites/rules/rule.js'
import type { Arrays } from '../../support/ort.js'
import { drawn, fed, rewrite } from '../rewritten.js'

const opsOf = async (model: Model, only: readonly RuleName[], feeds: readonly Arrays[] = []) =>
  (await rewrite(model, { only, feeds })).ops

function bool(s: Sketch, name: string, value: boolean): Value {
  return s.constant(name, new MemoryTensor('bool', [], Uint8Array.of(Number(value))))
}

describe('The rule identity', () => {
  it('removes Identity and Dropout, and keeps the Identity that makes an output of an input', async () => {
    const s = sketch('identities')
    const x = s.input('x', ['N', 3])
    const dropped = s.node('Dropout', 'dropout', [
      s.node('Identity', 'first', [x]),
      s.constant('ratio', float32([], [0.5])),
    ])
    s.output('y', s.node('Identity', 'last', [s.node('Relu', 'relu', [dropped])]), null)
    s.output('same', s.node('Identity', 'kept', [x]), null)
    assert.deepEqual(await opsOf(s.model, ['identity'], [fed([2, 3])]), ['Relu', 'Identity'])
  })

  it('keeps Dropout in training mode, and before opset 7 without is_test', async () => {
    const training = drawn(['N', 3], (s, x) =>
      s.node('Dropout', 'd', [s.node('Relu', 'r', [x]), null, bool(s, 'on', true)]),
    )
    assert.deepEqual(await opsOf(training, ['identity']), ['Relu', 'Dropout'])
    const between = drawn(['N', 3], (s, x) => s.node('Dropout', 'd', [s.node('Relu', 'r', [x])]), 9)
    assert.deepEqual(await opsOf(between, ['identity']), ['Relu'])
    const old = (attrs: Record<string, number>) =>
      drawn(['N', 3], (s, x) => s.node('Dropout', 'd', [s.node('Relu', 'r', [x])], attrs), 6)
    assert.deepEqual(await opsOf(old({}), ['identity']), ['Relu', 'Dropout'])
    assert.deepEqual(await opsOf(old({ is_test: 1 }), ['identity']), ['Relu'])
  })

  it('keeps an Identity whose input a body cannot see', async () => {
    const s = sketch('hidden')
    const flag = s.input('flag', [], 'bool')
    const x = s.input('x', [2])
    const copy = s.node('Identity', 'copy', [x])
    const node = s.nodeOf('If', 'if', [flag], ['if.out'])
    for (const branch of ['then_branch', 'else_branch']) {
      s.body(node, branch, (body) => {
        // Names may repeat in bodies: this "x" hides the outer one.
        const own = body.constant('x', float32([2], [1, 2]))
        body.output(`${branch}.y`, body.node('Add', `${branch}.add`, [own, copy]), tensorType('float32', [2]))
      })
    }
    s.output('y', outputOf(node), null)
    assert.deepEqual(await opsOf(s.model, ['identity']), ['Identity', 'If', 'Add', 'Add'])
  })
})

describe('The rule no-ops', () => {
  const kept = (draw: (s: Sketch, x: Value) => Value, opset = 17) =>
    opsOf(
      drawn(['N', 3, 4], (s, x) => s.node('Relu', 'end', [draw(s, s.node('Relu', 'start', [x]))]), opset),
      ['no-ops'],
      [fed([2, 3, 4])],
    )
  const c = (s: Sketch, shape: readonly number[], value: number) =>
    s.constant(`c${s.nextSeed()}`, float32(shape, Array(shape.reduce((n, d) => n * d, 1)).fill(value)))
  const ints = (s: Sketch, ...values: number[]) => s.constant(`i${s.nextSeed()}`, int64([values.length], values))

  const gone: Record<string, (s: Sketch, x: Value) => Value> = {
    'x * 1': (s, x) => s.node('Mul', 'op', [x, c(s, [], 1)]),
    '1 * x, per channel': (s, x) => s.node('Mul', 'op', [c(s, [3, 1], 1), x]),
    'x + 0': (s, x) => s.node('Add', 'op', [x, c(s, [1, 1], 0)]),
    'x - 0': (s, x) => s.node('Sub', 'op', [x, c(s, [4], 0)]),
    'x / 1': (s, x) => s.node('Div', 'op', [x, c(s, [], 1)]),
    'x ^ 1': (s, x) => s.node('Pow', 'op', [x, c(s, [], 1)]),
    'Sum of one': (s, x) => s.node('Sum', 'op', [x]),
    'Concat of one': (s, x) => s.node('Concat', 'op', [x], { axis: 0 }),
    'Concat with nothing': (s, x) => s.node('Concat', 'op', [c(s, [1, 3, 0], 0), x], { axis: 2 }),
    'Cast to the same type': (s, x) => s.node('Cast', 'op', [x], { to: 1 }),
    'Transpose by 0, 1, 2': (s, x) => s.node('Transpose', 'op', [x], { perm: [0, 1, 2] }),
    'Slice of everything': (s, x) => s.node('Slice', 'op', [x, ints(s, 0, 0), ints(s, 4, 2 ** 40), ints(s, -1, 0)]),
    'Pad by nothing': (s, x) => s.node('Pad', 'op', [x, ints(s, 0, 0, 0, 0, 0, 0)]),
    'Expand to ones': (s, x) => s.node('Expand', 'op', [x, ints(s, 1, 1)]),
    'Tile by 1': (s, x) => s.node('Tile', 'op', [x, ints(s, 1, 1, 1)]),
    'Reshape to [0, 3, 4]': (s, x) => s.node('Reshape', 'op', [x, ints(s, 0, 3, 4)]),
  }
  for (const [title, draw] of Object.entries(gone)) {
    it(`removes ${title}`, async () => assert.deepEqual(await kept(draw), ['Relu', 'Relu']))
  }

  const stays: Record<string, (s: Sketch, x: Value) => Value> = {
    'x * 1 that adds an axis': (s, x) => s.node('Mul', 'op', [x, c(s, [1, 1, 1, 1], 1)]),
    'x * 1 that may repeat the batch': (s, x) => s.node('Mul', 'op', [x, c(s, [2, 1, 1], 1)]),
    '1 / x': (s, x) => s.node('Div', 'op', [c(s, [], 1), x]),
    '0 - x': (s, x) => s.node('Sub', 'op', [c(s, [], 0), x]),
    'x + 1': (s, x) => s.node('Add', 'op', [x, c(s, [], 1)]),
    'Slice of a part': (s, x) => s.node('Slice', 'op', [x, ints(s, 0), ints(s, 3), ints(s, 2)]),
    'Slice backwards': (s, x) => s.node('Slice', 'op', [x, ints(s, -1), ints(s, -100), ints(s, 2), ints(s, -1)]),
    'Slice of an open axis to a number': (s, x) => s.node('Slice', 'op', [x, ints(s, 0), ints(s, 1000), ints(s, 0)]),
    'Transpose by 0, 2, 1': (s, x) => s.node('Transpose', 'op', [x], { perm: [0, 2, 1] }),
    'Pad by one': (s, x) => s.node('Pad', 'op', [x, ints(s, 0, 0, 0, 0, 0, 1)]),
  }
  for (const [title, draw] of Object.entries(stays)) {
    it(`leaves ${title}`, async () => assert.equal((await kept(draw)).length, 3))
  }
})

describe('The rule chains', () => {
  const joined = (draw: (s: Sketch, x: Value) => Value) =>
    rewrite(drawn([2, 3, 4], draw), { only: ['chains', 'unused'], feeds: [fed([2, 3, 4])] })

  it('joins two Transposes to one, or to none', async () => {
    const one = await joined((s, x) =>
      s.node('Transpose', 'b', [s.node('Transpose', 'a', [x], { perm: [2, 0, 1] })], { perm: [0, 2, 1] }),
    )
    assert.deepEqual(one.ops, ['Transpose'])
    const [node] = one.model.main.nodes
    assert.deepEqual(node?.ints('perm'), [2, 1, 0])
    const none = await joined((s, x) => {
      const r = s.node('Relu', 'r', [x])
      return s.node('Transpose', 'b', [s.node('Transpose', 'a', [r], { perm: [2, 0, 1] })], { perm: [1, 2, 0] })
    })
    assert.deepEqual(none.ops, ['Relu'])
  })

  it('lets only the last of several Reshapes stand, unless it copies an extent', async () => {
    const shape = (s: Sketch, name: string, ...to: number[]) => s.constant(name, int64([to.length], to))
    const last = await joined((s, x) => {
      const flat = s.node('Flatten', 'f', [x], { axis: 2 })
      return s.node('Reshape', 'b', [s.node('Reshape', 'a', [flat, shape(s, 's', 24)]), shape(s, 't', 4, -1)])
    })
    assert.deepEqual(last.ops, ['Reshape'])
    const copies = await joined((s, x) =>
      s.node('Reshape', 'b', [s.node('Reshape', 'a', [x, shape(s, 's', 12, 2)]), shape(s, 't', 0, 2)]),
    )
    assert.deepEqual(copies.ops, ['Reshape', 'Reshape'])
  })

  it('removes a pair of Unsqueeze and Squeeze, and the second of two Relus', async () => {
    const axes = (s: Sketch, name: string, axis: number) => s.constant(name, int64([1], [axis]))
    const pair = await joined((s, x) => {
      const r = s.node('Relu', 'r', [s.node('Relu', 'q', [x])])
      return s.node('Squeeze', 'b', [s.node('Unsqueeze', 'a', [r, axes(s, 's', 1)]), axes(s, 't', 1)])
    })
    assert.deepEqual(pair.ops, ['Relu'])
  })
})

describe('The rule fold-pads', () => {
  const padded =
    (pads: readonly number[], more: Record<string, number | string> = {}, value: Value | null = null) =>
    (s: Sketch, x: Value) => {
      const y = s.node('Pad', 'pad', [x, s.constant('pads', int64([8], pads)), value], more)
      return s.node('Conv', 'conv', [y, s.weight('w', [2, 2, 3, 3])], { pads: [1, 0, 0, 1] })
    }
  const fold = async (draw: (s: Sketch, x: Value) => Value) =>
    rewrite(drawn(['N', 2, 5, 5], draw), { only: ['fold-pads', 'unused'], feeds: [fed([1, 2, 5, 5])] })

  it('adds zeros around the image to those of the Conv', async () => {
    const result = await fold(padded([0, 0, 1, 2, 0, 0, 3, 4]))
    assert.deepEqual(result.ops, ['Conv'])
    const [conv] = result.model.main.nodes
    assert.deepEqual(conv?.ints('pads'), [2, 2, 3, 5])
  })

  it('leaves Pad of channels, by reflection, by another number, and one that cuts', async () => {
    assert.equal((await fold(padded([0, 0, 1, 1, 0, 0, 1, 1], { mode: 'reflect' }))).ops.length, 2)
    assert.equal((await fold(padded([0, 0, -1, 0, 0, 0, 0, 0]))).ops.length, 2)
    const channels = (s: Sketch, x: Value) => {
      const y = s.node('Pad', 'pad', [x, s.constant('pads', int64([8], [0, 0, 0, 0, 0, 1, 0, 0]))])
      return s.node('Conv', 'conv', [y, s.weight('w', [2, 3, 3, 3])])
    }
    assert.equal((await fold(channels)).ops.length, 2)
    const ones = (s: Sketch, x: Value) =>
      padded([0, 0, 1, 1, 0, 0, 1, 1], {}, s.constant('one', float32([], [1])))(s, x)
    assert.equal((await fold(ones)).ops.length, 2)
  })
})

describe('The rule gemm', () => {
  const product = (shape: readonly (number | string)[], bias: readonly number[]) =>
    drawn(shape, (s, x) => {
      const y = s.node('MatMul', 'fc', [x, s.weight('w', [4, 3])])
      const b = s.constant('b', float32(bias, uniform(bias, 1, 5)))
      return s.node('Relu', 'relu', [s.node('Add', 'add', [b, y])])
    })

  it('joins the product of matrices and a bias, under the name of the sum', async () => {
    for (const bias of [[3], [1, 3], [1], []]) {
      const result = await rewrite(product(['N', 4], bias), { only: ['gemm'], feeds: [fed([2, 4])] })
      assert.deepEqual(result.ops, ['Gemm', 'Relu'])
      assert.equal([...result.model.main.nodes][0]?.outputs[0]?.name, 'add.out')
    }
  })

  it('leaves products of higher rank, and a bias with rows of its own', async () => {
    assert.deepEqual(await opsOf(product(['N', 2, 4], [3]), ['gemm'], [fed([1, 2, 4])]), ['MatMul', 'Add', 'Relu'])
    assert.deepEqual(await opsOf(product([2, 4], [2, 3]), ['gemm'], [fed([2, 4])]), ['MatMul', 'Add', 'Relu'])
  })
})

describe('The rules shared-weights and common-subexpressions', () => {
  it('store equal weights once, under the first name, and compute equal nodes once', async () => {
    const model = drawn(['N', 4], (s, x) => {
      const layer = (name: string) =>
        s.node('MatMul', name, [x, s.constant(`${name}.w`, float32([4, 4], uniform([4, 4], 1, 7)))])
      return s.node('Add', 'add', [layer('a'), layer('b')])
    })
    const result = await rewrite(model, { feeds: [fed([2, 4])], only: ['shared-weights', 'common-subexpressions'] })
    assert.deepEqual(result.ops, ['MatMul', 'Add'])
    assert.deepEqual(
      [...result.model.main.initializers].map((v) => v.name),
      ['a.w'],
    )
  })

  it('move a weight that two branches have out to where both see it', async () => {
    const s = sketch('branches')
    const flag = s.input('flag', [], 'bool')
    const x = s.input('x', ['N', 8])
    const node = s.nodeOf('If', 'if', [flag], ['if.out'])
    for (const [branch, op] of [
      ['then_branch', 'Relu'],
      ['else_branch', 'Tanh'],
    ] as const) {
      s.body(node, branch, (body) => {
        const w = body.constant(`${branch}.w`, float32([8, 8], uniform([8, 8], 1, 7)))
        body.output(`${branch}.y`, body.node(op, `${branch}.op`, [body.node('MatMul', `${branch}.fc`, [x, w])]), null)
      })
    }
    s.output('y', outputOf(node), null)
    const feeds = [0, 1].map((is) => ({
      flag: { dtype: 'bool' as const, shape: [], data: Uint8Array.of(is) },
      ...fed([2, 8]),
    }))
    const result = await rewrite(s.model, { feeds, only: ['shared-weights'] })
    assert.equal(result.model.main.initializers.size, 1)
    assert.equal(result.changed.length, 2)
  })

  it('leave nodes that draw by lot, and weights that differ in a bit or in shape', async () => {
    const model = drawn([4], (s, x) => {
      const random = (name: string) => s.node('RandomUniform', name, [], { shape: [4] })
      const zero = (name: string, value: number, shape: number[]) => s.constant(name, float32(shape, [value]))
      const parts = [random('r'), random('q'), zero('plus', 0, [1]), zero('minus', -0, [1]), zero('scalar', 0, [])]
      return parts.reduce((sum, part, i) => s.node('Add', `add${i}`, [sum, part]), x)
    })
    assert.deepEqual((await rewrite(model, { only: ['shared-weights', 'common-subexpressions'] })).changed, [])
  })
})

describe('The rules inline-branches and inline-functions', () => {
  it('put the branch of a constant condition in the place of the If, bodies inside of it included', async () => {
    const s = sketch('branches')
    const x = s.input('x', [2])
    const yes = bool(s, 'yes', true)
    const flag = s.input('flag', [], 'bool')
    const node = s.nodeOf('If', 'if', [yes], ['if.out'])
    s.body(node, 'then_branch', (body) => {
      const r = body.node('Relu', 'r', [body.node('Add', 'a', [x, body.weight('w', [2], 3)])])
      const inner = body.nodeOf('If', 'inner', [flag], ['inner.out'])
      for (const branch of ['then_branch', 'else_branch']) {
        body.body(inner, branch, (b) =>
          b.output(`${branch}.z`, b.node(branch === 'then_branch' ? 'Neg' : 'Tanh', `${branch}.op`, [r]), null),
        )
      }
      body.output('then.y', outputOf(inner), null)
    })
    s.body(node, 'else_branch', (body) => body.output('else.y', body.node('Neg', 'n', [x]), null))
    s.output('y', outputOf(node), null)
    const feeds = [0, 1].map((is) => ({
      flag: { dtype: 'bool' as const, shape: [], data: Uint8Array.of(is) },
      ...fed([2]),
    }))
    const result = await rewrite(s.model, { feeds, only: ['inline-branches', 'unused'] })
    assert.deepEqual(result.ops, ['Add', 'Relu', 'If', 'Neg', 'Tanh'])
  })

  it('put the nodes of a function in the place of its only call, with the attributes of the call', async () => {
    const s = sketch('functions', 17, { local: 1 })
    const x = s.input('x', [2])
    const f = s.model.addFunction({ domain: 'local', name: 'f', overload: '', opsets: new Map([['', 17]]), extra: {} })
    const inside = s.model.addInput(f.graph, 'in', null)
    const [leaky] = s.model.addNode(f.graph, {
      op: 'LeakyRelu',
      inputs: [inside],
      outputs: ['out'],
      attrs: { alpha: { kind: 'ref', value: 'slope' } },
    }).outputs
    assert.ok(leaky)
    s.model.addOutput(f.graph, leaky)
    const call = s.node('f', 'call', [s.node('Neg', 'neg', [x])], { slope: attr.float(0.25) }, { domain: 'local' })
    s.output('y', call, null)
    const result = await rewrite(s.model, { feeds: [fed([2])] })
    assert.deepEqual(result.ops, ['Neg', 'LeakyRelu'])
    assert.equal([...result.model.main.nodes][1]?.float('alpha', 0), 0.25)
    assert.deepEqual([...result.model.opsets.keys()], [''])
  })
})

describe('The rules unused, constants, declared-types and notes', () => {
  it('remove what nobody reads, and keep inputs and their defaults', async () => {
    const s = sketch('unused', 17, { 'com.example': 3 })
    const x = s.input('x', ['N', 3])
    s.model.setDefault(s.input('spare', [1]), float32([1], [4]))
    s.weight('lost', [3])
    s.node('Relu', 'second', [s.node('Neg', 'first', [x])])
    s.output('y', s.node('Tanh', 'tanh', [x]), null)
    const result = await rewrite(s.model, { only: ['unused'], feeds: [fed([2, 3])] })
    assert.deepEqual(result.ops, ['Tanh'])
    assert.deepEqual(
      result.model.main.inputs.map((v) => v.name),
      ['x', 'spare'],
    )
    assert.deepEqual(
      result.changed.map(({ target }) => target),
      ['second', 'first', 'lost', 'com.example'],
    )
  })

  it('leave out optional outputs that nobody reads', async () => {
    const model = drawn([2, 1, 4, 4], (s, x) => {
      const pool = s.nodeOf('MaxPool', 'pool', [x], ['max', 'indices'], { kernel_shape: [2, 2] })
      return outputOf(pool)
    })
    const result = await rewrite(model, { only: ['unused'], feeds: [fed([2, 1, 4, 4])] })
    assert.equal([...result.model.main.nodes][0]?.outputs.length, 1)
  })

  it('turn Constant nodes into initializers, but not before IR 4', async () => {
    const attrs = { value: attr.tensor(float32([3], [1, 2, 3])) }
    const draw = (s: Sketch, x: Value) => s.node('Add', 'add', [x, s.node('Constant', 'c', [], attrs)])
    assert.deepEqual(await opsOf(drawn(['N', 3], draw), ['constants'], [fed([2, 3])]), ['Add'])
    const old = drawn(['N', 3], draw, 9)
    const { model } = old.clone()
    Object.assign(model, { irVersion: 3 })
    assert.deepEqual(await opsOf(model, ['constants']), ['Constant', 'Add'])
  })

  it('remove declared types that follow from the graph, and keep those behind unknown ops', async () => {
    const s = sketch('declared', 17, { custom: 1 })
    const x = s.input('x', ['N', 3])
    const relu = s.node('Relu', 'relu', [x])
    const odd = s.node('Odd', 'odd', [relu], {}, { domain: 'custom' })
    const neg = s.node('Neg', 'neg', [odd])
    s.output('y', s.node('Abs', 'abs', [neg]), tensorType('float32', ['N', 5]))
    for (const value of [relu, odd]) s.model.declare(value, tensorType('float32', value === relu ? ['N', 3] : ['N', 5]))
    const result = await rewrite(s.model, { only: ['declared-types'] })
    assert.deepEqual(
      result.changed.map(({ target }) => target),
      ['relu.out'],
    )
    assert.deepEqual(result.skipped, [{ target: 'odd', what: 'custom.Odd is unknown to ONNX Runtime: left as it is' }])
  })
})
