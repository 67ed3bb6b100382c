import { UsageError } from '../../errors.js'

/** Which weights may go together. */
export type Pattern =
  | { readonly kind: 'unstructured' }
  /** Of every m weights in a row along the input axis, n stay. */
  | { readonly kind: 'n:m'; readonly n: number; readonly m: number }
  /** Blocks of `rows` outputs by `columns` inputs go as a whole. */
  | { readonly kind: 'block'; readonly rows: number; readonly columns: number }

export type PatternNM = Extract<Pattern, { kind: 'n:m' }>

/** The longest m: beyond it n:m says little that a row's sparsity does not. */
const LONGEST = 1024

/** @param text  `unstructured`, `2:4`, `16x16` */
export function parsePattern(text: string, name: string): Pattern {
  if (text === 'unstructured') return { kind: 'unstructured' }
  const nm = /^(\d+):(\d+)$/.exec(text)
  if (nm) {
    const [n, m] = [Number(nm[1]), Number(nm[2])]
    if (n >= 1 && n < m && m <= LONGEST) return { kind: 'n:m', n, m }
    const rule = m > LONGEST ? `m can be at most ${LONGEST}` : 'n must be from 1 to m - 1'
    throw new UsageError(`${name} is "${text}": in n:m, n of every m weights stay, so ${rule}.`, {
      suggestions: ['For example 2:4 (half stay) or 1:4 (a quarter stays).'],
    })
  }
  const block = /^(\d+)x(\d+)$/.exec(text)
  if (block) {
    const [rows, columns] = [Number(block[1]), Number(block[2])]
    if (rows >= 1 && columns >= 1 && rows * columns > 1) return { kind: 'block', rows, columns }
    throw new UsageError(`${name} is "${text}": a block must have at least two weights.`, {
      suggestions: ['For example 4x1 or 16x16. Single weights are the pattern unstructured.'],
    })
  }
  throw new UsageError(`${name} is "${text}"; it must be unstructured, n:m or ROWSxCOLUMNS.`, {
    suggestions: ['For example unstructured, 2:4, 4x1 or 16x16.'],
  })
}

export function patternToString(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'unstructured':
      return 'unstructured'
    case 'n:m':
      return `${pattern.n}:${pattern.m}`
    case 'block':
      return `${pattern.rows}x${pattern.columns}`
  }
}
