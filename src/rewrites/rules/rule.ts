import type { Edit } from '../edit.js'

/** What each rule does: for help and docs, which need not load the rules themselves. In the order of the table. */
export const RULES = {
  unused: 'Remove nodes, outputs, initializers, functions and opset imports that nothing uses',
  constants: 'Turn Constant nodes into initializers, which are shorter',
  identity: 'Remove Identity, and Dropout outside of training',
  'fold-shapes': 'Compute shapes now as far as they do not depend on open dimensions, and write the rest as 0 and -1',
  'fold-constants': 'Compute what hangs on constants alone, where the file does not grow by it',
  'inline-branches': 'Replace an If whose condition is constant by the branch that it takes',
  'inline-functions': 'Replace the call of a function that is called once by its nodes',
  'no-ops':
    'Remove nodes that give back what they read: x * 1, x + 0, Reshape to the same shape, Cast to the same type',
  chains: 'Join pairs: Transpose of Transpose, Reshape of Reshape, Squeeze of Unsqueeze, Relu of Relu',
  'fold-pads': 'Fold Pad by zeros into Conv',
  'fold-scales':
    'Fold BatchNormalization, and scales and shifts per channel, into Conv, ConvTranspose, Gemm and MatMul',
  gemm: 'Join MatMul and Add to Gemm, where both factors are matrices',
  'shared-weights': 'Store initializers that are equal once',
  'common-subexpressions': 'Compute what is computed twice once',
  'declared-types': 'Remove the declared types of inner values where the ops say the same',
  notes: 'Remove texts for people from nodes and inner values; those of the model, its inputs and outputs stay',
} as const

export type RuleName = keyof typeof RULES

/**
 * One way to make a graph say the same with less. Rules are applied one after the other, and again, until none finds
 * anything: each must find nothing in what it has made itself, and no rule may undo what another does.
 */
export interface Rule {
  readonly name: RuleName
  /** Set where what it does may let ONNX Runtime infer more than it did before: then it is asked again. */
  readonly reveals?: true
  /** Changes the model through the edit, which knows what holds of it and hears what was done. */
  readonly apply: (edit: Edit) => void | Promise<void>
}

export function defineRule(rule: Rule): Rule {
  return rule
}
