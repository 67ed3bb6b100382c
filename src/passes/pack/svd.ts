import type { MatrixProduct } from '../../runtime/matrix-product.js'
import { component, type Factor } from './factors.js'
import type { Products } from './products.js'
import type { Range } from './range-finder.js'
import { symmetricEigen } from './symmetric-eigen.js'

/** The parts of a matrix that count most, the first the most: a sum of sigma_k u_k v_k^T. */
export interface Components {
  /** sigma_k^2 */
  readonly energies: Float64Array
  /** sqrt(sigma_k) u_k */
  readonly left: Factor
  /** sqrt(sigma_k) v_k: both sides are of equal size, so that neither leaves the range of float16. */
  readonly right: Factor
}

/**
 * The singular value decomposition of Q B, from the eigenvectors of B B^T: with B B^T = W L W^T, u_k = Q w_k and
 * sigma_k v_k = B^T w_k.
 *
 * @see Halko, Martinsson, Tropp 2011, arXiv:0909.4061, section 5.1
 */
export async function componentsOf({ size, q, b }: Range, { float32, float64 }: Products): Promise<Components> {
  const [rows, columns] = [q.length / size, b.length / size]
  const { values, vectors } = symmetricEigen(await gram(b, size, columns, float64), size)
  const w = Float32Array.from(vectors)
  const left = await float32.multiply(w, q, { m: size, k: size, n: rows })
  const right = await float32.multiply(w, b, { m: size, k: size, n: columns })
  const components: Components = {
    energies: values.map((x) => Math.max(0, x)),
    left: { rank: size, length: rows, numbers: left },
    right: { rank: size, length: columns, numbers: right },
  }
  balance(components)
  return components
}

/** B B^T in float64, of which the small eigenvalues would get lost in float32. */
async function gram(b: Float32Array, size: number, columns: number, product: MatrixProduct): Promise<Float64Array> {
  const left = Float64Array.from(b)
  const right = new Float64Array(b.length) // [columns, size]
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < columns; j++) right[j * size + i] = left[i * columns + j] as number // inside
  }
  return product.multiply(left, right, { m: size, k: columns, n: size })
}

function balance({ energies, left, right }: Components): void {
  for (const [k, energy] of energies.entries()) {
    const root = energy ** 0.25
    if (root === 0) continue
    scale(component(left, k), root)
    scale(component(right, k), 1 / root)
  }
}

function scale(row: Float32Array, factor: number): void {
  for (let i = 0; i < row.length; i++) row[i] = (row[i] as number) * factor // inside the array
}
