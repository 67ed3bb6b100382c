import type { Node, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { denseBytes, elementCount } from '../../ir/type.js'
import { constantBytes, initializerBytes, nodeBytes } from '../../onnx/bytes.js'
import { SparseTensor } from '../../onnx/sparse-tensor.js'
import { evaluateConstants, FETCHABLE } from '../constant-model.js'
import { isDeterministic } from '../deterministic.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * What hangs on constants alone is computed now, by ONNX Runtime:
 *
 *   y = f(c), c constant   =>   y = the tensor f(c)
 *
 * Only where the file does not grow: a tensor takes the place of the nodes and constants that nobody needs without it.
 * So a Transpose of a weight folds, and the codes of a packed weight, or a ConstantOfShape, do not. Of a subtree that
 * would grow as a whole the parts are tried that would not.
 */
export const foldConstants = defineRule({
  name: 'fold-constants',
  reveals: true,
  apply: async (edit) => {
    const nodes = constantNodes(edit)
    const chosen = choose(edit, nodes)
    if (chosen.length === 0) return
    const { tensors, failed } = await evaluateConstants(edit.model, chosen, nodes)
    for (const [value, why] of failed) edit.skip(labelOf(value), `not folded: ${why}`)
    const folded = chosen.filter((value) => tensors.has(value))
    const were = [...nodes].filter((node) => folded.some((value) => value.producer === node))
    const inputs = new Set(were.flatMap((node) => node.inputs))
    for (const value of folded) {
      const tensor = tensors.get(value)
      if (tensor === undefined) continue
      edit.change(labelOf(value), `${value.producer?.op} of constants folded`)
      edit.fold(value, tensor)
    }
    sweep(edit, nodes)
    edit.drop(inputs)
  },
})

function labelOf(value: Value): string {
  return value.producer?.label ?? value.name
}

/** The nodes whose inputs are all constant, or made by such nodes; in an order in which each comes after its inputs. */
function constantNodes(edit: Edit): Set<Node> {
  const nodes = new Set<Node>()
  for (const node of edit.nodes()) {
    if (!isFoldable(node) || edit.opsetOf(node) !== edit.model.opset) continue
    const isKnown = (value: Value | null) =>
      value === null || isConstant(edit, value) || (value.producer !== null && nodes.has(value.producer))
    if (node.inputs.every(isKnown)) nodes.add(node)
  }
  return nodes
}

/** Sparse ones are small as they are. */
function isConstant(edit: Edit, value: Value): boolean {
  const tensor = edit.facts.constantOf(value)
  return tensor !== null && !(tensor instanceof SparseTensor)
}

/** Weights behind DequantizeLinear are quantized on purpose: engines look for that very pattern. */
const KEPT: ReadonlySet<string> = new Set(['Constant', 'DequantizeLinear', 'Identity'])

function isFoldable(node: Node): boolean {
  if (!isDeterministic(node) || KEPT.has(node.op)) return false
  return ![...node.attrs.values()].some((a) => a.kind === 'ref')
}

/**
 * The values to be computed: first whole subtrees that share nothing with others, then, where those would grow, single
 * values from the end to the beginning.
 */
function choose(edit: Edit, nodes: ReadonlySet<Node>): Value[] {
  const chosen: Value[] = []
  for (const subtree of subtrees(nodes)) {
    const frontier = subtree.flatMap((node) => node.outputs.filter((v) => v !== null && isRead(v, nodes))) as Value[]
    if (isSmaller(edit, subtree, frontier)) chosen.push(...frontier)
    else chosen.push(...parts(edit, subtree))
  }
  return chosen
}

/** Whether anything but the nodes themselves reads a value. */
function isRead(value: Value, nodes: ReadonlySet<Node>): boolean {
  return [...value.uses].some((use) => 'slot' in use || !nodes.has(use.node))
}

/** Nodes that are connected through what they make, or through constants. */
function subtrees(nodes: ReadonlySet<Node>): Node[][] {
  const roots = new Map<Node | Value, Node | Value>()
  const rootOf = (x: Node | Value): Node | Value => {
    let root = x
    for (let up = roots.get(root); up !== undefined && up !== root; up = roots.get(root)) root = up
    roots.set(x, root)
    return root
  }
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (input === null) continue
      const producer = input.producer
      roots.set(rootOf(producer !== null && nodes.has(producer) ? producer : input), rootOf(node))
    }
  }
  const found = new Map<Node | Value, Node[]>()
  for (const node of nodes) {
    const root = rootOf(node)
    const members = found.get(root)
    if (members) members.push(node)
    else found.set(root, [node])
  }
  return [...found.values()]
}

/** From the end: the value whose whole history may be folded; what is left of it is looked at again. */
function parts(edit: Edit, subtree: readonly Node[]): Value[] {
  const chosen: Value[] = []
  const gone = new Set<Node>()
  for (const node of subtree.toReversed()) {
    const outputs = node.outputs.filter((value) => value !== null && isRead(value, gone)) as Value[] // by the filter
    if (gone.has(node) || outputs.length === 0) continue
    const history = historyOf(node, new Set(subtree), gone)
    if (!isSmaller(edit, history, outputs)) continue
    chosen.push(...outputs)
    for (const past of history) gone.add(past)
  }
  return chosen
}

/** A node with all before it that would serve nobody if it were a constant. */
function historyOf(node: Node, subtree: ReadonlySet<Node>, gone: ReadonlySet<Node>): Node[] {
  const history = new Set([node])
  for (const past of history) {
    for (const input of past.inputs) {
      const producer = input?.producer
      if (!producer || !subtree.has(producer) || gone.has(producer)) continue
      if (!producer.outputs.some((value) => value !== null && isRead(value, history))) history.add(producer)
    }
  }
  return [...history]
}

/** Whether the tensors of some values take no more than the nodes, and the constants that only these nodes read. */
function isSmaller(edit: Edit, nodes: readonly Node[], values: readonly Value[]): boolean {
  const going = new Set(nodes)
  const constants = new Set(nodes.flatMap((node) => node.inputs.filter((v) => v !== null && isDying(edit, v, going))))
  let bytes = 0
  for (const value of values) {
    const size = sizeOf(edit, value)
    if (size === null) return false
    bytes += initializerBytes(value.name, size)
  }
  for (const node of going) bytes -= nodeBytes(node)
  for (const constant of constants) bytes -= constant === null ? 0 : constantBytes(constant)
  return bytes <= 0
}

function isDying(edit: Edit, value: Value, going: ReadonlySet<Node>): boolean {
  if (edit.facts.constantOf(value) === null || value.graph.inputs.includes(value)) return false
  return [...value.uses].every((use) => 'node' in use && going.has(use.node))
}

function sizeOf(edit: Edit, value: Value): Pick<Tensor, 'shape' | 'byteLength'> | null {
  const size = edit.facts.computedFromConstants(value)
  return size !== null && FETCHABLE.has(size.dtype)
    ? { ...size, byteLength: denseBytes(size.dtype, elementCount(size.shape)) }
    : null
}

/** The nodes that served only what is folded now, from the last to the first. */
function sweep(edit: Edit, nodes: ReadonlySet<Node>): void {
  for (const node of [...nodes].toReversed()) {
    const isPresent = node.outputs.some((value) => value !== null && node.graph.definitions.get(value.name) === value)
    const isIdle = node.outputs.every((value) => value === null || value.uses.size === 0)
    if (isPresent && isIdle) edit.remove(node)
  }
}
