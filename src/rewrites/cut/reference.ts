import { type Dependencies, keptOf, type Removal } from '../../analysis/dependencies/dependencies.js'
import type { Reduction } from '../../analysis/dependencies/node-coupler.js'
import type { UnitAxis } from '../../analysis/dependencies/space.js'
import type { Shapes } from '../../analysis/shapes.js'
import { attr } from '../../ir/attr.js'
import { numberToBfloat16, numberToFloat16 } from '../../ir/float16.js'
import type { Model, Node, Value } from '../../ir/graph.js'
import { MemoryTensor, type Tensor } from '../../ir/tensor.js'
import type { DType } from '../../ir/type.js'
import { bytesOf } from '../../ir/walk.js'

/**
 * The model as it was, in which what a removal takes away counts as zero wherever something is summed over it, and is
 * left out of statistics: what the cut model has to compute, exactly but for rounding. Nothing is cut, so a mistake in
 * the cut cannot hide in it.
 *
 * @param dependencies  of a model that has not been cut
 */
export function maskedReference(dependencies: Dependencies, removal: Removal, shapes: Shapes): Model {
  const { model, of } = dependencies.model.clone()
  for (const reduction of dependencies.trace.reductions) {
    const axes = dependencies.trace.axesOfInput(reduction.node, reduction.input)
    const axis = axes?.[reduction.axis]
    const kept = axis === undefined ? null : keptOf(dependencies, axis, removal)
    const value = reduction.node.inputs[reduction.input]
    if (!axes || axis === undefined || kept === null || !value) continue
    const masking = new Masking(model, of(reduction.node))
    if (reduction.kind === 'statistics') masking.leaveOut(dependencies, reduction, axis, kept)
    else masking.zero(reduction, maskOf(typeOf(value, shapes), axes, reduction.axis, kept))
  }
  return model
}

function typeOf(value: Value, shapes: Shapes): DType {
  const type = shapes.typeOf(value)
  return (type?.kind === 'tensor' ? type.dtype : null) ?? 'float32'
}

/** Ones for what stays, to be multiplied with. */
function maskOf(dtype: DType, axes: readonly UnitAxis[], axis: number, kept: Int32Array): Tensor {
  const ones = new Float64Array(axes[axis]?.size ?? 0)
  for (const index of kept) ones[index] = 1
  const shape = axes.map(({ size }, i) => (i === axis ? size : 1))
  return new MemoryTensor(dtype, shape, bytesOf(numbersAs(dtype, ones)))
}

function numbersAs(dtype: DType, numbers: Float64Array): NodeJS.TypedArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(numbers)
    case 'float64':
      return numbers
    case 'float16':
      return Uint16Array.from(numbers, numberToFloat16)
    case 'bfloat16':
      return Uint16Array.from(numbers, numberToBfloat16)
    case 'int32':
      return Int32Array.from(numbers)
    case 'int64':
      return BigInt64Array.from(numbers, BigInt)
    default:
      throw new Error(`There is no mask for ${dtype}.`)
  }
}

class Masking {
  readonly #model: Model
  readonly #node: Node

  constructor(model: Model, node: Node) {
    this.#model = model
    this.#node = node
  }

  zero({ input }: Reduction, mask: Tensor): void {
    const value = this.#node.inputs[input]
    if (value) this.#model.setInput(this.#node, input, this.#before('Mul', [value, this.#constant('mask', mask)]))
  }

  /**
   * The node looks at what stays, of all its inputs alike; where the axis comes out again, its elements go back to
   * their places. What stands at the other places is never looked at.
   */
  leaveOut(dependencies: Dependencies, reduction: Reduction, looked: UnitAxis, kept: Int32Array): void {
    const { trace } = dependencies
    for (const index of this.#node.inputs.keys()) {
      for (const [i, axis] of (trace.axesOfInput(reduction.node, index) ?? []).entries()) {
        const isLooked = index === reduction.input ? i === reduction.axis : isAlike(dependencies, axis, looked)
        const value = this.#node.inputs[index]
        if (!isLooked || !value) continue
        const gathered = this.#before('Gather', [value, this.#indices(kept)], { axis: attr.int(i) })
        this.#model.setInput(this.#node, index, gathered)
      }
    }
    if (reduction.output === null) return
    const places = new Int32Array(looked.size)
    for (const [place, index] of kept.entries()) places[index] = place
    for (const [index, output] of this.#node.outputs.entries()) {
      const axes = trace.axesOfOutput(reduction.node, index) ?? []
      const at = axes.findIndex((axis) => isAlike(dependencies, axis, looked))
      if (output !== null && at >= 0) this.#behind(output, places, at)
    }
  }

  #behind(output: Value, places: Int32Array, axis: number): void {
    const node = this.#model.addNode(
      output.graph,
      {
        op: 'Gather',
        inputs: [output, this.#indices(places)],
        outputs: [this.#model.names.fresh(`${output.name}_wide`)],
        attrs: { axis: attr.int(axis) },
      },
      this.#node.graph.nodes.after(this.#node),
    )
    const [wide] = node.outputs
    if (wide) this.#model.replaceUses(output, wide, { except: node })
  }

  #before(op: string, inputs: readonly Value[], attrs = {}): Value {
    const outputs = [this.#model.names.fresh(`${inputs[0]?.name ?? op}_masked`)]
    const [value] = this.#model.addNode(this.#node.graph, { op, inputs, outputs, attrs }, this.#node).outputs
    if (!value) throw new Error(`${op} has no output.`)
    return value
  }

  #indices(values: Int32Array): Value {
    const tensor = new MemoryTensor('int64', [values.length], bytesOf(BigInt64Array.from(values, BigInt)))
    return this.#constant('kept', tensor)
  }

  #constant(name: string, tensor: Tensor): Value {
    return this.#model.addConstant(this.#node.graph, this.#model.names.fresh(name), tensor)
  }
}

function isAlike(dependencies: Dependencies, a: UnitAxis, b: UnitAxis): boolean {
  const [left, right] = [dependencies.unitsOf(a), dependencies.unitsOf(b)]
  return left !== null && right !== null && left.length === right.length && left.every((unit, i) => unit === right[i])
}
