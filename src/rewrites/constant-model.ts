import { Model, type Node, type Value } from '../ir/graph.js'
import { MemoryTensor, type Tensor } from '../ir/tensor.js'
import type { DType } from '../ir/type.js'
import { bytesOf, constantOf } from '../ir/walk.js'
import { skeleton } from '../onnx/skeleton.js'
import type { NdArray } from '../runtime/array.js'
import { EngineError } from '../runtime/engine-error.js'
import { openSession } from '../runtime/session.js'

/** Types whose values ONNX Runtime hands over. */
export const FETCHABLE: ReadonlySet<DType> = new Set<DType>([
  ...(['float32', 'float64', 'float16', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'] as const),
])

/** ONNX Runtime reads nodes by their opset; the IR version only has to be one that it takes. */
const IR_VERSION = 10

export interface Evaluated {
  readonly tensors: ReadonlyMap<Value, Tensor>
  /** Why a value has none, in the words of ONNX Runtime. */
  readonly failed: ReadonlyMap<Value, string>
}

/**
 * Computes values that hang on constants alone, all in one session; weights enter it as ranges of their files. A node
 * that ONNX Runtime refuses takes with it what hangs on it, and the rest is tried again.
 *
 * @param nodes  what makes them, and all before it, each after its inputs
 */
export async function evaluateConstants(
  model: Model,
  values: readonly Value[],
  nodes: ReadonlySet<Node>,
): Promise<Evaluated> {
  const failed = new Map<Value, string>()
  const refused = new Map<Node, string>()
  for (;;) {
    const wanted = values.filter((value) => !failed.has(value))
    const program = programOf(wanted, nodes, refused)
    for (const [value, why] of program.without) failed.set(value, why)
    const left = wanted.filter((value) => !failed.has(value))
    if (left.length === 0) return { tensors: new Map(), failed }
    const copy = new ConstantModel(model, program.nodes, left)
    try {
      return { tensors: await copy.run(), failed }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      const node = copy.nodeIn(error)
      if (node === undefined) {
        for (const value of left) failed.set(value, error.message)
        return { tensors: new Map(), failed }
      }
      refused.set(node, error.message)
    }
  }
}

interface Program {
  readonly nodes: readonly Node[]
  /** Values that hang on a node that was refused. */
  readonly without: ReadonlyMap<Value, string>
}

function programOf(values: readonly Value[], nodes: ReadonlySet<Node>, refused: ReadonlyMap<Node, string>): Program {
  const whys = new Map<Node, string>(refused)
  for (const node of nodes) {
    for (const input of node.inputs) {
      const why = input?.producer ? whys.get(input.producer) : undefined
      if (why !== undefined && !whys.has(node)) whys.set(node, why)
    }
  }
  const without = new Map<Value, string>()
  const needed = new Set<Node>()
  for (const value of values) {
    const why = value.producer ? whys.get(value.producer) : undefined
    if (why !== undefined) without.set(value, why)
    else if (value.producer) needed.add(value.producer)
  }
  for (const node of needed) {
    for (const input of node.inputs) if (input?.producer && nodes.has(input.producer)) needed.add(input.producer)
  }
  return { nodes: [...nodes].filter((node) => needed.has(node)), without }
}

class ConstantModel {
  readonly #model: Model
  readonly #copies = new Map<Value, Value>()
  readonly #nodes: readonly Node[]
  readonly #values: readonly Value[]

  constructor(source: Model, nodes: readonly Node[], values: readonly Value[]) {
    this.#model = new Model({ irVersion: IR_VERSION, opsets: new Map([['', source.opset]]) })
    this.#nodes = nodes
    this.#values = values
    for (const [i, node] of nodes.entries()) this.#add(node, i)
    for (const value of values) this.#model.addOutput(this.#model.main, this.#copy(value))
  }

  async run(): Promise<Map<Value, Tensor>> {
    const session = await openSession(skeleton(this.#model), { level: 'disabled', prepacking: false, threads: 1 })
    try {
      const results = await session.run({})
      return new Map(this.#values.map((value) => [value, tensorOf(results[this.#copy(value).name])]))
    } finally {
      await session.release()
    }
  }

  nodeIn(error: EngineError): Node | undefined {
    const number = /\bfold\.(\d+)\b/.exec(`${error.node ?? ''} ${error.message}`)?.[1]
    return number === undefined ? undefined : this.#nodes[Number(number)]
  }

  #add(node: Node, index: number): void {
    const made = this.#model.addNode(this.#model.main, {
      op: node.op,
      name: `fold.${index}`,
      inputs: node.inputs.map((value) => (value === null ? null : this.#copy(value))),
      outputs: node.outputs.map((value) => (value === null ? '' : this.#name())),
      attrs: Object.fromEntries(node.attrs),
    })
    for (const [i, value] of node.outputs.entries()) {
      const copy = made.outputs[i]
      if (value !== null && copy) this.#copies.set(value, copy)
    }
  }

  #copy(value: Value): Value {
    const known = this.#copies.get(value)
    if (known !== undefined) return known
    const tensor = constantOf(value)
    if (tensor === null) throw new Error(`"${value.name}" is no constant, and nothing that was copied makes it.`)
    const copy = this.#model.addConstant(this.#model.main, this.#name(), tensor)
    this.#copies.set(value, copy)
    return copy
  }

  #name(): string {
    return this.#model.names.fresh('v')
  }
}

function tensorOf(array: NdArray | undefined): Tensor {
  if (array === undefined || !ArrayBuffer.isView(array.data)) throw new Error('ONNX Runtime gave no numbers.')
  return new MemoryTensor(array.dtype, array.shape, bytesOf(array.data))
}
