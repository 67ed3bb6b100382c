import assert from 'node:assert/strict'
import { join } from 'node:path'
import { float32 } from '../../fixtures/sketch.js'
import { constantOf, graphs, valuesOf } from '../../src/ir/walk.js'
import { extentsOf } from '../../src/onnx/extents.js'
import { readModel } from '../../src/onnx/read.js'

/** The bytes that each constant of a fixture takes in its files, by name. */
function lengths(fixture: string): Record<string, number | null> {
  const { model, close } = readModel(join('fixtures/generated', `${fixture}.onnx`))
  const found = [...graphs(model)].flatMap((graph) =>
    [...valuesOf(graph)].flatMap((value) => {
      const tensor = constantOf(value)
      if (tensor === null) return []
      const extents = extentsOf(tensor)
      return [[value.name, extents === null ? null : extents.reduce((sum, { length }) => sum + length, 0)]]
    }),
  )
  close()
  return Object.fromEntries(found)
}

describe('extentsOf', () => {
  it('is the dense form of raw data', () => {
    const { model, close } = readModel('fixtures/lenet5.onnx')
    for (const { constant } of model.main.initializers) {
      assert.ok(constant)
      const [extent, ...more] = extentsOf(constant) ?? []
      assert.equal(extent?.length, constant.byteLength)
      assert.deepEqual(more, [])
    }
    close()
  })

  it('lies in the file that holds the data, when it is long enough to stay there', () => {
    const { model, source, external, close } = readModel('fixtures/generated/external.onnx')
    const places = [...model.main.initializers].flatMap(({ constant }) => (constant ? (extentsOf(constant) ?? []) : []))

    assert.deepEqual(
      places.map((extent) => extent.source),
      [external[0], null, external[0]],
    )
    assert.notEqual(external[0], source)
    close()
  })

  it('is that of varints where numbers are stored so, of values and places in a sparse tensor, of the text in strings', () => {
    const typed = lengths('types-typed')
    const sparse = lengths('sparse')

    // Three elements: small numbers take a byte, negative ones ten.
    assert.deepEqual([typed.uint8, typed.int8, typed.int64, typed.float32], [3, 12, 12, 12])
    assert.deepEqual(sparse, { 'linear.weight': 15, 'by-axis.weight': 12, diagonal: 15 })
    assert.deepEqual(lengths('strings'), { vocabulary: 0 + 6 + 7 + 6 })
  })

  it('is not known of what came from no file', () => {
    assert.equal(extentsOf(float32([2], [1, 2])), null)
  })
})
