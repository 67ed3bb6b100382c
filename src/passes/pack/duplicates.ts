import { GraphBuilder } from '../../encodings/builder.js'
import { reshaped } from '../../encodings/ops.js'
import type { Graph, Model, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { shapeToString } from '../../ir/type.js'
import { constantOf, graphs } from '../../ir/walk.js'
import { SparseTensor } from '../../onnx/sparse-tensor.js'
import { tensorDigest, tensorKey, tensorStart } from '../../rewrites/digest.js'
import { sharedWeights } from '../../rewrites/rules/shared-weights.js'
import { simplify } from '../../rewrites/simplify.js'
import type { Change } from '../pass.js'

/** More than a Reshape and its shape take. */
const LEAST_RESHAPED_BYTES = 256

/**
 * Constants of one type and content are stored once. Those of equal shape become one initializer, which is what `simplify`
 * does, too; of others in the same graph all but one become a Reshape of that.
 */
export async function shareDuplicates(model: Model): Promise<readonly Change[]> {
  const equal = groupsOf(model)
  for (const value of equal.flat()) {
    const tensor = constantOf(value)
    if (value.producer !== null && tensor !== null) model.freeze(value, tensor)
  }
  const { changed } = await simplify(model, { rules: [sharedWeights] })
  return [...changed, ...equal.flatMap((values) => shareAcrossShapes(model, values))]
}

/** Constants of equal type and bytes, where there are several: initializers, and outputs of Constant nodes. */
function groupsOf(model: Model): Value[][] {
  // The dearer the question, the fewer are asked: whole tensors are read only where their beginnings are equal.
  const keys = [({ dtype, byteLength }: Tensor) => `${dtype} ${byteLength}`, tensorStart, contentDigest]
  const able = [...graphs(model)].filter((graph) => takesInitializers(model, graph))
  let groups: Value[][] = [able.flatMap(candidates)]
  for (const keyOf of keys) groups = groups.flatMap((values) => split(values, keyOf))
  return groups
}

/** Functions have no initializers, and before IR 4 each had to be an input as well. */
function takesInitializers(model: Model, graph: Graph): boolean {
  let outermost = graph
  while (outermost.outer !== null) outermost = outermost.outer
  return outermost === model.main && model.irVersion >= 4
}

function candidates(graph: Graph): Value[] {
  const made = [...graph.nodes].flatMap((node) => (node.type === 'Constant' ? (node.outputs[0] ?? []) : []))
  return [...graph.initializers, ...made].filter((value) => {
    const tensor = constantOf(value)
    if (tensor === null || tensor instanceof SparseTensor || tensor.dtype === 'string') return false
    return !graph.inputs.includes(value) && [...value.uses].every((use) => 'node' in use)
  })
}

/** The groups of several that a key makes of a group. */
function split(values: readonly Value[], keyOf: (tensor: Tensor) => string): Value[][] {
  const groups = new Map<string, Value[]>()
  for (const value of values.length > 1 ? values : []) {
    const tensor = constantOf(value)
    if (tensor === null) continue
    const key = keyOf(tensor)
    groups.set(key, [...(groups.get(key) ?? []), value])
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

/** The digest without the shape, which stands in the key before it. */
function contentDigest(tensor: Tensor): string {
  return tensorDigest(tensor).slice(tensorKey(tensor).length)
}

/** What the rule has left of equal ones differs in shape, or stands in graphs that do not see each other. */
function shareAcrossShapes(model: Model, values: readonly Value[]): Change[] {
  const changes: Change[] = []
  const sources = new Map<Graph, Value>()
  for (const value of values) {
    const { graph, constant } = value
    if (constant === null || !graph.initializers.has(value) || constant.byteLength < LEAST_RESHAPED_BYTES) continue
    const source = sources.get(graph)
    if (source === undefined) {
      sources.set(graph, value)
      continue
    }
    const [first = null] = graph.nodes
    model.compute(value, reshaped(source, constant, new GraphBuilder(model, graph, first)))
    changes.push({
      target: value.name,
      what: `stored once, with "${source.name}", of shape ${shapeToString(source.constant?.shape ?? null)}`,
    })
  }
  return changes
}
