import assert from 'node:assert/strict'
import { float32, int64, outputOf, Sketch, sketch } from '../../fixtures/sketch.js'
import { NothingToDoError, UnsupportedModelError, UsageError } from '../../src/errors.js'
import { attr } from '../../src/ir/attr.js'
import { Model } from '../../src/ir/graph.js'
import { tensorType } from '../../src/ir/type.js'
import { walk } from '../../src/ir/walk.js'
import { upgradeOpset } from '../../src/rewrites/upgrade-opset.js'
import { assertEqualOutputs, outputsOf, upgraded } from './upgrade.js'

/** A model of an opset with one output, the value that `draw` gives. */
function drawn(opset: number, draw: (s: Sketch) => ReturnType<Sketch['node']>, domains = {}): Model {
  const s = sketch('model', opset, domains)
  s.output('y', draw(s), null)
  return s.model
}

const relu = (s: Sketch) => s.node('Relu', 'relu', [s.input('x', [2, 3])])
const opsOf = (model: Model) => [...walk(model)].map((node) => node.op)

describe('upgradeOpset', () => {
  it('says what it did: the model, then each node that is written in another way', async () => {
    const model = drawn(9, (s) => {
      const clip = s.node('Clip', 'clip', [relu(s)], { max: attr.float(6) })
      return s.node('Upsample', 'up', [s.node('Unsqueeze', 'u', [clip], { axes: [0, 1] }), float32Scales(s)])
    })

    const { changed, skipped } = await upgraded(model, 13)

    assert.deepEqual(changed, [
      { target: 'the model', what: 'opset 9 → 13, IR version 4 → 7' },
      { target: 'up', what: 'Upsample → Resize, as of opset 10, 11, 13' },
      { target: 'clip', what: 'Clip, as of opset 11' },
      { target: 'u', what: 'Unsqueeze, as of opset 13' },
    ])
    assert.deepEqual(skipped, [])
  })

  it('keeps the names of all values', async () => {
    const model = drawn(9, (s) => s.node('Softmax', 'soft', [s.input('x', ['N', 3, 4])], { axis: 1 }))

    const { model: result } = await upgraded(model, 13)

    assert.deepEqual(opsOf(result), ['Flatten', 'Softmax', 'Reshape'])
    assert.equal(result.main.outputs[0]?.value.name, 'soft.out')
  })

  it('stores equal constants of a graph once', async () => {
    const model = drawn(9, (s) => {
      const a = s.node('Unsqueeze', 'a', [relu(s)], { axes: [0] })
      const b = s.node('Unsqueeze', 'b', [a], { axes: [0] })
      return s.node('Unsqueeze', 'c', [b], { axes: [1] })
    })

    const { model: result } = await upgraded(model, 13)

    assert.deepEqual([...result.main.initializers].map((v) => v.name).sort(), ['axes', 'axes_1'])
  })

  it('gives bounds the element type of what they bound', async () => {
    const bits = { float16: '0038', bfloat16: '003f', float64: '000000000000e03f', float32: '0000003f' } // 0.5
    for (const [dtype, hex] of Object.entries(bits)) {
      const x = (s: Sketch) => s.input('x', [2], dtype as keyof typeof bits) // by the line above
      const model = drawn(9, (s) => s.node('Clip', 'clip', [x(s)], { max: attr.float(0.5) }))

      const { model: result } = await upgraded(model, 13)

      const [max] = result.main.initializers
      assert.equal(max?.constant?.dtype, dtype)
      assert.deepEqual(max.constant.shape, [])
      assert.equal(Buffer.from(max.constant.read()).toString('hex'), hex)
    }
  })

  it('drops outputs of training that nothing reads', async () => {
    const model = drawn(9, (s) => {
      const parameters = ['scale', 'bias', 'mean', 'var'].map((name) => s.constant(name, float32([3], [1, 1, 1])))
      const norm = s.nodeOf('BatchNormalization', 'bn', [relu(s), ...parameters], ['n', 'n1', 'n2', 'n3', 'n4'])
      return outputOf(s.nodeOf('Dropout', 'drop', [outputOf(norm)], ['d', 'mask']))
    })
    const outputs = async (to: number) =>
      [...(await upgraded(model, to)).model.main.nodes].map((node) => node.outputs.length)

    assert.deepEqual(await outputs(10), [1, 5, 1])
    assert.deepEqual(await outputs(14), [1, 1, 1])
  })

  it('leaves the empty inputs of a Resize out, and writes modes that are gone in another way', async () => {
    const model = drawn(11, (s) => {
      const empty = s.constant('empty', float32([0], []))
      const attrs = { nearest_mode: 'floor', coordinate_transformation_mode: 'tf_half_pixel_for_nn' }
      const sizes = s.constant('sizes', int64([4], [1, 1, 3, 3]))
      return s.node('Resize', 'up', [s.input('x', [1, 1, 2, 2]), empty, empty, sizes], attrs)
    })

    const { model: result } = await upgraded(model, 13)

    const [resize] = result.main.nodes
    assert.deepEqual(
      resize?.inputs.map((v) => v?.name),
      ['x', undefined, undefined, 'sizes'],
    )
    assert.equal(resize?.string('coordinate_transformation_mode'), 'half_pixel')
    assert.equal(resize?.string('nearest_mode'), 'round_prefer_ceil')
    assert.deepEqual(
      [...result.main.initializers].map((v) => v.name),
      ['sizes'],
    )
  })

  it('upgrades bodies, which see the constants of their own graph', async () => {
    const model = drawn(10, (s) => {
      const x = s.input('x', [2, 3])
      const branch = s.nodeOf('If', 'if', [s.input('c', [], 'bool')], ['if.out'])
      s.body(branch, 'then_branch', (body) => {
        body.output(
          'then',
          body.node(
            'Clip',
            'clip',
            [
              body.node(
                'Squeeze',
                'one',
                [
                  body.node('Slice', 'row', [
                    x,
                    ...[[0], [1], [0]].map((v, i) => body.constant(`slice${i}`, int64([1], v))),
                  ]),
                ],
                { axes: [0] },
              ),
            ],
            { max: attr.float(0.5) },
          ),
          null,
        )
      })
      s.body(branch, 'else_branch', (body) => {
        body.output('else', body.node('ReduceSum', 'sum', [x], { axes: [0], keepdims: 0 }), null)
      })
      return outputOf(branch)
    })

    for (const to of [11, 13, 21]) {
      assertEqualOutputs(await outputsOf((await upgraded(model, to)).model), await outputsOf(model), `opset ${to}`)
    }
  })

  it('upgrades functions from the opset that they import themselves, with attributes of their calls', async () => {
    const model = drawn(
      17,
      (s) => {
        const f = s.model.addFunction({
          domain: 'local',
          name: 'Mean',
          overload: '',
          opsets: new Map([['', 17]]),
          extra: { attribute: ['axes'] },
        })
        const inside = new Sketch(s.model, f.graph)
        const x = s.model.addInput(f.graph, 'fx', null)
        const mean = inside.node('ReduceMean', 'mean', [x], { axes: { kind: 'ref', value: 'axes' } })
        const max = inside.node('ReduceMax', 'max', [mean], { axes: [0] })
        s.model.addOutput(f.graph, max, { name: 'fy' })
        return s.node('Mean', 'call', [s.input('x', [2, 3, 4])], { axes: [1] }, { domain: 'local' })
      },
      { local: 1 },
    )

    const { model: result } = await upgraded(model, 21)

    const [f] = result.functions.values()
    assert.equal(f?.opsets.get(''), 21)
    assert.equal([...model.functions.values()][0]?.opsets.get(''), 17)
    assert.deepEqual(
      [...(f?.graph.nodes ?? [])].map((node) => node.op),
      ['Constant', 'ReduceMean', 'Constant', 'ReduceMax'],
    )
    assert.equal(f?.graph.initializers.size, 0)
    assertEqualOutputs(await outputsOf(result), await outputsOf(model), 'opset 21')
  })

  it('makes constants of the weights that had to be inputs before IR 4', async () => {
    const model = new Model({ irVersion: 3, opsets: new Map([['', 8]]) })
    const x = model.addInput(model.main, 'x', tensorType('float32', [2, 3]))
    const w = model.addInput(model.main, 'w', tensorType('float32', [3]))
    model.setDefault(w, float32([3], [1, 2, 3]))
    const add = model.addNode(model.main, { op: 'Add', inputs: [x, w], outputs: ['y'] })
    model.addOutput(model.main, outputOf(add))

    const { model: result } = await upgraded(model, 17)

    assert.equal(result.irVersion, 8)
    assert.deepEqual(
      result.main.inputs.map((v) => v.name),
      ['x'],
    )
    assert.deepEqual(
      [...result.main.initializers].map((v) => v.name),
      ['w'],
    )
    assertEqualOutputs(await outputsOf(result), await outputsOf(model), 'opset 17')
  })

  it('lowers no IR version, and leaves other domains', async () => {
    const model = drawn(17, (s) => s.node('Gelu', 'gelu', [relu(s)], {}, { domain: 'com.microsoft' }), {
      'com.microsoft': 1,
    })
    model.raiseIrVersion(11)

    const { model: result, changed } = await upgraded(model, 18)

    assert.equal(result.irVersion, 11)
    assert.deepEqual(
      [...result.opsets],
      [
        ['', 18],
        ['com.microsoft', 1],
      ],
    )
    assert.deepEqual(changed, [{ target: 'the model', what: 'opset 17 → 18' }])
  })

  it('upgrades around ops that ONNX Runtime does not know, and names those that claim to be of ONNX', async () => {
    const model = drawn(
      9,
      (s) => {
        const custom = s.node(
          'Mystery',
          'mystery',
          [s.node('Clip', 'clip', [relu(s)], { max: attr.float(6) })],
          {},
          { domain: 'my' },
        )
        return s.node('Squeeze', 'squeeze', [s.node('Frobnicate', 'odd', [custom])], { axes: [0] })
      },
      { my: 1 },
    )

    const { changed, skipped } = await upgraded(model, 13)

    assert.deepEqual(
      changed.map(({ target }) => target),
      ['the model', 'clip', 'squeeze'],
    )
    assert.deepEqual(skipped, [{ target: 'odd', why: 'Frobnicate is no op of ONNX: left as it is' }])
  })
})

describe('upgradeOpset refuses', () => {
  const refused = (model: Model, to: number, message: RegExp) =>
    assert.rejects(upgradeOpset(model, to), (error: unknown) => {
      assert.ok(error instanceof UnsupportedModelError)
      assert.match(error.message, message)
      assert.ok(error.suggestions.length > 0)
      return true
    })

  it('an opset out of range, one before that of the model, and its own', async () => {
    const usage = async (from: number, to: number, message: RegExp, remedy: RegExp) =>
      assert.rejects(upgradeOpset(drawn(from, relu), to), (error: unknown) => {
        assert.ok(error instanceof UsageError)
        assert.match(error.message, message)
        assert.match(error.suggestions.join(), remedy)
        return true
      })
    await usage(9, 22, /Opset 22 is out of range: it must be one from 7 to 21\./, /for the latest, 21/)
    await usage(9, 6, /Opset 6 is out of range/, /for the latest, 21/)
    await usage(9, 9.5, /Opset 9\.5 is out of range/, /for the latest/)
    await usage(17, 13, /has opset 17; it cannot be brought down to 13/, /from 18 to 21/)
    await usage(22, 21, /has opset 22; it cannot be brought down to 21/, /Export it anew/)
    await assert.rejects(upgradeOpset(drawn(17, relu), 17), NothingToDoError)
  })

  it('a mask of Dropout, and outputs of BatchNormalization that only training fills', async () => {
    const dropout = drawn(9, (s) => outputOf(s.nodeOf('Dropout', 'drop', [relu(s)], ['a', 'b']), 1))
    await refused(dropout, 10, /cannot be upgraded to opset 10\. "drop" \(Dropout\): its mask is used/)

    const parameters = (s: Sketch) =>
      ['scale', 'bias', 'mean', 'var'].map((name) => s.constant(name, float32([3], [1, 1, 1])))
    const training = drawn(9, (s) => {
      const names = ['a', 'b', 'c', 'd', 'e']
      return outputOf(s.nodeOf('BatchNormalization', 'bn', [relu(s), ...parameters(s)], names), 1)
    })
    await refused(
      training,
      14,
      /"bn" \(BatchNormalization\): its outputs behind the first, those of training, are used/,
    )
  })

  it('a Scan with a batch axis, a rounding that is gone, and ops that never were standard', async () => {
    const scan = drawn(8, (s) => outputOf(s.nodeOf('Scan', 'scan', [null, relu(s)], ['z'])))
    await refused(scan, 9, /"scan" \(Scan\): it has a batch axis, which Scan lost with opset 9/)

    const resize = drawn(11, (s) => {
      const x = s.input('x', [1, 1, 2, 2])
      const inputs = [x, s.constant('roi', float32([0], [])), float32Scales(s)]
      return s.node('Resize', 'up', inputs, { coordinate_transformation_mode: 'tf_half_pixel_for_nn' })
    })
    await refused(resize, 13, /"up" \(Resize\): tf_half_pixel_for_nn/)

    const experimental = drawn(9, (s) => s.node('ATen', 'aten', [s.input('x', [1, 3, 2, 2])]))
    await refused(experimental, 10, /"aten" \(ATen\): it was experimental/)
  })

  it('a bound whose element type nobody knows', async () => {
    const model = drawn(
      9,
      (s) =>
        s.node('Clip', 'clip', [s.node('Mystery', 'm', [s.input('x', [2])], {}, { domain: 'my' })], {
          max: attr.float(6),
        }),
      { my: 1 },
    )
    await refused(model, 11, /"clip" \(Clip\): the element type of its input "m.out" is not known/)
  })

  it('an attribute of a call that a rule would have to look at', async () => {
    const s = sketch('model', 16, { local: 1 })
    const f = s.model.addFunction({
      domain: 'local',
      name: 'Grid',
      overload: '',
      opsets: new Map([['', 16]]),
      extra: { attribute: ['mode'] },
    })
    const [x, grid] = [s.model.addInput(f.graph, 'fx', null), s.model.addInput(f.graph, 'fg', null)]
    const sampled = s.model.addNode(f.graph, {
      op: 'GridSample',
      name: 'grid',
      inputs: [x, grid],
      outputs: ['fy'],
      attrs: { mode: { kind: 'ref', value: 'mode' } },
    })
    s.model.addOutput(f.graph, outputOf(sampled))
    s.output('y', relu(s), null)

    await refused(s.model, 20, /"grid" \(GridSample\): its mode is that of each call of a function/)
  })

  it('an attribute that becomes an input where a call leaves it out', async () => {
    const s = sketch('model', 17, { local: 1 })
    const f = s.model.addFunction({
      ...{ domain: 'local', name: 'Mean', overload: '', opsets: new Map([['', 17]]), extra: { attribute: ['axes'] } },
    })
    const inside = new Sketch(s.model, f.graph)
    const mean = inside.node('ReduceMean', 'mean', [s.model.addInput(f.graph, 'fx', null)], {
      axes: { kind: 'ref', value: 'axes' },
    })
    s.model.addOutput(f.graph, mean, { name: 'fy' })
    s.output('y', s.node('Mean', 'call', [s.input('x', [2, 3, 4])], {}, { domain: 'local' }), null)

    await refused(s.model, 18, /"mean" \(ReduceMean\): its axes is that of each call of a function, and some give none/)
  })

  it('several nodes at once, the first of them by name', async () => {
    const model = drawn(9, (s) => {
      let x = relu(s)
      for (let i = 0; i < 7; i++) x = outputOf(s.nodeOf('Dropout', `drop${i}`, [x], [`a${i}`, `b${i}`]), 1)
      return x
    })
    await refused(model, 10, /"drop0".*"drop4" \(Dropout\): [^;]*; and 2 more\./)
  })

  it('what was said otherwise before opset 7 and cannot be said now', async () => {
    const x = (s: Sketch) => s.input('x', [2, 3])
    const training = drawn(6, (s) => s.node('Dropout', 'drop', [x(s)], { is_test: 0 }))
    await refused(training, 7, /"drop" \(Dropout\): it drops at random, as in training \(is_test is 0\)/)
    const norm = drawn(1, (s) => s.node('GlobalLpPool', 'pool', [s.input('x', [1, 2, 3])], { p: attr.float(1.5) }))
    await refused(norm, 7, /"pool" \(GlobalLpPool\): its norm is 1\.5/)
    const type = drawn(1, (s) => s.node('Cast', 'cast', [x(s)], { to: 'QUANTUM' }))
    await refused(type, 7, /"cast" \(Cast\): it casts to "QUANTUM", which is no type/)
    const sizes = drawn(1, (s) => s.node('Split', 'split', [x(s), s.constant('sizes', float32([1], [3]))], { axis: 1 }))
    await refused(sizes, 7, /"split" \(Split\): its sizes are an input/)
    const tiles = drawn(1, (s) =>
      s.node('Tile', 'tile', [x(s), s.constant('n', int64([], [2])), s.constant('a', int64([], [0]))]),
    )
    await refused(tiles, 7, /"tile" \(Tile\): it repeats along one axis/)
  })

  it('nothing in a model without ops of ONNX: there is nothing to do', async () => {
    const model = new Model({ irVersion: 8, opsets: new Map([['com.microsoft', 1]]) })
    await assert.rejects(upgradeOpset(model, 13), NothingToDoError)
  })
})

function float32Scales(s: Sketch) {
  return s.constant('scales', float32([4], [1, 1, 2, 2]))
}
