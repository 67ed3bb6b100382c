/** Plain linear algebra over arrays of rows: slow, and easy to check by eye. For references in tests. */
export type Rows = readonly (readonly number[])[]

export function at(rows: Rows, i: number, j: number): number {
  const value = rows[i]?.[j]
  if (value === undefined) throw new RangeError(`No element ${i}, ${j}.`)
  return value
}

export function product(a: Rows, b: Rows): number[][] {
  return a.map((row) => (b[0] ?? []).map((_, j) => row.reduce((sum, v, k) => sum + v * at(b, k, j), 0)))
}

export function transpose(a: Rows): number[][] {
  return (a[0] ?? []).map((_, j) => a.map((row) => row[j] ?? Number.NaN))
}

/** By Gauss and Jordan, with pivots. */
export function inverse(a: Rows): number[][] {
  const n = a.length
  const work = a.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let c = 0; c < n; c++) {
    let best = c
    for (let r = c; r < n; r++) if (Math.abs(at(work, r, c)) > Math.abs(at(work, best, c))) best = r
    const pivot = work[best] ?? []
    work[best] = work[c] ?? []
    work[c] = pivot.map((v) => v / (pivot[c] ?? Number.NaN))
    for (let r = 0; r < n; r++) {
      const f = at(work, r, c)
      if (r !== c) work[r] = (work[r] ?? []).map((v, j) => v - f * at(work, c, j))
    }
  }
  return work.map((row) => row.slice(n))
}

/** The lower triangular L with A = L L^T. */
export function cholesky(a: Rows): number[][] {
  const l = a.map((row) => row.map(() => 0))
  for (const [i, row] of l.entries()) {
    for (let j = 0; j <= i; j++) {
      let sum = at(a, i, j)
      for (let k = 0; k < j; k++) sum -= at(l, i, k) * at(l, j, k)
      row[j] = i === j ? Math.sqrt(sum) : sum / at(l, j, j)
    }
  }
  return l
}

/** Numbers in [-1, 1), the same for the same seed. */
export function randomRows(rows: number, columns: number, seed: number): number[][] {
  let state = seed
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
  return Array.from({ length: rows }, () => Array.from({ length: columns }, next))
}

export function flat(rows: Rows): Float64Array {
  return Float64Array.from(rows.flat())
}

export function closeTo(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string | null {
  if (actual.length !== expected.length) return `${actual.length} numbers instead of ${expected.length}`
  const scale = Math.max(1e-12, ...Array.from(expected, Math.abs))
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((actual[i] ?? Number.NaN) - (expected[i] ?? Number.NaN))
    if (!(difference <= tolerance * scale)) return `element ${i} is ${actual[i]}, not ${expected[i]}`
  }
  return null
}
