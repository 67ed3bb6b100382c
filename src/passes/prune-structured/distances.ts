import { elementCount } from '../../ir/type.js'
import type { MatrixProduct } from '../../runtime/matrix-product.js'
import { turn } from '../unhurried.js'
import { floatsOf } from './floats.js'
import type { Readable } from './readable.js'

/** Multiplications up to which distances are computed one by one, exactly. */
const FEW = 1 << 21
/** Of one run of ONNX Runtime: what takes long enough to be worth it, and not so long that nobody is heard. */
const BLOCK = 2 ** 30

/**
 * For each element along the axis of a weight the sum of the Euclidean distances of its unit's weights to those of every
 * other unit. Elements that stay are compared with as well, where each unit is one element.
 *
 * Many are computed in blocks, |a - b|^2 = |a|^2 + |b|^2 - 2 ab, as matrix products in ONNX Runtime; the mean of all is
 * taken off before, as float32 has few digits for what is left of large numbers.
 *
 * @returns  [units.length]
 */
export async function distancesOf(
  weight: Readable,
  product: MatrixProduct<Float32Array>,
  signal?: AbortSignal,
): Promise<Float64Array> {
  const { units } = weight
  const rows = rowsOf(units)
  const matrix = gathered(weight, rows)
  const { n, d } = matrix
  const sums = n * n * d <= FEW ? oneByOne(matrix) : await inBlocks(matrix, product, signal)
  const found = new Float64Array(units.length)
  for (const [row, elements] of rows.entries()) for (const at of elements) found[at] = sums[row] ?? 0
  return found
}

/** [n, d], row-major: for each unit its weights. */
interface Matrix {
  readonly data: Float64Array
  readonly n: number
  readonly d: number
}

/** The elements that are compared as one: those of a unit, where all have equally many, else each by itself. */
function rowsOf(units: Int32Array): number[][] {
  const byUnit = new Map<number, number[]>()
  for (const [at, unit] of units.entries()) {
    if (unit < 0) continue
    const elements = byUnit.get(unit)
    if (elements) elements.push(at)
    else byUnit.set(unit, [at])
  }
  const rows = [...byUnit.values()]
  const [first] = rows
  const alike = rows.every(({ length }) => length === first?.length)
  return alike && first?.length !== 1 ? rows : Array.from(units, (_, at) => [at])
}

function gathered({ tensor, axis, name }: Readable, rows: readonly number[][]): Matrix {
  const values = floatsOf(tensor, name)
  const length = tensor.shape[axis] ?? 1
  const inner = elementCount(tensor.shape.slice(axis + 1))
  const outer = values.length / length / inner
  const d = outer * inner * (rows[0]?.length ?? 0)
  const data = new Float64Array(rows.length * d)
  let to = 0
  for (const elements of rows) {
    for (const element of elements) {
      for (let o = 0; o < outer; o++) {
        const from = (o * length + element) * inner
        for (let i = 0; i < inner; i++) data[to++] = values[from + i] as number // inside the tensor
      }
    }
  }
  return { data, n: rows.length, d }
}

function oneByOne({ data, n, d }: Matrix): Float64Array {
  const sums = new Float64Array(n)
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      let squares = 0
      for (let k = 0; k < d; k++) squares += ((data[a * d + k] as number) - (data[b * d + k] as number)) ** 2 // inside
      const distance = Math.sqrt(squares)
      sums[a] = (sums[a] as number) + distance
      sums[b] = (sums[b] as number) + distance
    }
  }
  return sums
}

async function inBlocks(
  matrix: Matrix,
  product: MatrixProduct<Float32Array>,
  signal: AbortSignal | undefined,
): Promise<Float64Array> {
  const { n, d } = matrix
  const { rows, columns, squares } = centred(matrix)
  const sums = new Float64Array(n)
  const block = Math.max(1, Math.floor(BLOCK / (n * d)))
  for (let first = 0; first < n; first += block) {
    await turn()
    signal?.throwIfAborted()
    const m = Math.min(block, n - first)
    const products = await product.multiply(rows.subarray(first * d, (first + m) * d), columns, { m, k: d, n })
    for (let i = 0; i < m; i++) {
      const own = squares[first + i] as number // inside the arrays, as are the next
      let sum = 0
      for (let j = 0; j < n; j++) {
        const squared = own + (squares[j] as number) - 2 * (products[i * n + j] as number)
        if (j !== first + i && squared > 0) sum += Math.sqrt(squared)
      }
      sums[first + i] = sum
    }
  }
  return sums
}

/** Minus the mean row: [n, d], its transpose [d, n], and the squared norm of each row. */
function centred({ data, n, d }: Matrix) {
  const mean = new Float64Array(d)
  for (let at = 0; at < data.length; ) {
    for (let k = 0; k < d; k++, at++) mean[k] = (mean[k] as number) + (data[at] as number) / n // inside the arrays
  }
  const rows = new Float32Array(n * d)
  const columns = new Float32Array(n * d)
  const squares = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    let sum = 0
    for (let k = 0; k < d; k++) {
      const value = Math.fround((data[i * d + k] as number) - (mean[k] as number))
      rows[i * d + k] = value
      columns[k * n + i] = value
      sum += value * value
    }
    squares[i] = sum
  }
  return { rows, columns, squares }
}
