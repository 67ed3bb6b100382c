import type { Axis } from '../../ops/coupling.js'
import { type Hindrance, Units } from './units.js'

/** Marks of elements. */
export const HEADS = 1
const CHOSEN = 2

/** An axis whose elements belong to classes of `Units`; none of them may go where there are no elements. */
export class UnitAxis implements Axis {
  readonly size: number
  readonly elements: Int32Array | null
  /** Set where there are no elements. */
  readonly hindrance: Hindrance | null
  readonly isOpen: boolean

  constructor(size: number, elements: Int32Array | null, hindrance: Hindrance | null = null, isOpen = false) {
    this.size = size
    this.elements = elements
    this.hindrance = hindrance
    this.isOpen = isOpen
  }
}

/** A row-major product of axes is one axis: element i of the whole goes when one of its factors' elements goes. */
interface Product {
  /** The node that makes one of the other. */
  readonly node: string | null
  readonly whole: UnitAxis
  readonly factors: readonly UnitAxis[]
}

/** Which factor of a product is pruned where the graph leaves the choice. */
export type Preference = 'heads' | 'widths'

const SINGLE: Hindrance = { node: null, why: 'it is a single element' }

/**
 * All axes of a model and their elements.
 *
 * A Reshape makes one axis of two, [H][d] -> H*d, or two of one. An element of the product could go because either of
 * its factors goes; here only one factor of each product is ever pruned (`settle` chooses it, when all of the graph has
 * been seen), so that a removal is always a removal of whole classes of elements.
 */
export class Space {
  readonly units = new Units()
  readonly #products: Product[] = []

  free(size: number): UnitAxis {
    if (size === 1) return new UnitAxis(1, null, SINGLE)
    const first = this.units.add(size)
    return new UnitAxis(
      size,
      Int32Array.from({ length: size }, (_, i) => first + i),
    )
  }

  fixed(size: number, hindrance: Hindrance, isOpen = false): UnitAxis {
    return new UnitAxis(size, null, hindrance, isOpen)
  }

  tie(a: UnitAxis, b: UnitAxis): void {
    if (a.size !== b.size) throw new Error(`Axes of ${a.size} and ${b.size} elements cannot be tied.`)
    if (a === b || a.elements === b.elements) return
    if (a.elements === null) this.keep(b, a.hindrance ?? SINGLE)
    else if (b.elements === null) this.keep(a, b.hindrance ?? SINGLE)
    else for (let i = 0; i < a.size; i++) this.units.union(a.elements[i] as number, b.elements[i] as number)
  }

  keep({ elements }: UnitAxis, hindrance: Hindrance): void {
    for (const element of elements ?? []) this.units.keep(element, hindrance)
  }

  heads({ elements }: UnitAxis): void {
    for (const element of elements ?? []) this.units.mark(element, HEADS)
  }

  select(axis: UnitAxis, indices: ArrayLike<number>): UnitAxis {
    const { elements, hindrance } = axis
    if (elements === null) return new UnitAxis(indices.length, null, hindrance)
    return new UnitAxis(
      indices.length,
      Int32Array.from(indices, (i) => elements[i] as number),
    )
  }

  join(axes: readonly UnitAxis[]): UnitAxis {
    const size = axes.reduce((n, axis) => n + axis.size, 0)
    if (axes.every(({ elements }) => elements === null)) return new UnitAxis(size, null, axes[0]?.hindrance ?? SINGLE)
    const joined = new Int32Array(size)
    let at = 0
    for (const axis of axes) {
      joined.set(axis.elements ?? this.#kept(axis), at)
      at += axis.size
    }
    return new UnitAxis(size, joined)
  }

  split(whole: UnitAxis, sizes: readonly number[], node: string | null = null): UnitAxis[] {
    const { elements, hindrance } = whole
    if (elements === null) return sizes.map((size) => new UnitAxis(size, null, hindrance))
    if (sizes.filter((size) => size > 1).length === 1) {
      return sizes.map((size) => (size > 1 ? whole : new UnitAxis(1, null, SINGLE)))
    }
    const factors = sizes.map((size) => this.free(size))
    this.#products.push({ node, whole, factors })
    return factors
  }

  merge(factors: readonly UnitAxis[], node: string | null = null): UnitAxis {
    const longer = factors.filter(({ size }) => size > 1)
    const [first] = longer
    if (first === undefined) return factors[0] ?? new UnitAxis(1, null, SINGLE)
    if (longer.length === 1) return first
    const free = longer.filter(({ elements }) => elements !== null)
    const size = longer.reduce((n, factor) => n * factor.size, 1)
    if (free.length === 0) return new UnitAxis(size, null, first.hindrance)
    const [only] = free
    if (free.length === 1 && only !== undefined) {
      const { repeat, inner } = strides(longer, longer.indexOf(only))
      return new UnitAxis(
        size,
        Int32Array.from({ length: size }, (_, i) => only.elements?.[Math.trunc(i / inner) % repeat] as number),
      )
    }
    const whole = this.free(size)
    this.#products.push({ node, whole, factors: longer })
    return whole
  }

  /**
   * Chooses the factor of each product that is pruned: the only one that can be where there is but one; else heads (if
   * they are preferred), else one that was chosen for another product, else the one with most elements that can go.
   */
  settle(preference: Preference): void {
    this.#handOnHeads()
    let open = this.#products
    for (let before = -1; before !== open.length; ) {
      before = open.length
      open = open.filter((product) => {
        const able = this.#able(product)
        if (able.length > 1) return true
        this.#choose(product, able[0]?.factor ?? null)
        return false
      })
      // What one has lost tells of its neighbours, on either side: the way back follows what the way there could not.
      open.reverse()
    }
    const stillOpen = new Set(open)
    for (const product of this.#products.filter((product) => stillOpen.has(product))) {
      const able = this.#able(product)
      const marked = (mark: number) => able.find(({ factor }) => this.#isMarked(factor, mark))
      const heads = marked(HEADS)
      const notHeads = preference === 'widths' && able.length > 1 ? able.filter((a) => a !== heads) : able
      const most = notHeads.reduce<Able | null>((best, a) => (best === null || a.count > best.count ? a : best), null)
      const preferred = preference === 'heads' ? heads : undefined
      this.#choose(product, (preferred ?? marked(CHOSEN) ?? most)?.factor ?? null)
    }
    this.#products.length = 0
  }

  /** Heads that are several times those of keys and values: [Hkv][repeat] -> H. Both are heads, the outer ones first. */
  #handOnHeads(): void {
    for (const { whole, factors } of this.#products) {
      if (!this.#isMarked(whole, HEADS) || factors.some((factor) => this.#isMarked(factor, HEADS))) continue
      for (const factor of factors) this.heads(factor)
    }
  }

  /** Factors of which something can go, with the number of its elements that can, each for itself. */
  #able({ whole, factors }: Product): Able[] {
    return factors.flatMap((factor, at) => {
      const count = this.#freeBlocks(whole, factors, at)
      return count > 0 ? [{ factor, count }] : []
    })
  }

  /** Blocks that can go, those that can only go together as one; 0 where that would be all there is. */
  #freeBlocks(whole: UnitAxis, factors: readonly UnitAxis[], at: number): number {
    const factor = factors[at]
    if (!factor?.elements || whole.elements === null) return 0
    const { repeat, inner } = strides(factors, at)
    const isKept = new Uint8Array(repeat)
    const blocks = new Units()
    blocks.add(repeat)
    const firstOf = new Map<number, number>()
    const look = (element: number, block: number) => {
      const root = this.units.find(element)
      if (this.units.isKept(root)) isKept[block] = 1
      const first = firstOf.get(root)
      if (first === undefined) firstOf.set(root, block)
      else blocks.union(first, block)
    }
    for (let i = 0; i < repeat; i++) look(factor.elements[i] as number, i)
    for (let i = 0; i < whole.size; i++) look(whole.elements[i] as number, Math.trunc(i / inner) % repeat)
    const [kept, all] = [new Set<number>(), new Set<number>()]
    for (let i = 0; i < repeat; i++) {
      all.add(blocks.find(i))
      if (isKept[i] === 1) kept.add(blocks.find(i))
    }
    return all.size > 1 ? all.size - kept.size : 0
  }

  #choose({ node, whole, factors }: Product, chosen: UnitAxis | null): void {
    const at = chosen === null ? -1 : factors.indexOf(chosen)
    // By their places: one axis twice (channels with channels) loses rows and columns at once, which nothing here does.
    for (const [i, factor] of factors.entries()) if (i !== at) this.keep(factor, this.#reasonFor(node, whole, chosen))
    if (chosen?.elements && whole.elements) {
      const { repeat, inner } = strides(factors, at)
      for (let i = 0; i < whole.size; i++) {
        this.units.union(whole.elements[i] as number, chosen.elements[Math.trunc(i / inner) % repeat] as number)
      }
      for (const element of chosen.elements) this.units.mark(element, CHOSEN)
    } else {
      const hindrance = this.#reasonOf([whole, ...factors])
      this.keep(whole, hindrance)
      for (const factor of factors) this.keep(factor, hindrance)
    }
  }

  #reasonFor(node: string | null, whole: UnitAxis, chosen: UnitAxis | null): Hindrance {
    if (chosen === null) return this.#reasonOf([whole])
    return { node, why: `blocks of it are pruned as a whole (${chosen.size} of ${whole.size / chosen.size})` }
  }

  #reasonOf(axes: readonly UnitAxis[]): Hindrance {
    for (const { elements, hindrance } of axes) {
      if (hindrance !== null) return hindrance
      for (const element of elements ?? []) {
        const found = this.units.hindranceOf(element)
        if (found !== null) return found
      }
    }
    return SINGLE
  }

  #isMarked({ elements }: UnitAxis, mark: number): boolean {
    return (elements ?? []).some((element) => (this.units.marksOf(element) & mark) !== 0)
  }

  /** Elements for an axis that has none, for a place beside elements that may go. */
  #kept({ size, hindrance }: UnitAxis): Int32Array {
    const first = this.units.add(1)
    this.units.keep(first, hindrance ?? SINGLE)
    return new Int32Array(size).fill(first)
  }
}

interface Able {
  readonly factor: UnitAxis
  readonly count: number
}

/** Element i of the product has the index trunc(i / inner) % repeat in the factor at `at`. */
function strides(factors: readonly UnitAxis[], at: number): { readonly repeat: number; readonly inner: number } {
  const inner = factors.slice(at + 1).reduce((n, { size }) => n * size, 1)
  return { repeat: factors[at]?.size ?? 1, inner }
}
