/**
 * The tree of immediate post-dominators of an acyclic graph, built in one sweep from its sinks: each vertex hangs on
 * the nearest one that lies on every path from it to the end. Vertices are numbers; 0 is the end, where all paths meet.
 *
 * The parent of a vertex is the lowest common ancestor of its successors. Each vertex has a second pointer upwards that
 * jumps over a growing number of others, so that an ancestor is found in O(log n) steps however deep the tree is.
 *
 * @see Cooper, Harvey, Kennedy 2001, "A simple, fast dominance algorithm"; Myers 1983, "An applicative random-access
 *      stack", for the jumps
 */
export class PostDominators {
  readonly #parent: number[] = [0]
  readonly #jump: number[] = [0]
  readonly #depth: number[] = [0]

  /**
   * Adds a vertex whose successors are all there.
   *
   * @param successors  none for a vertex from which nothing reaches the end: it must not be the successor of another
   * @returns           its number, one more than that of the vertex before
   */
  add(successors: Iterable<number>): number {
    let parent: number | null = null
    for (const successor of successors) parent = parent === null ? successor : this.#meet(parent, successor)
    return this.#hang(parent ?? 0)
  }

  parent(vertex: number): number {
    return this.#parent[vertex] ?? 0
  }

  get size(): number {
    return this.#parent.length
  }

  /** Whether every path from `vertex` to the end goes through `other`; each goes through itself. */
  isPassedBy(other: number, vertex: number): boolean {
    return this.#up(vertex, this.#depthOf(other)) === other
  }

  #hang(parent: number): number {
    const jump = this.#jumpOf(parent)
    const isEqualStep =
      this.#depthOf(parent) - this.#depthOf(jump) === this.#depthOf(jump) - this.#depthOf(this.#jumpOf(jump))
    this.#parent.push(parent)
    this.#jump.push(isEqualStep ? this.#jumpOf(jump) : parent)
    this.#depth.push(this.#depthOf(parent) + 1)
    return this.#parent.length - 1
  }

  #meet(a: number, b: number): number {
    let [x, y] = [this.#up(a, this.#depthOf(b)), this.#up(b, this.#depthOf(a))]
    while (x !== y) {
      const further = this.#jumpOf(x) !== this.#jumpOf(y)
      x = further ? this.#jumpOf(x) : this.parent(x)
      y = further ? this.#jumpOf(y) : this.parent(y)
    }
    return x
  }

  /** The ancestor at a depth; the vertex itself when it is no deeper. */
  #up(vertex: number, depth: number): number {
    let at = vertex
    while (this.#depthOf(at) > depth) at = this.#depthOf(this.#jumpOf(at)) >= depth ? this.#jumpOf(at) : this.parent(at)
    return at
  }

  #jumpOf(vertex: number): number {
    return this.#jump[vertex] ?? 0
  }

  #depthOf(vertex: number): number {
    return this.#depth[vertex] ?? 0
  }
}
