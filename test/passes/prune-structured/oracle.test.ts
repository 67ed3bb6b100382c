import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { float32, int64, type Sketch, sketch } from '../../../fixtures/sketch.js'
import { type Dependencies, dependenciesOf, type Removal } from '../../../src/analysis/dependencies/dependencies.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { DataError, VerificationError } from '../../../src/errors.js'
import { numberToFloat16 } from '../../../src/ir/float16.js'
import type { Model, Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { elementCount, tensorType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import type { LearningData, OracleResult, PassContext } from '../../../src/passes/pass.js'
import { verifyCut } from '../../../src/passes/prune-structured/oracle.js'
import { cut } from '../../../src/rewrites/cut/cut.js'
import { numbersIn } from '../prune/pools.js'

type Cut = (dependencies: Dependencies, removal: Removal) => unknown

const NO_CHOICE = { part: 'all', limit: null, batchSize: null, binds: {}, label: null } as const

describe('The oracle', () => {
  const folders: string[] = []
  afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))))
  const context: PassContext = {
    seed: 0,
    folder: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'mcompress-oracle-'))
      folders.push(folder)
      return folder
    },
  }

  /** Removes the first half of each group. */
  async function verified(model: Model, carryOut: Cut = cut, more: Partial<PassContext> = {}): Promise<OracleResult> {
    const { model: before } = model.clone()
    const dependencies = dependenciesOf(model, await inferShapes(model), await inferShapes(model, { open: true }))
    const removal = new Uint8Array(dependencies.unitCount)
    for (const { units } of dependencies.groups) for (const unit of units.slice(0, units.length >> 1)) removal[unit] = 1
    carryOut(dependencies, removal)
    return verifyCut({ before, model, removal, cut: carryOut }, { ...context, ...more })
  }

  it('finds a right cut equal, on two inputs, within a ten-thousandth of the range', async () => {
    const found = await verified(residual())

    assert.deepEqual({ ...found, maxError: 0 }, { maxError: 0, limit: 1e-4, inputs: 2, notes: [] })
    assert.ok(found.maxError < 1e-5, `${found.maxError}`)
  })

  it('tells a cut that removed other channels than it should, by its group and the layers that make it', async () => {
    // The weights that read conv3 lose the last channels, and those that make them the first.
    const wrong: Cut = (dependencies, removal) => {
      cut(dependencies, removal)
      spoil(dependencies.model, 'w4', (weights) => weights.reverse())
    }

    await assert.rejects(verified(residual(), wrong), (error: VerificationError) => {
      assert.ok(error instanceof VerificationError)
      assert.equal(error.exitCode, 4)
      assert.match(error.message, /^The cut model does not compute .*: output "y" differs by [\d.]+ of its range\. /)
      assert.match(error.message, /No file was written\. It is the cut of the group/)
      assert.match(error.suggestions[0] ?? '', /^Leave it alone: --exclude "/)
      return true
    })
  })

  it('names the one group of many whose cut is wrong', async () => {
    const wrong: Cut = (dependencies, removal) => {
      const group = dependencies.groups.find(({ name }) => name === 'conv3')
      cut(dependencies, removal)
      if (group?.units.some((unit) => removal[unit] === 1)) spoil(dependencies.model, 'w4', (w) => w.map((v) => v + 1))
    }

    await assert.rejects(verified(residual(), wrong), /It is the cut of the group "conv3" \(made by conv3\)\.$/)
  })

  it('names groups whose cuts are wrong only together', async () => {
    const carryOut: Cut = (dependencies, removal) => {
      const isWhole = dependencies.groups.every(({ units }) => units.some((unit) => removal[unit] === 1))
      cut(dependencies, removal)
      if (isWhole) spoil(dependencies.model, 'w4', (w) => w.map((v) => v + 1))
    }
    await assert.rejects(verified(residual(), carryOut), /It is the cut of these groups together: "conv2" .*; "conv3" /)
  })

  it('names no group when the same cut, done again, is right', async () => {
    let times = 0
    const once: Cut = (dependencies, removal) => {
      cut(dependencies, removal)
      if (times++ === 0) spoil(dependencies.model, 'w4', (w) => w.map((v) => v + 1))
    }

    await assert.rejects(verified(residual(), once), (error: VerificationError) => {
      assert.match(error.message, /No file was written\.$/)
      assert.match(error.suggestions.join(), /^This is a bug of mcompress/)
      return true
    })
  })

  it('says what ONNX Runtime says of a cut model that does not load', async () => {
    const wrong: Cut = (dependencies, removal) => {
      cut(dependencies, removal)
      const { model } = dependencies
      const bias = model.main.definitions.get('b3')
      if (bias) model.setConstant(bias, float32([5], [1, 2, 3, 4, 5]))
    }

    await assert.rejects(
      verified(residual(), wrong),
      /original does without what was removed: .*\n?.*No file was written/,
    )
  })

  it('tells of outputs that show nothing, since they are constant or no numbers', async () => {
    const model = residual((s, y) => {
      const zero = s.constant('zero', float32([1], [0]))
      s.output('none', s.node('Mul', 'mul', [y, zero]), null)
      const root = s.node('Sqrt', 'root', [s.node('Sub', 'sub', [zero, s.node('Exp', 'exp', [y])])])
      s.output('nan', root, null)
    })

    const { notes } = await verified(model)
    assert.deepEqual(notes, [
      'In output "none" all elements are about 0: it shows little.',
      'In output "nan" there is no number: it shows nothing.',
    ])
  })

  it('lets an output differ whose choices hang on roundings alone', async () => {
    const rounded: Cut = (dependencies, removal) => {
      cut(dependencies, removal)
      spoil(dependencies.model, 'w2', (w) => w.map((v, i) => v * (1 + 1e-4 * Math.sin(i))))
    }

    const { notes, maxError } = await verified(topOfMany(), rounded)
    assert.ok(maxError > 1e-6 && maxError < 1e-4, `${maxError}`)
    assert.deepEqual(notes, ['In output "order" roundings became other choices: only what goes into top was compared.'])
  })

  it('does not let an output differ when what it is chosen by does', async () => {
    const wrong: Cut = (dependencies, removal) => {
      cut(dependencies, removal)
      spoil(dependencies.model, 'w2', (w) => w.map((v) => v + 1))
    }

    await assert.rejects(verified(topOfMany(), wrong), /what goes into top \("down\.out"\) differs by/)
  })

  it('allows more where float16 rounds every value, and says so', async () => {
    const s = sketch('half')
    const half = (name: string, shape: readonly number[]) => {
      const numbers = Array.from({ length: elementCount(shape) }, (_, i) => numberToFloat16(Math.sin(i * 1.7) / 4))
      return s.constant(name, new MemoryTensor('float16', shape, bytesOf(Uint16Array.from(numbers))))
    }
    const h = s.node('MatMul', 'up', [s.input('x', ['N', 4], 'float16'), half('w1', [4, 32])])
    s.output('y', s.node('MatMul', 'down', [h, half('w2', [32, 3])]), null)

    const { limit, notes, maxError } = await verified(s.model)
    assert.equal(limit, 0.01)
    assert.ok(maxError < 0.01)
    assert.deepEqual(notes, ['Differences up to 0.01 of the range count as rounding: it computes in float16.'])
  })

  it('runs on the data that there are', async () => {
    const engine = { dims: {}, provider: null, threads: 1 }
    const data: LearningData = {
      ...engine,
      ...NO_CHOICE,
      data: 'random?n=1&normal=100,1',
      folder: '',
    }

    const { inputs } = await verified(residual(), cut, { data, engine })
    assert.equal(inputs, 1)
  })

  it('cannot say anything of a model that does not run on made-up inputs', async () => {
    const model = residual((s, y) => {
      const shape = s.node('Cast', 'sizes', [s.node('Exp', 'large', [s.input('more', [1])])], { to: 7 })
      const huge = s.node('Reshape', 'reshape', [y, s.node('Concat', 'concat', [shape, shape], { axis: 0 })])
      s.output('z', huge, null)
    })

    await assert.rejects(verified(model), (error: DataError) => {
      assert.ok(error instanceof DataError)
      assert.match(error.message, /^--verify has nothing to compare: "the model as it was" does not run on made-up/)
      assert.match(error.suggestions[0] ?? '', /--data/)
      return true
    })
  })
})

/** Two convolutions around a sum, and two more behind it; with an axis that is left open. */
function residual(more: (s: Sketch, y: Value) => void = () => {}): Model {
  const s = sketch('residual')
  const x = s.input('x', ['N', 3, 8, 8])
  const conv = (name: string, input: Value, weight: string, to: number, from: number, bias?: string) =>
    s.node(
      'Conv',
      name,
      [
        input,
        s.weight(weight, [to, from, 3, 3]),
        ...(bias
          ? [
              s.constant(
                bias,
                float32(
                  [to],
                  Array.from({ length: to }, (_, i) => i / to),
                ),
              ),
            ]
          : []),
      ],
      { pads: [1, 1, 1, 1] },
    )
  const first = conv('conv1', x, 'w1', 8, 3)
  const second = conv('conv2', s.node('Relu', 'relu', [first]), 'w2', 8, 8)
  const sum = s.node('Add', 'add', [first, second])
  const third = conv('conv3', sum, 'w3', 12, 8, 'b3')
  const fourth = conv('conv4', s.node('Relu', 'relu2', [third]), 'w4', 5, 12)
  s.output('y', fourth, tensorType('float32', ['N', 5, 8, 8]))
  more(s, fourth)
  return s.model
}

/** The order of 512 numbers that lie close to one another. */
function topOfMany(): Model {
  const s = sketch('top')
  const h = s.node('MatMul', 'up', [s.input('x', ['N', 4]), s.weight('w1', [4, 64], 4)])
  const scores = s.node('MatMul', 'down', [h, s.weight('w2', [64, 512], 64)])
  const top = s.nodeOf('TopK', 'top', [scores, s.constant('k', int64([1], [400]))], ['values', 'indices'])
  const [, order] = top.outputs
  if (!order) throw new Error('TopK gives indices.')
  s.output('order', s.node('Cast', 'cast', [order], { to: 1 }), null)
  return s.model
}

function spoil(model: Model, name: string, change: (weights: number[]) => number[]): void {
  const value = model.main.definitions.get(name)
  const tensor = value?.constant
  if (!value || !tensor) throw new Error(`There is no weight "${name}".`)
  model.setConstant(value, float32(tensor.shape, change(numbersIn(tensor))))
}
