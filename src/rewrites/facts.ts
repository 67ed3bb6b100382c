import { inferShapes, type Shapes } from '../analysis/shapes.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import type { Tensor } from '../ir/tensor.js'
import { type DType, type Shape, type Type, tensorType } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'

/**
 * What holds of the values of a model in every run. Numbers for open dimensions are no facts, so the types are those
 * that ONNX Runtime infers while the dimensions are open; inside a Loop or Scan, where one iteration may differ from
 * the next, and inside functions, where calls may differ, only the types of constants are known.
 */
export class Facts {
  readonly #shapes: Shapes
  readonly #model: Model
  readonly #stated = new Map<Value, Type>()
  readonly #varies = new Map<Graph, boolean>()

  constructor(model: Model, shapes: Shapes) {
    this.#model = model
    this.#shapes = shapes
  }

  /** Why ONNX Runtime does not open the model, in its words. */
  get failure(): string | null {
    return this.#shapes.failure
  }

  /** Ops that ONNX Runtime does not know. */
  get unknown(): ReadonlySet<string> {
    return this.#shapes.unknown
  }

  /** Whether the types of what a node makes are only those that the file declares. */
  isDeclaredBy(node: Node): boolean {
    return this.#shapes.isCut(node)
  }

  /** The tensor that a value always holds. From IR 4 on an initializer that is an input is but a default. */
  constantOf(value: Value): Tensor | null {
    return this.isDefault(value) ? null : constantOf(value)
  }

  isDefault(value: Value): boolean {
    return value.constant !== null && this.#model.irVersion >= 4 && value.graph.inputs.includes(value)
  }

  /** A string among the extents is a name of the model's interface: equal names are equal numbers. */
  typeOf(value: Value): Type | null {
    const constant = this.constantOf(value)
    if (constant !== null) return tensorType(constant.dtype, constant.shape)
    const stated = this.#stated.get(value)
    if (stated !== undefined) return stated
    const isInput = value.producer === null
    if (isInput && value.graph === this.#model.main) return value.declared
    return this.#isVarying(value.graph) ? null : this.#shapes.typeOf(value)
  }

  dtypeOf(value: Value): DType | null {
    const type = this.typeOf(value)
    return type?.kind === 'tensor' ? type.dtype : null
  }

  shapeOf(value: Value): Shape | null {
    const type = this.typeOf(value)
    return type?.kind === 'tensor' ? type.shape : null
  }

  /** The shape, when all of it is known as numbers. */
  extentsOf(value: Value): readonly number[] | null {
    const shape = this.shapeOf(value)
    const extents = shape?.filter((dim) => typeof dim === 'number') ?? []
    return shape !== null && extents.length === shape.length ? extents : null
  }

  rankOf(value: Value): number | null {
    return this.shapeOf(value)?.length ?? null
  }

  /** What a node makes of constants alone is the same in every iteration and every call, so it is known everywhere. */
  computedFromConstants(value: Value): { readonly dtype: DType; readonly shape: readonly number[] } | null {
    const type = this.#shapes.typeOf(value)
    if (type?.kind !== 'tensor' || type.dtype === null || type.shape === null) return null
    const shape = type.shape.filter((dim) => typeof dim === 'number')
    return shape.length === type.shape.length ? { dtype: type.dtype, shape } : null
  }

  /** A value that a rewrite made has the type of the one that it stands for. */
  state(value: Value, type: Type | null): void {
    if (type !== null) this.#stated.set(value, type)
  }

  #isVarying(graph: Graph): boolean {
    const known = this.#varies.get(graph)
    if (known !== undefined) return known
    const { owner } = graph
    const varies = owner === null ? graph !== this.#model.main : owner.type !== 'If' || this.#isVarying(owner.graph)
    this.#varies.set(graph, varies)
    return varies
  }
}

/** Asks ONNX Runtime. A model that it does not open has no types but those of its inputs and constants. */
export async function factsOf(model: Model): Promise<Facts> {
  return new Facts(model, await inferShapes(model, { open: true }))
}
