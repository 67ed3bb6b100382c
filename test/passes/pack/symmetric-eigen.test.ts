import assert from 'node:assert/strict'
import { Rng } from '../../../src/data/rng.js'
import { symmetricEigen, symmetricEigenvalues } from '../../../src/passes/pack/symmetric-eigen.js'

describe('symmetricEigen', () => {
  for (const n of [1, 2, 3, 17, 90]) {
    it(`takes a random matrix of ${n} rows apart`, () => {
      const a = random(n)

      const { values, vectors } = symmetricEigen(a.slice(), n)
      const alone = symmetricEigenvalues(a.slice(), n)

      assert.deepEqual(alone, values)
      assert.ok(
        values.every((x, k) => k === 0 || x <= at(values, k - 1)),
        'the largest comes first',
      )
      for (let k = 0; k < n; k++) {
        for (let l = 0; l < n; l++) {
          const product = sum(n, (i) => at(vectors, k * n + i) * at(vectors, l * n + i))
          assert.ok(Math.abs(product - (k === l ? 1 : 0)) < 1e-12, `vectors ${k} and ${l}: ${product}`)
        }
        for (let i = 0; i < n; i++) {
          const image = sum(n, (j) => at(a, i * n + j) * at(vectors, k * n + j))
          assert.ok(Math.abs(image - at(values, k) * at(vectors, k * n + i)) < 1e-11 * n)
        }
      }
    })
  }

  it('finds the values of the second difference', () => {
    const n = 12
    const a = new Float64Array(n * n)
    for (let i = 0; i < n; i++) {
      a[i * n + i] = 2
      if (i + 1 < n) a[i * n + i + 1] = a[(i + 1) * n + i] = -1
    }

    const { values } = symmetricEigen(a, n)

    for (const [k, value] of values.entries()) {
      assert.ok(Math.abs(value - (2 - 2 * Math.cos((Math.PI * (n - k)) / (n + 1)))) < 1e-13)
    }
  })

  it('takes zeros and values that are equal', () => {
    const zeros = symmetricEigen(new Float64Array(25), 5)
    const ones = symmetricEigen(new Float64Array(25).fill(1), 5)

    assert.deepEqual([...zeros.values], [0, 0, 0, 0, 0])
    assert.ok(Math.abs(at(ones.values, 0) - 5) < 1e-14)
    assert.ok(ones.values.subarray(1).every((x) => Math.abs(x) < 1e-14))
  })
})

function random(n: number): Float64Array {
  const rng = new Rng(n)
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = rng.normal()
  return a
}

function sum(n: number, f: (i: number) => number): number {
  let total = 0
  for (let i = 0; i < n; i++) total += f(i)
  return total
}

function at(a: Float64Array, i: number): number {
  return a[i] as number // inside the array
}
