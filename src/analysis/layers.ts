import { siteKey } from '../ir/calls.js'
import type { Model, Node } from '../ir/graph.js'
import { type DType, elementCount, type Type, typeToString } from '../ir/type.js'
import { walk } from '../ir/walk.js'
import { type Weight, weightsOf } from '../ops/weights.js'
import { type Distribution, distributionOf } from './distribution.js'
import { countMacs, type MacCount } from './macs.js'
import type { Shapes } from './shapes.js'
import { countParameters, type DTypeCount, nonZeroOf } from './statistics.js'
import { storedIn } from './unpacked.js'

/** A weight and the node that uses it: a row of a table of layers. */
export interface Layer {
  readonly weight: string
  readonly node: string
  readonly op: string
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly parameters: number
  readonly nonZero: number
  readonly bytes: number
  /** How it is stored: `codebook of 16`; null when it stands in the file as it is used. */
  readonly encoding: string | null
  /** Of all nodes that use it; a node with several weights shares its own out among them by size. null: not known. */
  readonly macs: number | null
  /** How the values are distributed; null when not looked at. */
  readonly distribution: Distribution | null
}

/** What there is to say of a model in memory. */
export interface ModelDescription {
  readonly irVersion: number
  readonly opsets: Readonly<Record<string, number>>
  readonly producer: string | null
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** In all graphs: of the model, of bodies, of functions. */
  readonly nodes: number
  readonly ops: Readonly<Record<string, number>>
  readonly parameters: number
  readonly nonZeroParameters: number
  readonly macs: {
    readonly total: number | null
    readonly assumed: Readonly<Record<string, number>>
    readonly unknown: readonly string[]
  }
  readonly dtypes: readonly DTypeCount[]
  readonly layers: readonly Layer[]
}

interface Port {
  readonly name: string
  readonly type: string
}

export interface DescribeOptions {
  /** Whether it is told how the values of each layer are distributed: they are looked at twice. Not unless told. */
  readonly distributions?: boolean
}

/** @param model  unpacked, where weights are packed (`unpacked.ts`): so is what is told of it, but for the bytes */
export function describeModel(model: Model, shapes: Shapes, options: DescribeOptions = {}): ModelDescription {
  const nodes = [...walk(model)]
  const { parameters, nonZero, dtypes } = countParameters(model)
  const macs = countMacs(model, shapes)
  return {
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsets),
    producer: producerOf(model),
    // An input with a default is a constant: ONNX Runtime for Node.js does not take anything else for it.
    inputs: model.main.inputs.filter((v) => v.constant === null).map((v) => portOf(v.name, v.declared)),
    outputs: model.main.outputs.map((slot) => portOf(slot.name, slot.declared ?? shapes.typeOf(slot.value))),
    nodes: nodes.length,
    ops: countOps(nodes),
    parameters,
    nonZeroParameters: nonZero,
    macs: { total: macs.total, assumed: shapes.assumed, unknown: macs.unknown.map((node) => node.label) },
    dtypes,
    layers: layersOf(model, macs, options),
  }
}

/** In the order in which the graph uses them. */
export function layersOf(model: Model, macs: MacCount, { distributions = false }: DescribeOptions = {}): Layer[] {
  const { weights } = weightsOf(model)
  const shares = sharesOf(weights)
  const packed = storedIn(model)
  return weights.map((weight) => ({
    weight: weight.value.name,
    node: weight.main.node.label,
    op: weight.main.node.type,
    dtype: weight.tensor.dtype,
    shape: weight.tensor.shape,
    parameters: elementCount(weight.tensor.shape),
    nonZero: nonZeroOf(weight.tensor),
    bytes: packed.get(weight.value)?.bytes ?? weight.tensor.byteLength,
    encoding: packed.get(weight.value)?.encoding ?? null,
    macs: macsOf(weight, macs, shares),
    distribution: distributions ? distributionOf(weight.tensor) : null,
  }))
}

/** The elements of all weights of a node, by its `siteKey`: what its cost is shared out over. */
type Shares = ReadonlyMap<string, number>

function sharesOf(weights: readonly Weight[]): Shares {
  const sums = new Map<string, number>()
  for (const { uses, tensor } of weights) {
    for (const { node, call } of uses) {
      const key = siteKey(node, call)
      sums.set(key, (sums.get(key) ?? 0) + elementCount(tensor.shape))
    }
  }
  return sums
}

function macsOf({ uses, tensor }: Weight, macs: MacCount, shares: Shares): number | null {
  let sum = 0
  for (const use of uses) {
    const ofNode = macs.of(use.node, use.call)
    if (ofNode === null) return null
    const elements = shares.get(siteKey(use.node, use.call)) ?? 0
    sum += elements === 0 ? 0 : (ofNode * elementCount(tensor.shape)) / elements
  }
  return Math.round(sum)
}

function countOps(nodes: readonly Node[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { type } of nodes) counts.set(type, (counts.get(type) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The reader keeps the fields of ModelProto that the IR does not model by their names. */
function producerOf({ extra }: Model): string | null {
  const name = typeof extra.producerName === 'string' ? extra.producerName : ''
  const version = typeof extra.producerVersion === 'string' ? extra.producerVersion : ''
  return name === '' ? null : `${name} ${version}`.trim()
}

function portOf(name: string, type: Type | null): Port {
  return { name, type: typeToString(type) }
}
