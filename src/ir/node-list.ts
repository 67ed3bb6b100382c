import type { Node } from './elements.js'

interface Link {
  prev: Node | null
  next: Node | null
}

/** A linked list: nodes go in and out in the middle in constant time, also while somebody iterates. */
export class NodeList implements Iterable<Node> {
  readonly #links = new Map<Node, Link>()
  /** What came after a node when it was removed: an iteration that stands on it goes on from there. */
  readonly #afterRemoved = new WeakMap<Node, Node | null>()
  #first: Node | null = null
  #last: Node | null = null

  get size(): number {
    return this.#links.size
  }

  has(node: Node): boolean {
    return this.#links.has(node)
  }

  /** @param before  null for the end */
  insert(node: Node, before: Node | null): void {
    const prev = before === null ? this.#last : this.#link(before).prev
    this.#links.set(node, { prev, next: before })
    if (prev === null) this.#first = node
    else this.#link(prev).next = node
    if (before === null) this.#last = node
    else this.#link(before).prev = node
  }

  remove(node: Node): void {
    const { prev, next } = this.#link(node)
    if (prev === null) this.#first = next
    else this.#link(prev).next = next
    if (next === null) this.#last = prev
    else this.#link(next).prev = prev
    this.#links.delete(node)
    this.#afterRemoved.set(node, next)
  }

  *[Symbol.iterator](): Iterator<Node> {
    for (let node = this.#first; node !== null; node = this.after(node)) yield node
  }

  /** The next node that is still in the list; null behind the last. */
  after(node: Node): Node | null {
    let next = this.#links.get(node)?.next ?? this.#afterRemoved.get(node) ?? null
    while (next !== null && !this.#links.has(next)) next = this.#afterRemoved.get(next) ?? null
    return next
  }

  #link(node: Node): Link {
    const link = this.#links.get(node)
    if (!link) throw new Error(`Node "${node.label}" is not in this graph.`)
    return link
  }
}
