import type { Dependencies, Removal } from '../../analysis/dependencies/dependencies.js'
import { keptOf } from '../../analysis/dependencies/dependencies.js'
import type { Shapes } from '../../analysis/shapes.js'
import type { Node, Value } from '../../ir/graph.js'
import { constantOf } from '../../ir/walk.js'

/** Where the smallest difference of a value decides over what comes out. */
export interface Choice {
  readonly node: Node
  /** What is chosen by. */
  readonly value: Value
}

export interface Choices {
  /** The first on each way through the graph: no other choice lies before them. */
  readonly first: readonly Choice[]
  /** Names of the model's outputs that hang on a choice. */
  readonly outputs: ReadonlySet<string>
}

const CHOOSING: ReadonlySet<string> = new Set([
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Hardmax',
  'Less',
  'LessOrEqual',
  'NonMaxSuppression',
  'NonZero',
  'TopK',
  'Unique',
])

/**
 * Finds where a cut model may come to another result than its reference although both are right: sums over fewer
 * channels are rounded otherwise, and a choice (the best of all boxes, a threshold) makes much of little. Only values
 * that hang on such a sum count.
 */
export function choicesIn(dependencies: Dependencies, removal: Removal, shapes: Shapes): Choices {
  const rounding = new Set<Node>()
  for (const { node, input, axis } of dependencies.trace.reductions) {
    const summed = dependencies.trace.axesOfInput(node, input)?.[axis]
    if (summed !== undefined && keptOf(dependencies, summed, removal) !== null) rounding.add(node)
  }
  const first: Choice[] = []
  const rounded = new Set<Value>()
  const chosen = new Set<Value>()
  const { main } = dependencies.model
  for (const node of main.nodes) {
    const read = [...valuesRead(node)]
    const isChosen = read.some((value) => chosen.has(value))
    const isRounded = isChosen || read.some((value) => rounded.has(value)) || hasAny(node, (n) => rounding.has(n))
    const deciding = isRounded ? read.filter((value) => isReal(value, shapes)) : []
    const chooses = deciding.length > 0 && hasAny(node, (inner) => choosesBy(inner, shapes))
    if (chooses && !isChosen) {
      for (const value of deciding) if (rounded.has(value)) first.push({ node, value })
    }
    for (const output of node.outputs) {
      if (output === null) continue
      if (isRounded) rounded.add(output)
      if (isChosen || chooses) chosen.add(output)
    }
  }
  return { first, outputs: new Set(main.outputs.flatMap(({ name, value }) => (chosen.has(value) ? [name] : []))) }
}

/** Of a node with bodies, what these read from outside, too. */
function* valuesRead(node: Node): Iterable<Value> {
  for (const value of node.inputs) if (value !== null) yield value
  for (const body of node.graphs()) {
    for (const inner of body.nodes) yield* valuesRead(inner)
    for (const { value } of body.outputs) yield value
  }
}

function hasAny(node: Node, is: (node: Node) => boolean): boolean {
  if (is(node)) return true
  for (const body of node.graphs()) for (const inner of body.nodes) if (hasAny(inner, is)) return true
  return false
}

/** Scores become indices or branches: by name, or where a real number becomes a whole one. */
function choosesBy(node: Node, shapes: Shapes): boolean {
  if (node.domain !== '') return false
  const [input] = node.inputs
  if (node.op === 'Cast') {
    const [output] = node.outputs
    return isTyped(input, shapes, isFloating) && !isTyped(output, shapes, isFloating)
  }
  return CHOOSING.has(node.op) && node.inputs.some((value) => isTyped(value, shapes, isFloating))
}

function isReal(value: Value, shapes: Shapes): boolean {
  return constantOf(value) === null && isTyped(value, shapes, isFloating)
}

function isTyped(value: Value | null | undefined, shapes: Shapes, is: (dtype: string) => boolean): boolean {
  const type = value ? shapes.typeOf(value) : null
  return type?.kind === 'tensor' && type.dtype !== null && is(type.dtype)
}

function isFloating(dtype: string): boolean {
  return /^b?float/.test(dtype)
}
