/** All names of a model, so that a fresh one clashes with none, in whatever graph it lands. */
export class NameScope {
  readonly #taken = new Set<string>()

  add(name: string): void {
    this.#taken.add(name)
  }

  has(name: string): boolean {
    return this.#taken.has(name)
  }

  /** `base`, or `base_1`, `base_2`, ...: the first that is free; it is taken from now on. */
  fresh(base: string): string {
    let name = base
    for (let i = 1; this.#taken.has(name) || name === ''; i++) name = `${base}_${i}`
    this.#taken.add(name)
    return name
  }

  clone(): NameScope {
    const copy = new NameScope()
    for (const name of this.#taken) copy.add(name)
    return copy
  }
}
