import { unpacked } from '../analysis/unpacked.js'
import type { Model } from '../ir/graph.js'
import { encodeModel } from '../onnx/write.js'
import { pack } from '../passes/pack/index.js'
import type { Pass } from '../passes/pass.js'
import { makeStep, type Step } from './recipe.js'

/** Knows whether weights came packed, were unpacked on the way, and are to be packed again at the end. */
export class Repacking {
  /** The command of the pass that they were unpacked for; null when there is nothing to pack again. */
  #unpackedFor: string | null = null

  /** @param model  before the pass */
  async follow(pass: Pass, model: Model): Promise<void> {
    const { packed } = pass.traits
    if (packed === 'decides') this.#unpackedFor = null
    else if (packed === 'unpacks' && (await unpacked(model)).packed.size > 0) this.#unpackedFor ??= pass.command
  }

  /** What is to be done in the end; null for nothing. */
  get step(): Step | null {
    return this.#unpackedFor === null ? null : makeStep(pack, { lossless: true })
  }

  /**
   * @param before  the model as it came in
   * @param after   what became of it; null when nothing gets smaller by packing it again
   */
  note(before: Model, after: Model | null): string {
    const were = `The weights were packed: they were unpacked for ${this.#unpackedFor}, and`
    if (after === null) return `${were} nothing gets smaller by packing them again without loss. ${LESS_ROOM}`
    const isLarger = encodeModel(after).length > encodeModel(before).length
    return `${were} packed again without loss.${isLarger ? ` ${LESS_ROOM}` : ''}`
  }
}

/** What was rounded before may not be exact in as few bits any more: with zeros, a palette has one value more. */
const LESS_ROOM = 'They take less room with --pack, which rounds them again.'
