import type { Attr } from '../ir/attr.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { denseBytes, elementCount } from '../ir/type.js'
import { initializerBytes, nodeBytes } from '../onnx/bytes.js'
import type { Builder, Encoded, Spec } from './encoding.js'
import { build } from './index.js'

/** Names for what nobody looks at, as short as they can be: they count where a model has a few kilobytes. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

/** Builds encodings into a graph, before a node of it. What is shared is made once in a graph. */
export class GraphBuilder implements Builder<Value, Tensor> {
  readonly #model: Model
  readonly #graph: Graph
  readonly #before: Node | null
  readonly #shared = new Map<string, Value>()
  #names = 0

  /** @param before  that reads what is made, or comes before all that do; the end of the graph without it */
  constructor(model: Model, graph: Graph, before: Node | null) {
    this.#model = model
    this.#graph = graph
    this.#before = before
  }

  constant(tensor: Tensor): Value {
    return this.#model.addConstant(this.#graph, this.#fresh(), tensor)
  }

  shared(tensor: Tensor): Value {
    const key = `${tensor.dtype}[${tensor.shape}] ${Buffer.from(tensor.read()).toString('base64')}`
    return this.#once(key, () => this.constant(tensor))
  }

  node(op: string, inputs: readonly Value[], _out: Spec, attrs: Readonly<Record<string, Attr>> = {}): Value {
    const init = { op, inputs, outputs: [this.#fresh()], attrs }
    const [made] = this.#model.addNode(this.#graph, init, this.#before).outputs
    if (!made) throw new Error(`A ${op} has an output.`)
    return made
  }

  sharedNode(op: string, inputs: readonly Value[], out: Spec, attrs: Readonly<Record<string, Attr>> = {}): Value {
    return this.#once(`${op} ${inputs.map(({ name }) => name)}`, () => this.node(op, inputs, out, attrs))
  }

  #once(key: string, make: () => Value): Value {
    const made = this.#shared.get(key) ?? make()
    this.#shared.set(key, made)
    return made
  }

  #fresh(): string {
    const { names } = this.#model
    for (;;) {
      let name = ''
      for (let i = this.#names++; i >= 0; i = Math.floor(i / LETTERS.length) - 1) name += LETTERS[i % LETTERS.length]
      if (!names.has(name)) return names.fresh(name)
    }
  }
}

/** What an encoding takes. */
export interface Weighed {
  /** In the file, its nodes included; what is shared is not counted. */
  readonly bytes: number
  /** All that its nodes make: ONNX Runtime holds it in memory until every weight of the model is decoded. */
  readonly loadBytes: number
  /** What the largest of them makes: ONNX Runtime folds nothing above 1 GiB (`MOST_FOLDED_BYTES`). */
  readonly largestBytes: number
}

/** Tells what an encoding takes without building it. */
export function weigh(encoded: Encoded<Spec>): Weighed {
  let bytes = 0
  let loadBytes = 0
  let largestBytes = 0
  const named = { name: 'ab' }
  const into: Builder<null, Spec> = {
    constant: ({ dtype, shape }) => {
      bytes += initializerBytes(named.name, { shape, byteLength: denseBytes(dtype, elementCount(shape)) })
      return null
    },
    shared: () => null,
    node: (op, inputs, out, attrs = {}) => {
      const parts = { op, name: '', domain: '', overload: '', inputs: inputs.map(() => named), outputs: [named] }
      bytes += nodeBytes({ ...parts, attrs: Object.entries(attrs) })
      const made = denseBytes(out.dtype, elementCount(out.shape))
      loadBytes += made
      largestBytes = Math.max(largestBytes, made)
      return null
    },
    sharedNode: () => null,
  }
  build(encoded, into)
  return { bytes, loadBytes, largestBytes }
}
