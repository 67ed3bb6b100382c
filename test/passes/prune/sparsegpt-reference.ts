import { at, cholesky, inverse, product, type Rows, transpose } from './dense-algebra.js'

export interface Wanted {
  /** Chooses the weights of a block that go. */
  readonly select:
    | { readonly kind: 'layer'; readonly sparsity: number }
    | { readonly kind: 'row'; readonly sparsity: number }
    | { readonly kind: 'n:m'; readonly n: number; readonly m: number }
  readonly blockSize: number
  readonly damping: number
}

/**
 * Algorithm 1 of the paper as it stands there, with the whole inverse of H, and updates one weight at a time.
 *
 * @param w  [rows, columns], none of them zero
 * @param x  [samples, columns], no column all zero
 * @see      Frantar and Alistarh 2023, arXiv:2301.00774
 */
export function sparsegptReference(w: Rows, x: Rows, { select, blockSize, damping }: Wanted): number[][] {
  const h = product(transpose(x), x)
  const columns = h.length
  const mean = h.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / columns
  const damped = h.map((row, i) => row.map((v, j) => (i === j ? v + damping * mean : v)))
  const u = transpose(cholesky(inverse(damped)))
  const weights = w.map((row) => [...row])
  const rows = weights.length
  const mask = weights.map((row) => row.map(() => false))
  const score = (r: number, c: number) => at(weights, r, c) ** 2 / at(u, c, c) ** 2
  const drop = (places: [number, number][], k: number) => {
    const order = [...places].sort(([r, c], [s, d]) => score(r, c) - score(s, d))
    for (const [r, c] of order.slice(0, k)) (mask[r] ?? [])[c] = true
  }
  for (let from = 0; from < columns; from += blockSize) {
    const to = Math.min(columns, from + blockSize)
    const places = (r: number) => Array.from({ length: to - from }, (_, i): [number, number] => [r, from + i])
    const everyRow = Array.from({ length: rows }, (_, r) => r)
    const upTo = (n: number, c: number) =>
      select.kind === 'n:m' ? 0 : Math.round((Math.round(select.sparsity * n * columns) * c) / columns)
    if (select.kind === 'layer') drop(everyRow.flatMap(places), upTo(rows, to) - upTo(rows, from))
    if (select.kind === 'row') for (const r of everyRow) drop(places(r), upTo(1, to) - upTo(1, from))
    for (let c = from; c < to; c++) {
      if (select.kind === 'n:m' && c % select.m === 0 && c + select.m <= columns) {
        const { n, m } = select
        for (const r of everyRow)
          drop(
            Array.from({ length: m }, (_, i): [number, number] => [r, c + i]),
            m - n,
          )
      }
      for (const [r, row] of weights.entries()) {
        if (!mask[r]?.[c]) continue
        const e = at(weights, r, c) / at(u, c, c)
        for (let j = c; j < columns; j++) row[j] = at(weights, r, j) - e * at(u, c, j)
        row[c] = 0
      }
    }
  }
  return weights
}
