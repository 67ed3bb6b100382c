import assert from 'node:assert/strict'
import type { Hessians } from '../../../src/passes/hessian/factor.js'
import { nearestIn, type RoundedLayer, roundedByHessian } from '../../../src/passes/pack/round-layer.js'
import type { Layout } from '../../../src/rewrites/weight-matrix.js'
import { type MatrixProduct, openMatrixProduct } from '../../../src/runtime/matrix-product.js'
import { flat, product, type Rows, randomRows, transpose } from '../prune/dense-algebra.js'

const PALETTE = Float32Array.of(-0.75, -0.25, 0.25, 0.75)

/** A weight [groups * rows, columns] as it is stored. */
function layoutOf(groups: number, rows: number, columns: number): Layout {
  return {
    ...{ groups, rows, columns, places: 1 },
    rowOffsets: Int32Array.from({ length: groups * rows }, (_, row) => row * columns),
    columnOffsets: Int32Array.from({ length: columns }, (_, column) => column),
  }
}

/** Inputs [samples, columns] that depend on one another: a few causes, and a little of their own. */
function correlated(samples: number, columns: number, seed: number): number[][] {
  const causes = product(randomRows(samples, 4, seed), randomRows(4, columns, seed + 1))
  const own = randomRows(samples, columns, seed + 2)
  return causes.map((row, i) => row.map((v, j) => v + 0.2 * (own[i]?.[j] ?? 0)))
}

const gram = (x: Rows) => flat(product(transpose(x), x))
const rowsOf = (values: ArrayLike<number>, columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, row) =>
    Array.from(values).slice(row * columns, (row + 1) * columns),
  )

/** Of each row the sum of (x d)^2 over the samples, for what the row changed by. */
function errorsOf(x: Rows, before: Rows, after: Rows): number[] {
  const changes = before.map((row, i) => row.map((w, j) => w - (after[i]?.[j] ?? Number.NaN)))
  return product(changes, transpose(x)).map((row) => row.reduce((sum, v) => sum + v * v, 0))
}

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

describe('GPTQ onto a palette', () => {
  let products: MatrixProduct
  before(async () => {
    products = await openMatrixProduct({ threads: 1 })
  })
  after(() => products.release())

  function rounded(
    weights: Float32Array,
    layout: Layout,
    sums: Hessians['sums'],
    { palette = PALETTE, blockSize = 8 } = {},
  ): Promise<RoundedLayer> {
    const layer = { layout, palette, outputs: [...sums.keys()] }
    return roundedByHessian(weights, layer, { damping: 0.01, blockSize }, { sums, product: products, last: null })
  }
  const nearest = (weights: Float32Array) => weights.map((w) => (w === 0 ? 0 : nearestIn(PALETTE)(w)))

  for (const [rows, columns] of [
    [6, 24],
    [70, 60],
  ] as const) {
    it(`halves the error of the outputs of ${rows} x ${columns} weights at least, and tells it`, async () => {
      const weights = Float32Array.from(flat(randomRows(rows, columns, 1)))
      const x = correlated(4 * columns, columns, 2)

      const found = await rounded(weights, layoutOf(1, rows, columns), new Map([['h', gram(x)]]))

      const w = rowsOf(weights, columns)
      const plain = total(errorsOf(x, w, rowsOf(nearest(weights), columns)))
      const other = total(errorsOf(x, w, rowsOf(found.values, columns)))
      assert.ok(other < plain / 2, `${other}, with nearest values ${plain}`)
      assert.ok(Math.abs(found.nearest / plain - 1) < 1e-9, `${found.nearest} for ${plain}`)
      assert.ok(Math.abs(found.rounded / other - 1) < 1e-9, `${found.rounded} for ${other}`)
      assert.equal(found.damping, 0.01)
    })
  }

  it('gives values of the palette alone, keeps zeros, and gives the same once more', async () => {
    const weights = Float32Array.from(flat(randomRows(5, 30, 3)), (w, i) => (i % 3 === 0 ? 0 : w))
    const sums = new Map([['h', gram(correlated(90, 30, 4))]])

    const { values } = await rounded(weights, layoutOf(1, 5, 30), sums)

    for (const [i, w] of weights.entries()) {
      if (w === 0) assert.equal(values[i], 0)
      else assert.ok(PALETTE.includes(values[i] as number), `${values[i]} is none of the palette`)
    }
    assert.deepEqual((await rounded(weights, layoutOf(1, 5, 30), sums)).values, values)
  })

  it('makes no row worse than with the nearest values, however narrow the palette', async () => {
    const palette = Float32Array.of(-0.1, 0.1)
    const weights = Float32Array.from(flat(randomRows(20, 16, 5)))
    const x = correlated(64, 16, 6)

    const { values } = await rounded(weights, layoutOf(1, 20, 16), new Map([['h', gram(x)]]), { palette })

    const w = rowsOf(weights, 16)
    const plain = errorsOf(x, w, rowsOf(weights.map(nearestIn(palette)), 16))
    for (const [row, error] of errorsOf(x, w, rowsOf(values, 16)).entries()) {
      assert.ok(error <= (plain[row] ?? 0) * (1 + 1e-9), `row ${row}: ${error}, with nearest values ${plain[row]}`)
    }
  })

  it('rounds to the nearest where inputs do not depend on one another, and where they are always zero', async () => {
    const weights = Float32Array.from(flat(randomRows(4, 12, 7)))
    const diagonal = new Float64Array(144)
    for (let i = 0; i < 9; i++) diagonal[i * 12 + i] = i + 1

    const { values } = await rounded(weights, layoutOf(1, 4, 12), new Map([['h', diagonal]]))

    assert.deepEqual(values, nearest(weights))
  })

  it('takes each group of a convolution by its own Hessian', async () => {
    const weights = Float32Array.from(flat(randomRows(6, 9, 8)))
    const [x, y] = [correlated(40, 9, 9), correlated(40, 9, 12)]

    const both = await rounded(weights, layoutOf(2, 3, 9), new Map([['h', Float64Array.of(...gram(x), ...gram(y))]]))

    const first = await rounded(weights.slice(0, 27), layoutOf(1, 3, 9), new Map([['h', gram(x)]]))
    const second = await rounded(weights.slice(27), layoutOf(1, 3, 9), new Map([['h', gram(y)]]))
    assert.deepEqual(both.values, Float32Array.of(...first.values, ...second.values))
    assert.notDeepEqual(both.values, nearest(weights))
  })

  it('adds the Hessians of all uses of a weight', async () => {
    const weights = Float32Array.from(flat(randomRows(4, 10, 10)))
    const [x, y] = [correlated(40, 10, 11), correlated(40, 10, 14)]

    const twice = await rounded(
      weights,
      layoutOf(1, 4, 10),
      new Map([
        ['a', gram(x)],
        ['b', gram(y)],
      ]),
    )

    const once = await rounded(weights, layoutOf(1, 4, 10), new Map([['h', gram([...x, ...y])]]))
    assert.deepEqual(twice.values, once.values)
    assert.ok(Math.abs(twice.rounded / once.rounded - 1) < 1e-9)
  })
})

describe('The nearest value', () => {
  it('is that of least distance, for all palettes of one value and more', () => {
    for (const palette of [Float32Array.of(0.5), PALETTE, Float32Array.of(-3, -1, 0, 0.125, 7)]) {
      const to = nearestIn(palette)
      for (const x of [-10, -2.01, -0.51, -0.1, 0.05, 0.07, 0.2, 3.5, 3.6, 10]) {
        const least = Math.min(...Array.from(palette, (v) => Math.abs(v - x)))
        assert.equal(Math.abs(to(x) - x), least, `${x} in ${palette}`)
      }
    }
  })
})
