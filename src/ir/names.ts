/** All names of a model, so that a fresh one clashes with none, in whatever graph it lands. */
export class NameScope {
  readonly #taken = new Set<string>()
  /** The last number given out for a base, so that many of one base do not count from 1 each time. */
  readonly #numbers = new Map<string, number>()

  add(name: string): void {
    this.#taken.add(name)
  }

  has(name: string): boolean {
    return this.#taken.has(name)
  }

  /** `base`, or `base_1`, `base_2`, ...: the first that is free; it is taken from now on. */
  fresh(base: string): string {
    let name = base
    let i = this.#numbers.get(base) ?? 0
    while (name === '' || this.#taken.has(name)) name = `${base}_${++i}`
    this.#numbers.set(base, i)
    this.#taken.add(name)
    return name
  }

  clone(): NameScope {
    const copy = new NameScope()
    for (const name of this.#taken) copy.add(name)
    for (const [base, number] of this.#numbers) copy.#numbers.set(base, number)
    return copy
  }
}

/** Whether an exporter numbered a value instead of naming it: `onnx::Conv_42`, `1234`, `_v_17`, or nothing at all. */
export function isMadeUp(name: string): boolean {
  return /^(onnx::\w*_?\d+|[_%]*(v_)?\d+|)$/.test(name)
}
