import type { Model } from '../ir/graph.js'
import { walk } from '../ir/walk.js'
import { Edit, type Note } from './edit.js'
import { factsOf } from './facts.js'
import { rules as all } from './rules/index.js'
import type { Rule } from './rules/rule.js'

export interface SimplifyOptions {
  /** All unless told. */
  readonly rules?: readonly Rule[]
  readonly signal?: AbortSignal | undefined
  /** Called after each round with their number. */
  readonly onRound?: (round: number) => void
}

export interface Simplified {
  readonly changed: readonly Note[]
  readonly skipped: readonly Note[]
}

/** Rounds after which something must be wrong: each makes the model smaller. */
const MOST_ROUNDS = 200

/**
 * Applies the rules to a model until none finds anything more: so a second call changes nothing. ONNX Runtime is asked
 * again what holds of the model when nothing more follows from what is known.
 *
 * @throws Error when the rules undo one another: a bug
 */
export async function simplify(model: Model, options: SimplifyOptions = {}): Promise<Simplified> {
  const { rules = all, signal, onRound } = options
  const changed: Note[] = []
  let edit = new Edit(model, await factsOf(model))
  let isOutdated = false
  for (let round = 1; round <= MOST_ROUNDS; round++) {
    signal?.throwIfAborted()
    const { version } = model
    for (const rule of rules) {
      const before = edit.changed.length
      await rule.apply(edit)
      if (edit.changed.length > before && rule.reveals) isOutdated = true
    }
    onRound?.(round)
    changed.push(...edit.changed)
    if (edit.changed.length === 0) {
      if (model.version !== version) throw new Error('A rule has changed the model without a word.')
      if (!isOutdated) return { changed, skipped: [...unknownNodes(edit), ...edit.skipped] }
      edit = new Edit(model, await factsOf(model))
      isOutdated = false
    } else edit = edit.next()
  }
  throw new Error(`The rules still find something after ${MOST_ROUNDS} rounds.`)
}

/** What nothing is known of is left as it is. */
function unknownNodes({ model, facts }: Edit): Note[] {
  const nodes = [...walk(model)].filter((node) => facts.unknown.has(node.type))
  return nodes.map((node) => ({ target: node.label, what: `${node.type} is unknown to ONNX Runtime: left as it is` }))
}
