/** Why something cannot be pruned, and which node says so. */
export interface Hindrance {
  /** The node's label and op; null where the model itself says so (its inputs and outputs). */
  readonly node: string | null
  readonly why: string
}

/**
 * Elements of axes, in classes of those that can only go together (union-find with path halving, by size), some of
 * which have to stay.
 */
export class Units {
  #parent = new Int32Array(1024)
  #size = new Int32Array(1024)
  /** By root: bits that a union keeps. */
  #marks = new Uint8Array(1024)
  #count = 0
  readonly #hindrances = new Map<number, Hindrance>()

  get count(): number {
    return this.#count
  }

  /** @returns the first of `count` new elements, each in a class of its own */
  add(count: number): number {
    const first = this.#count
    this.#count += count
    if (this.#count > this.#parent.length) this.#grow()
    for (let i = first; i < this.#count; i++) {
      this.#parent[i] = i
      this.#size[i] = 1
    }
    return first
  }

  find(element: number): number {
    const parent = this.#parent
    let at = element
    for (;;) {
      const up = parent[at] as number // elements are only ever those that `add` made
      if (up === at) return at
      const above = parent[up] as number
      parent[at] = above
      at = above
    }
  }

  union(a: number, b: number): void {
    let [root, other] = [this.find(a), this.find(b)]
    if (root === other) return
    if ((this.#size[root] ?? 0) < (this.#size[other] ?? 0)) [root, other] = [other, root]
    this.#parent[other] = root
    this.#size[root] = (this.#size[root] ?? 0) + (this.#size[other] ?? 0)
    this.#marks[root] = (this.#marks[root] ?? 0) | (this.#marks[other] ?? 0)
    const hindrance = this.#hindrances.get(other)
    if (hindrance === undefined) return
    this.#hindrances.delete(other)
    if (!this.#hindrances.has(root)) this.#hindrances.set(root, hindrance)
  }

  /** The first reason counts. */
  keep(element: number, hindrance: Hindrance): void {
    const root = this.find(element)
    if (!this.#hindrances.has(root)) this.#hindrances.set(root, hindrance)
  }

  hindranceOf(element: number): Hindrance | null {
    return this.#hindrances.get(this.find(element)) ?? null
  }

  isKept(element: number): boolean {
    return this.#hindrances.has(this.find(element))
  }

  mark(element: number, mark: number): void {
    const root = this.find(element)
    this.#marks[root] = (this.#marks[root] ?? 0) | mark
  }

  marksOf(element: number): number {
    return this.#marks[this.find(element)] ?? 0
  }

  #grow(): void {
    const length = 2 ** Math.ceil(Math.log2(this.#count + 1))
    const parent = new Int32Array(length)
    parent.set(this.#parent)
    this.#parent = parent
    const size = new Int32Array(length)
    size.set(this.#size)
    this.#size = size
    const marks = new Uint8Array(length)
    marks.set(this.#marks)
    this.#marks = marks
  }
}
