import type { Model, Value } from '../../ir/graph.js'
import { weightsOf } from '../../ops/weights.js'
import type { Inventory } from '../pieces.js'
import { storedIn } from '../unpacked.js'
import { deadNodes } from './dead-nodes.js'
import { duplicateWeights } from './duplicate-weights.js'
import type { Finder, Finding, Subject } from './finding.js'
import { float64Weights } from './float64-weights.js'
import { foldableNodes } from './foldable-nodes.js'
import { foldableNorms } from './foldable-norms.js'
import { idleNodes } from './idle-nodes.js'
import { nearZeroWeights } from './near-zero-weights.js'
import { notFiniteWeights } from './not-finite-weights.js'
import { unusedData } from './unused-data.js'
import { unusedInitializers } from './unused-initializers.js'
import { zeroChannels } from './zero-channels.js'

export type { Finding, FindingKind } from './finding.js'

/** Of findings that save no bytes the first come first. */
export const finders: readonly Finder[] = [
  notFiniteWeights,
  duplicateWeights,
  unusedInitializers,
  deadNodes,
  unusedData,
  float64Weights,
  zeroChannels,
  nearZeroWeights,
  foldableNorms,
  foldableNodes,
  idleNodes,
]

/**
 * What a model has for nothing: what saves most bytes first.
 *
 * @param model  unpacked, where weights are packed (`unpacked.ts`)
 */
export function findingsOf(model: Model, { pieces, unused }: Inventory): Finding[] {
  const bytes = new Map<Value, number>()
  for (const piece of pieces) if (piece.value !== null) bytes.set(piece.value, piece.bytes)
  const packed = storedIn(model)
  const subject: Subject = {
    model,
    weights: weightsOf(model).weights,
    unused,
    bytesOf: (value) => bytes.get(value) ?? 0,
    isPacked: (value) => packed.has(value),
  }
  return finders.flatMap((find) => find(subject)).sort((a, b) => b.bytes - a.bytes)
}
