import { MOST_FOLDED_BYTES } from '../../encodings/index.js'
import type { Graph, Model, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { dtypeBits } from '../../ir/type.js'
import { constantOf, graphs } from '../../ir/walk.js'
import { SparseTensor } from '../../onnx/sparse-tensor.js'
import { weightsOf } from '../../ops/weights.js'
import { globMatcher, refuseUnmatched } from '../glob.js'
import type { Skip } from '../pass.js'

/** A constant that may be stored in another way. */
export interface Target {
  readonly value: Value
  readonly tensor: Tensor
}

export interface Targets {
  readonly targets: readonly Target[]
  readonly skipped: readonly Skip[]
}

/** Smaller ones are not worth a node. */
const LEAST_BYTES = 64

/**
 * Every constant of the main graph and of bodies that could be computed at load instead of being stored.
 *
 * @param wanted  globs of initializers or of the nodes that read them; no `include` is all
 * @throws UsageError for a glob that matches nothing
 */
export function targetsOf(
  model: Model,
  wanted: { readonly include: readonly string[]; readonly exclude: readonly string[] },
): Targets {
  const targets: Target[] = []
  const skipped: Skip[] = []
  const named = [...constants(model)].map((target) => ({ ...target, names: namesOf(target.value) }))
  const untraced = weightsOf(model).untraced.map(({ node, why }) => ({ names: [node.name, node.label], node, why }))
  const candidates = [...named, ...untraced].map(({ names }) => names)
  refuseUnmatched(wanted.include, candidates, '--include')
  refuseUnmatched(wanted.exclude, candidates, '--exclude')
  const isWanted = matcher(wanted)
  for (const { names, value, tensor } of named) {
    if (tensor.byteLength < LEAST_BYTES || !isWanted(names)) continue
    const why = obstacle(model, value, tensor)
    if (why === null) targets.push({ value, tensor })
    else skipped.push({ target: value.name, why })
  }
  for (const { names, node, why } of untraced) {
    if (isWanted(names)) skipped.push({ target: node.label, why: `its weight is not constant: ${why}` })
  }
  return { targets, skipped }
}

function* constants(model: Model): Iterable<Target> {
  for (const graph of graphs(model)) {
    for (const value of graph.initializers) if (value.constant !== null) yield { value, tensor: value.constant }
    for (const node of graph.nodes) {
      if (node.type !== 'Constant') continue
      const [value] = node.outputs
      const tensor = value ? constantOf(value) : null
      if (value && tensor) yield { value, tensor }
    }
  }
}

/** Why a constant of that size must stay as it is; null when it need not. */
function obstacle(model: Model, value: Value, tensor: Tensor): string | null {
  if (tensor instanceof SparseTensor) return 'it is a sparse initializer'
  if (tensor.dtype === 'string' || dtypeBits(tensor.dtype) < 8) return `its dtype is ${tensor.dtype}`
  if (outermost(value.graph) !== model.main) return 'it stands in a function'
  if (value.graph.inputs.includes(value)) return 'it is the default of an input: who runs the model may set it'
  if ([...value.uses].some((use) => 'slot' in use)) return 'it is an output of the graph as it is'
  if (tensor.byteLength > MOST_FOLDED_BYTES) return 'it is larger than what ONNX Runtime folds (1 GiB)'
  return null
}

function outermost(graph: Graph): Graph {
  let found = graph
  while (found.outer !== null) found = found.outer
  return found
}

function namesOf(value: Value): string[] {
  const readers = [...value.uses].flatMap((use) => ('node' in use ? [use.node.name, use.node.label] : []))
  return [...new Set([value.name, ...readers])].filter((name) => name !== '')
}

function matcher({ include, exclude }: { readonly include: readonly string[]; readonly exclude: readonly string[] }) {
  const included = include.map(globMatcher)
  const excluded = exclude.map(globMatcher)
  return (names: readonly string[]) =>
    (included.length === 0 || included.some((matches) => matches(names))) && !excluded.some((matches) => matches(names))
}
