import assert from 'node:assert/strict'
import { inverseFactor } from '../../../src/passes/hessian/inverse-factor.js'
import {
  blocksOf,
  type Choice,
  chooseByLayer,
  chooseByRow,
  chooseNM,
  type Pruned,
  sparsegpt,
} from '../../../src/passes/prune/sparsegpt.js'
import { type MatrixProduct, openMatrixProduct } from '../../../src/runtime/matrix-product.js'
import { closeTo, flat, product, randomRows, transpose } from './dense-algebra.js'
import { sparsegptReference, type Wanted } from './sparsegpt-reference.js'

const DAMPING = 0.01

describe('SparseGPT', () => {
  let products: MatrixProduct
  before(async () => {
    products = await openMatrixProduct({ threads: 1 })
  })
  after(() => products.release())

  /** A weight and the factor of its damped Hessian. */
  async function problem(
    rows: number,
    columns: number,
    seed: number,
  ): Promise<Pruned & { x: number[][]; w: number[][] }> {
    const [w, x] = [randomRows(rows, columns, seed), randomRows(3 * columns, columns, seed + 1)]
    const h = product(transpose(x), x)
    const mean = h.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / columns
    const factor = flat(h.map((row, i) => row.map((v, j) => (i === j ? v + DAMPING * mean : v))))
    assert.ok(await inverseFactor(factor, columns, products))
    return { rows, columns, weights: flat(w), gone: new Uint8Array(rows * columns), factor, x, w }
  }

  const zeros = (weights: Float64Array) => weights.filter((v) => v === 0).length
  const sets = (columns: number, m: number) =>
    Array.from({ length: Math.floor(columns / m) }, (_, i): [number, number] => [i * m, (i + 1) * m])

  const cases: readonly { title: string; select: Wanted['select']; choice: (p: Pruned) => Choice }[] = [
    {
      title: 'a share of a layer',
      select: { kind: 'layer', sparsity: 0.6 },
      choice: ({ gone }) => chooseByLayer(gone.length, Math.round(0.6 * gone.length)),
    },
    {
      title: 'a share of each row',
      select: { kind: 'row', sparsity: 0.55 },
      choice: (matrix) => chooseByRow(matrix, 0.55),
    },
    {
      title: '2:4',
      select: { kind: 'n:m', n: 2, m: 4 },
      choice: ({ columns }) => chooseNM(sets(columns, 4), 2, new Uint8Array(columns)),
    },
    {
      title: '1:8',
      select: { kind: 'n:m', n: 1, m: 8 },
      choice: ({ columns }) => chooseNM(sets(columns, 8), 1, new Uint8Array(columns)),
    },
  ]
  for (const { title, select, choice } of cases) {
    for (const [rows, columns, blockSize] of [
      [5, 24, 8],
      [9, 30, 16],
      [3, 16, 128],
    ] as const) {
      it(`gives the weights of the paper's algorithm for ${title} of ${rows} x ${columns} in blocks of ${blockSize}`, async () => {
        const matrix = await problem(rows, columns, rows * columns)
        const expected = sparsegptReference(matrix.w, matrix.x, { select, blockSize, damping: DAMPING })

        await sparsegpt(matrix, choice(matrix), { blockSize, product: products })

        assert.equal(closeTo(matrix.weights, flat(expected), 1e-9), null)
        assert.deepEqual(
          matrix.weights.map((v) => (v === 0 ? 1 : 0)),
          flat(expected).map((v) => (v === 0 ? 1 : 0)),
        )
      })
    }
  }

  it('leaves less error on its data than the same weights set to zero', async () => {
    const matrix = await problem(8, 40, 3)
    await sparsegpt(matrix, chooseByLayer(320, 160), { blockSize: 16, product: products })
    const masked = matrix.w.map((row, r) => row.map((v, c) => (matrix.gone[r * 40 + c] === 1 ? 0 : v)))
    const error = (weights: number[][]) => {
      const delta = weights.map((row, r) => row.map((v, c) => v - (matrix.w[r]?.[c] ?? 0)))
      return product(matrix.x, transpose(delta))
        .flat()
        .reduce((sum, v) => sum + v * v, 0)
    }
    const pruned = Array.from({ length: 8 }, (_, r) => [...matrix.weights.subarray(r * 40, (r + 1) * 40)])

    assert.ok(error(pruned) < 0.95 * error(masked), `${error(pruned)} and ${error(masked)}`)
  })

  for (const sparsity of [0, 0.013, 0.37, 0.5, 0.991, 1]) {
    it(`prunes exactly ${sparsity} of a layer, whatever was marked before`, async () => {
      const matrix = await problem(7, 23, 11)
      for (const i of [0, 1, 2, 40, 41, 160]) matrix.gone[i] = 1
      const k = Math.max(6, Math.round(sparsity * 161))

      await sparsegpt(matrix, chooseByLayer(161 - 6, k - 6), { blockSize: 5, product: products })

      assert.equal(zeros(matrix.weights), k)
      assert.equal(matrix.weights[160], 0)
    })

    it(`prunes exactly ${sparsity} of each row`, async () => {
      const matrix = await problem(7, 23, 12)
      for (const i of [0, 1, 2]) matrix.gone[i] = 1

      await sparsegpt(matrix, chooseByRow(matrix, sparsity), { blockSize: 6, product: products })

      const k = Math.round(sparsity * 23)
      const counts = Array.from({ length: 7 }, (_, r) => zeros(matrix.weights.subarray(r * 23, (r + 1) * 23)))
      assert.deepEqual(counts, [Math.max(3, k), k, k, k, k, k, k])
    })
  }

  it('changes nothing when all that goes is zero already', async () => {
    const matrix = await problem(4, 12, 5)
    for (let i = 0; i < 48; i += 2) {
      matrix.weights[i] = 0
      matrix.gone[i] = 1
    }
    const before = matrix.weights.slice()

    await sparsegpt(matrix, chooseByLayer(24, 0), { blockSize: 4, product: products })

    assert.deepEqual(matrix.weights, before)
  })

  it('lets weights whose inputs are always zero go first within n:m', async () => {
    const matrix = await problem(3, 8, 6)
    const dead = Uint8Array.from([0, 1, 0, 0, 1, 1, 0, 1])

    await sparsegpt(matrix, chooseNM(sets(8, 4), 2, dead), { blockSize: 8, product: products })

    for (let row = 0; row < 3; row++) {
      assert.equal(matrix.gone[row * 8 + 1], 1)
      assert.equal(matrix.gone[row * 8 + 4] === 1 && matrix.gone[row * 8 + 5] === 1, true)
      assert.equal(zeros(matrix.weights.subarray(row * 8, row * 8 + 8)), 4)
    }
  })
})

describe('Blocks of columns', () => {
  it('are of the size asked for, the last one smaller', () => {
    assert.deepEqual(blocksOf(10, 4, []), [
      [0, 4],
      [4, 8],
      [8, 10],
    ])
  })

  it('divide no group: they end before it, or hold it whole', () => {
    const groups = [0, 3, 6, 9].map((first): [number, number] => [first, first + 3])
    assert.deepEqual(blocksOf(13, 4, groups), [
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 13],
    ])
    assert.deepEqual(blocksOf(12, 2, groups), [
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 12],
    ])
  })
})
