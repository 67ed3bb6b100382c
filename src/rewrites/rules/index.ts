import { chains } from './chains.js'
import { commonSubexpressions } from './common-subexpressions.js'
import { constants } from './constants.js'
import { declaredTypes } from './declared-types.js'
import { foldConstants } from './fold-constants.js'
import { foldPads } from './fold-pads.js'
import { foldScales } from './fold-scales.js'
import { foldShapes } from './fold-shapes.js'
import { gemm } from './gemm.js'
import { identity } from './identity.js'
import { inlineBranches } from './inline-branches.js'
import { inlineFunctions } from './inline-functions.js'
import { noOps } from './no-ops.js'
import { notes } from './notes.js'
import type { Rule } from './rule.js'
import { sharedWeights } from './shared-weights.js'
import { unused } from './unused.js'

/** Every rule of `simplify`, in the order in which they are applied: what clears the view for others comes first. */
export const rules: readonly Rule[] = [
  unused,
  constants,
  identity,
  foldShapes,
  foldConstants,
  inlineBranches,
  inlineFunctions,
  noOps,
  chains,
  foldPads,
  foldScales,
  gemm,
  sharedWeights,
  commonSubexpressions,
  declaredTypes,
  notes,
]
