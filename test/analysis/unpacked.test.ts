import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { float32, sketch } from '../../fixtures/sketch.js'
import { divide, type Part } from '../../src/analysis/anatomy.js'
import { DIVISIONS } from '../../src/analysis/division.js'
import { findingsOf } from '../../src/analysis/findings/index.js'
import { describeModel } from '../../src/analysis/layers.js'
import { countMacs } from '../../src/analysis/macs.js'
import { inventoryOf } from '../../src/analysis/pieces.js'
import { inferShapes } from '../../src/analysis/shapes.js'
import { storedIn, unpacked } from '../../src/analysis/unpacked.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { label } from '../../src/encodings/index.js'
import { packedIn } from '../../src/encodings/packed.js'
import { unpackModel } from '../../src/encodings/unpack.js'
import type { Model } from '../../src/ir/graph.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { samples, store } from '../encodings/samples.js'
import { temporaryFolder } from '../support/data-files.js'

/** x through a layer of a weight that is stored so, and through one that stands as it is. */
function layered(encoded: Encoded): Model {
  const s = sketch('layered', 13)
  const w = s.constant('fc1.weight', float32(encoded.shape, Array(64 * 64).fill(1)))
  const hidden = s.node('MatMul', 'fc1', [s.input('x', ['N', 64]), w])
  s.output('y', s.node('MatMul', 'fc2', [hidden, s.weight('fc2.weight', [64, 8])]), null)
  store(s.model, w, encoded)
  return s.model
}

const told = async (model: Model) => describeModel(model, await inferShapes(model))

describe('A packed model', () => {
  const inFolder = temporaryFolder()
  const cases = samples([64, 64])

  for (const encoded of cases) {
    it(`of ${label(encoded)} is told of as the dense one`, async () => {
      const model = layered(encoded)
      const { model: dense } = model.clone()
      unpackModel(dense, { castOnly: true })

      const { model: shown } = await unpacked(model)
      const [is, was] = [await told(shown), await told(dense)]

      const withoutBytes = ({ layers, dtypes, ...rest }: typeof is) => ({
        ...rest,
        layers: layers.map(({ bytes: _, encoding: __, ...layer }) => layer),
        dtypes: dtypes.map(({ bytes: _, ...dtype }) => dtype),
      })
      assert.deepEqual(withoutBytes(is), withoutBytes(was))
      assert.deepEqual(
        is.layers.map(({ weight, encoding }) => [weight, encoding]),
        [
          ['fc1.weight', label(encoded)],
          ['fc2.weight', null],
        ],
      )
      const [fc1] = is.layers
      assert.equal(fc1?.bytes, packedIn(model)[0]?.bytes)
      assert.ok(fc1 !== undefined && fc1.bytes < 64 * 64 * 4)
    })

    it(`of ${label(encoded)} adds up to its file, and nobody complains about what decodes it`, async () => {
      writeFileSync(inFolder('model.onnx'), encodeToBytes(layered(encoded)))
      const file = readModel(inFolder('model.onnx'))
      const { model } = await unpacked(file.model)
      const macs = countMacs(model, await inferShapes(model))

      const inventory = inventoryOf(model, macs, [file.source, ...file.external])

      for (const by of DIVISIONS) assert.equal(sumOfLeaves(divide(inventory, by)), file.bytes, by)
      const fc1 = inventory.pieces.find(({ name }) => name === 'fc1.weight')
      assert.equal(fc1?.node?.label, 'fc1')
      assert.equal(fc1.parameters, 64 * 64)
      const stored = file.bytes - inventory.structure - 64 * 8 * 4
      assert.equal(fc1.bytes, stored, 'all that is no graph and not fc2')
      const findings = findingsOf(model, inventory)
      const ofValues = ['near-zero-weights', 'zero-channels']
      assert.deepEqual(
        findings.filter(({ kind, bytes }) => !ofValues.includes(kind) || bytes > 0),
        [],
      )
      file.close()
    })
  }

  it('is unpacked once, until it changes', async () => {
    const [encoded] = cases
    assert.ok(encoded)
    const model = layered(encoded)

    const first = await unpacked(model)

    assert.equal(await unpacked(model), first)
    assert.equal(await unpacked(first.model), first)
    assert.equal(storedIn(first.model), first.packed)
    model.setOpset('', 14)
    assert.notEqual(await unpacked(model), first)
  })

  it('that is dense is what it is', async () => {
    const s = sketch('dense')
    s.output('y', s.node('MatMul', 'fc', [s.input('x', ['N', 4]), s.weight('w', [4, 4])]), null)

    const { model, packed } = await unpacked(s.model)

    assert.equal(model, s.model)
    assert.equal(packed.size, 0)
  })
})

function sumOfLeaves({ bytes, children }: Part): number {
  return children.length === 0 ? bytes : children.reduce((sum, child) => sum + sumOfLeaves(child), 0)
}
