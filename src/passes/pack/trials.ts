import type { Model } from '../../ir/graph.js'
import type { PackingPoint } from '../pass.js'
import type { Candidate, Rung } from './ladder.js'
import type { Trial } from './trial.js'

export interface TrialsOptions {
  readonly signal?: AbortSignal | undefined
  /** @param done  a fraction 0..1 */
  readonly onProgress?: ((done: number) => void) | undefined
}

export interface Tried<C extends Candidate> extends Rung<C> {
  readonly model: Model
  readonly value: number
}

/** Makes packings and tries them, each once. */
export class Trials<C extends Candidate> {
  readonly #trial: Trial
  readonly #expected: number
  readonly #options: TrialsOptions
  readonly #tried = new Map<Rung<C>, Tried<C>>()

  /** @param expected  how many there will be, about */
  constructor(trial: Trial, expected: number, options: TrialsOptions) {
    this.#trial = trial
    this.#expected = expected
    this.#options = options
  }

  /** The smallest first. */
  get tried(): readonly Tried<C>[] {
    return [...this.#tried.values()].sort((a, b) => a.candidate.bytes - b.candidate.bytes)
  }

  async try(rung: Rung<C>): Promise<Tried<C>> {
    const known = this.#tried.get(rung)
    if (known !== undefined) return known
    this.#options.signal?.throwIfAborted()
    const model = await rung.candidate.build()
    const value = await this.#trial.value(model, (done) => this.#say(done))
    const tried = { ...rung, model, value }
    this.#tried.set(rung, tried)
    this.#say(0)
    return tried
  }

  /** @param chosen  the one of them that is taken */
  curve(chosen: Rung<C>): PackingPoint[] {
    const { metric, unit, better, base } = this.#trial
    return this.tried.map(({ goal, candidate, value }) => ({
      bound: goal.text,
      bytes: candidate.bytes,
      metric,
      unit,
      better,
      value,
      base,
      chosen: candidate === chosen.candidate,
    }))
  }

  #say(part: number): void {
    this.#options.onProgress?.(Math.min(1, (this.#tried.size + part) / this.#expected))
  }
}
