import { type Call, siteKey } from '../ir/calls.js'
import type { Value } from '../ir/graph.js'

/** What stands for a value of the source: null for an input that is left out, undefined when its type is not known. */
export type StandIn = Value | null | undefined

/** What stands for the values that a graph sees: its own, then those around it. */
export class Environment {
  readonly #own = new Map<string, Value | null>()
  readonly #outer: Environment | null

  constructor(outer: Environment | null) {
    this.#outer = outer
  }

  get(value: Value | null, call: Call | null): StandIn {
    return value === null ? null : this.find(siteKey(value, call))
  }

  find(key: string): StandIn {
    const own = this.#own.get(key)
    return own === undefined ? this.#outer?.find(key) : own
  }

  set(value: Value, call: Call | null, standIn: StandIn): void {
    if (standIn !== undefined) this.#own.set(siteKey(value, call), standIn)
  }

  *entries(): Iterable<[string, Value]> {
    for (const [key, standIn] of this.#own) if (standIn !== null) yield [key, standIn]
  }
}
