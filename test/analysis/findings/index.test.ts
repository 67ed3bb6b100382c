import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { float32, int64, outputOf, sketch } from '../../../fixtures/sketch.js'
import { type Finding, type FindingKind, finders, findingsOf } from '../../../src/analysis/findings/index.js'
import { countMacs } from '../../../src/analysis/macs.js'
import { inventoryOf } from '../../../src/analysis/pieces.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { attr } from '../../../src/ir/attr.js'
import type { Model } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { readModel } from '../../../src/onnx/read.js'

const FOLDER = new URL('../../../src/analysis/findings/', import.meta.url)
/** Files that are no finders. */
const OTHERS = ['index.js', 'finding.js', 'live.js']

async function all(model: Model, unused = 0): Promise<Finding[]> {
  const inventory = inventoryOf(model, countMacs(model, await inferShapes(model)), [])
  return findingsOf(model, { ...inventory, unused })
}

async function found(model: Model, kind: FindingKind): Promise<Omit<Finding, 'kind' | 'remedy'>[]> {
  return (await all(model)).flatMap((f) => {
    return f.kind === kind ? [{ what: f.what, targets: f.targets, bytes: f.bytes }] : []
  })
}

/** x [1, 4] through products with weights, each behind the other. */
function products(...weights: readonly (readonly [name: string, values: readonly number[]])[]) {
  const s = sketch('products')
  let x = s.input('x', [1, 4])
  for (const [name, values] of weights) {
    x = s.node('MatMul', `by-${name}`, [x, s.constant(name, float32([4, 4], values))])
  }
  s.output('y', x, null)
  return s
}

const RAMP = Array.from({ length: 16 }, (_, i) => i + 1)

describe('The table of findings', () => {
  it('holds every finder of the folder', async () => {
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.js') && !OTHERS.includes(name))
    for (const file of files) {
      const exports: Record<string, unknown> = await import(new URL(file, FOLDER).href)
      const functions = Object.values(exports).filter((value) => typeof value === 'function')
      assert.ok(
        functions.some((f) => finders.some((finder) => finder === f)),
        `${file} is not in the table`,
      )
    }
    assert.equal(files.length, finders.length)
  })

  it('says nothing of a model without fault', async () => {
    assert.deepEqual(await all(readModel('fixtures/lenet5.onnx').model), [])
  })

  it('names commands that there are, and what saves most first', async () => {
    const { COMMANDS } = await import('../../../src/commands/index.js')
    const known = new Set([...Object.keys(COMMANDS), 'simplify'])
    for (const path of ['silero_vad_v5', 'silero_vad_legacy']) {
      const findings = await all(readModel(`node_modules/@ricky0123/vad-web/dist/${path}.onnx`).model)
      assert.ok(findings.length > 2, `${findings.length} findings`)
      for (const { remedy, what } of findings) {
        for (const [, command = ''] of remedy.matchAll(/mcompress (\w+)/g)) assert.ok(known.has(command), remedy)
        assert.match(what, /\.$/)
        assert.match(remedy, /\.$/)
      }
      assert.deepEqual(
        findings.map((f) => f.bytes),
        findings.map((f) => f.bytes).sort((a, b) => b - a),
      )
    }
  })
})

describe('duplicate-weights', () => {
  it('tells of equal tensors of one type and shape, a group a finding', async () => {
    const s = sketch('twins')
    const values = Array.from({ length: 1024 }, (_, i) => i)
    const x = s.input('x', [1, 32])
    const twins = ['a', 'b', 'c'].map((name) => s.constant(name, float32([32, 32], values)))
    const other = s.constant('other', float32([32, 32], [...values.slice(0, -1), 0]))
    const flat = s.constant('flat', float32([1024], values))
    let y = x
    for (const w of [...twins, other]) y = s.node('MatMul', `by-${w.name}`, [y, w])
    s.output('y', y, null)
    s.output('z', s.node('Neg', 'negated', [flat]), null)

    assert.deepEqual(await found(s.model, 'duplicate-weights'), [
      { what: '3 tensors float32[32,32] are identical.', targets: ['a', 'b', 'c'], bytes: 2 * 4096 },
    ])
  })

  it('tells -0 from 0, and looks behind equal samples', async () => {
    const s = sketch('nearly')
    const values = Array.from({ length: 65536 }, () => 0)
    const changed = values.map((x, i) => (i === 5000 ? -0 : x))
    const [a, b] = [s.constant('a', float32([256, 256], values)), s.constant('b', float32([256, 256], changed))]
    s.output('y', s.node('MatMul', 'two', [s.node('MatMul', 'one', [s.input('x', [1, 256]), a]), b]), null)

    assert.deepEqual(await found(s.model, 'duplicate-weights'), [])
  })

  it('puts small ones together', async () => {
    const s = products(['a', RAMP], ['b', RAMP], ['c', RAMP.map((x) => -x)], ['d', RAMP.map((x) => -x)])

    assert.deepEqual(await found(s.model, 'duplicate-weights'), [
      { what: '4 small tensors hold 2 values.', targets: ['a', 'b', 'c', 'd'], bytes: 128 },
    ])
  })

  it('tells of Constant nodes apart', async () => {
    const s = sketch('constants')
    const constant = (name: string) =>
      outputOf(s.nodeOf('Constant', name, [], [`${name}.out`], { value: attr.tensor(float32([2], [1, 2])) }))
    const [p, q] = [constant('p'), constant('q')]
    s.output('y', s.node('Add', 'sum', [s.node('Add', 'first', [s.input('x', [2]), p]), q]), null)

    assert.deepEqual(await found(s.model, 'constant-nodes'), [
      { what: '2 Constant nodes make 1 value.', targets: ['p', 'q'], bytes: 8 },
    ])
    assert.deepEqual(await found(s.model, 'duplicate-weights'), [])
  })
})

describe('dead-nodes and unused-initializers', () => {
  it('tell of what no output depends on, each byte once', async () => {
    const s = products(['live', RAMP])
    const dead = s.node('MatMul', 'dead', [
      s.graph.inputs[0] ?? null,
      s.constant(
        'dead.weight',
        float32(
          [4, 4],
          RAMP.map((x) => x + 1),
        ),
      ),
    ])
    s.node('Relu', 'deader', [dead])
    s.nodeOf('Constant', 'alone', [], ['alone.out'], { value: attr.tensor(int64([3], [1, 2, 3])) })
    s.constant('forgotten', float32([3], [7, 8, 9]))

    assert.deepEqual(await found(s.model, 'dead-nodes'), [
      { what: '3 nodes compute what no output depends on.', targets: ['dead', 'deader', 'alone'], bytes: 64 + 24 },
    ])
    assert.deepEqual(await found(s.model, 'unused-initializers'), [
      { what: '1 initializer is read by nothing.', targets: ['forgotten'], bytes: 12 },
    ])
  })

  it('leave alone what a body reads', async () => {
    const s = sketch('body')
    const x = s.input('x', [1, 4])
    const outer = s.node('Relu', 'outer', [x])
    const choice = s.nodeOf('If', 'choice', [s.input('c', [], 'bool')], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.node('Neg', 'inner', [outer]), null))
    s.body(choice, 'else_branch', (b) => b.output('e', b.node('Abs', 'other', [x]), null))
    s.output('y', outputOf(choice), null)

    assert.deepEqual(await all(s.model), [])
  })
})

describe('near-zero-weights', () => {
  it('tells of weights with many small values that are not zero yet', async () => {
    const many = [100, ...Array.from({ length: 8 }, () => 0.5), ...Array.from({ length: 7 }, () => 50)]
    const zeros = many.map((x) => (x === 0.5 ? 0 : x))
    const s = products(['many', many], ['zeros', zeros.map((x, i) => x + (i === 15 ? 1 : 0))], ['none', RAMP])

    const findings = (await all(s.model)).filter((f) => f.kind === 'near-zero-weights')

    assert.deepEqual(
      findings.map(({ what, targets, bytes }) => [what, targets, bytes]),
      [['In 1 weight 50 % of the values are nearly zero: at most a hundredth of the largest.', ['many'], 0]],
    )
    assert.match(findings[0]?.remedy ?? '', /^mcompress prune --sparsity 0\.5 /)
  })
})

describe('zero-channels', () => {
  it('counts output channels without any weight, along the axis of the op', async () => {
    const s = sketch('channels')
    const kernel = Array.from({ length: 3 * 8 }, (_, i) => (i >= 8 && i < 16 ? -0 : i + 1)) // channel 1 of 3
    const x = s.node('Conv', 'conv', [s.input('x', [1, 2, 4, 4]), s.constant('kernel', float32([3, 2, 2, 2], kernel))])
    const columns = Array.from({ length: 27 * 4 }, (_, i) => (i % 4 === 0 || i % 4 === 2 ? 0 : 1)) // 0 and 2 of 4
    const flat = s.node('Flatten', 'flat', [x])
    s.output('y', s.node('MatMul', 'fc', [flat, s.constant('columns', float32([27, 4], columns))]), null)

    assert.deepEqual(await found(s.model, 'zero-channels'), [
      {
        what: '3 output channels of 2 weights are all zero, and computed all the same.',
        targets: ['kernel', 'columns'],
        bytes: 32 + 27 * 2 * 4,
      },
    ])
  })

  it('knows the axis between others, and channels that lie across the pieces that a tensor is read in', async () => {
    const s = sketch('axes')
    const between = Array.from({ length: 2 * 3 * 4 }, (_, i) => (Math.floor(i / 4) % 3 === 1 ? 0 : 1)) // [2, 3, 2, 2]
    const x = s.node('ConvTranspose', 'up', [
      s.input('x', [1, 2, 1, 1]),
      s.constant('between', float32([2, 3, 2, 2], between)),
    ])
    const flat = s.node('Reshape', 'flat', [x, s.constant('shape', int64([2], [1, 12]))])
    // Rows of 800 kB: each is read in two pieces, and only the last weight of the first row is not zero.
    const rows = new Float32Array(2 * 200_000)
    rows[199_999] = 1
    const long = s.constant('long', new MemoryTensor('float32', [2, 200_000], bytesOf(rows)))
    s.output('y', flat, null)
    s.output('z', s.node('Gemm', 'fc', [s.input('v', [1, 200_000]), long], { transB: 1 }), null)

    assert.deepEqual(await found(s.model, 'zero-channels'), [
      {
        what: '2 output channels of 2 weights are all zero, and computed all the same.',
        targets: ['between', 'long'],
        bytes: 32 + 800_000,
      },
    ])
  })

  it('sees no channel in scattered zeros, and counts float16 and float64', async () => {
    const scattered = products(['w', RAMP.map((x, i) => (i % 5 === 0 ? 0 : x))])
    assert.deepEqual(await found(scattered.model, 'zero-channels'), [])

    const s = sketch('precisions')
    const half = new MemoryTensor('float16', [2, 2], bytesOf(Uint16Array.of(0x8000, 0x3c00, 0, 0x3c00)))
    const double = new MemoryTensor('float64', [2, 2], bytesOf(Float64Array.of(-0, 1, 0, 1)))
    s.output('a', s.node('MatMul', 'one', [s.input('x', [1, 2], 'float16'), s.constant('half', half)]), null)
    s.output('b', s.node('MatMul', 'two', [s.input('z', [1, 2], 'float64'), s.constant('double', double)]), null)

    assert.deepEqual(
      (await found(s.model, 'zero-channels')).map(({ targets, bytes }) => [targets, bytes]),
      [[['half', 'double'], 4 + 16]],
    )
  })
})

describe('Findings of single weights', () => {
  it('not-finite-weights counts infinities and NaN', async () => {
    const s = products(['w', [...RAMP.slice(0, 13), Number.NaN, Number.POSITIVE_INFINITY, Number.NaN]], ['fine', RAMP])

    assert.deepEqual(await found(s.model, 'not-finite-weights'), [
      { what: '3 values in 1 weight are infinite or no number.', targets: ['w'], bytes: 0 },
    ])
  })

  it('float64-weights saves half of their bytes', async () => {
    const { model } = readModel('fixtures/generated/float64.onnx')

    assert.deepEqual(await found(model, 'float64-weights'), [
      { what: '2 weights are stored as float64.', targets: ['fc1.weight', 'fc2.weight'], bytes: (240 + 120) / 2 },
    ])
  })

  it('unused-data tells of what data files hold besides, but for padding', async () => {
    const { model } = products(['w', RAMP])

    assert.deepEqual(await all(model, 65_536), [])
    assert.deepEqual(
      (await all(model, 65_537)).map(({ kind, bytes }) => [kind, bytes]),
      [['unused-data', 65_537]],
    )
  })
})

describe('Findings of nodes', () => {
  it('foldable-nodes tells of what depends on constants alone, and not of what dequantizes weights', async () => {
    const s = sketch('folds')
    const w = s.node('Transpose', 'turned', [s.constant('w', float32([4, 4], RAMP))])
    const codes = s.constant('codes', new MemoryTensor('int8', [4, 4], new Uint8Array(16).fill(3)))
    const scaled = s.node('DequantizeLinear', 'scaled', [codes, s.constant('scale', float32([], [0.5]))])
    const twice = s.node('Mul', 'twice', [w, s.constant('two', float32([], [2]))])
    const x = s.node('MatMul', 'one', [s.input('x', [1, 4]), twice])
    s.output('y', s.node('MatMul', 'two', [x, scaled]), null)

    assert.deepEqual(await found(s.model, 'foldable-nodes'), [
      { what: '2 nodes compute the same in every run.', targets: ['turned', 'twice'], bytes: 0 },
    ])
  })

  it('foldable-norms tells of batch normalization behind a layer that only it reads', async () => {
    const s = sketch('norms')
    const norm = (name: string, x: Parameters<typeof s.node>[2][number]) =>
      s.node('BatchNormalization', name, [
        x,
        ...['scale', 'shift', 'mean', 'var'].map((p) => s.constant(`${name}.${p}`, float32([2], [1, 2]))),
      ])
    const conv = (name: string, x: Parameters<typeof s.node>[2][number]) =>
      s.node('Conv', name, [x, s.weight(`${name}.w`, [2, 2, 1, 1])])
    const x = s.input('x', [1, 2, 4, 4])
    const folded = norm('folded', conv('conv1', x))
    const shared = conv('conv2', folded)
    s.output('a', norm('kept', shared), null)
    s.output('b', norm('alone', s.node('Relu', 'relu', [shared])), null)

    assert.deepEqual(await found(s.model, 'foldable-norms'), [
      {
        what: '1 BatchNormalization stands behind a layer that could do the same along the way.',
        targets: ['folded'],
        bytes: 3 * 8,
      },
    ])
  })

  it('idle-nodes tells of Identity and Dropout that something depends on', async () => {
    const s = sketch('idle')
    const x = s.node('Dropout', 'dropped', [s.node('Identity', 'same', [s.input('x', [1, 4])])])
    s.node('Identity', 'dead', [x])
    s.output('y', s.node('Relu', 'relu', [x]), null)

    assert.deepEqual(await found(s.model, 'idle-nodes'), [
      {
        what: '2 nodes (Identity, Dropout) hand on their input as it is.',
        targets: ['same', 'dropped'],
        bytes: 0,
      },
    ])
  })

  it('idle-nodes leaves those alone that make an output of what is none by itself', async () => {
    const s = sketch('needed')
    const x = s.input('x', [1, 4])
    s.output('same', s.node('Identity', 'of-an-input', [x]), null)
    const relu = s.node('Relu', 'relu', [x])
    s.output('one', relu, null)
    s.output('two', s.node('Identity', 'of-an-output', [relu]), null)
    const choice = s.nodeOf('If', 'choice', [s.input('c', [], 'bool')], ['y'])
    s.body(choice, 'then_branch', (b) => b.output('t', b.node('Identity', 'of-an-outer', [relu]), null))
    s.body(choice, 'else_branch', (b) => {
      b.output('e', b.node('Identity', 'of-the-body', [b.node('Neg', 'negated', [relu])]), null)
    })
    s.output('y', outputOf(choice), null)

    assert.deepEqual(
      (await found(s.model, 'idle-nodes')).map((f) => f.targets),
      [['of-the-body']],
    )
  })
})
