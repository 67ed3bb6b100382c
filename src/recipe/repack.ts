import { unpacked } from '../analysis/unpacked.js'
import type { Model } from '../ir/graph.js'
import { pack } from '../passes/pack/index.js'
import type { Pass } from '../passes/pass.js'
import { makeStep, type Step } from './recipe.js'

/** Knows whether weights came packed, were unpacked on the way, and are to be packed again at the end. */
export class Repacking {
  /** The command of the pass that they were unpacked for; null when there is nothing to pack again. */
  #unpackedFor: string | null = null

  /** @param model  before the pass */
  follow(pass: Pass, model: Model): void {
    const { packed } = pass.traits
    if (packed === 'decides') this.#unpackedFor = null
    else if (packed === 'unpacks' && unpacked(model).packed.size > 0) this.#unpackedFor ??= pass.command
  }

  /** What is to be done in the end; null for nothing. */
  get step(): Step | null {
    return this.#unpackedFor === null ? null : makeStep(pack, { lossless: true })
  }

  /** @param done  whether packing again made anything smaller */
  note(done: boolean): string {
    const were = `The weights were packed: they were unpacked for ${this.#unpackedFor}, and`
    return done
      ? `${were} packed again without loss.`
      : `${were} are not packed any more, as nothing is smaller without loss: mcompress pack makes them smaller.`
  }
}
