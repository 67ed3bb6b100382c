import type { Model, Node, Value } from '../../../ir/graph.js'
import { Drawing } from '../../../rewrites/columns.js'
import { transplant } from '../../../rewrites/transplant.js'

/** The cut model and the one before the cut in one, fed with the same inputs: what both compute can be compared there. */
export class Pair extends Drawing {
  readonly #of: <T extends Node | Value>(x: T) => T
  readonly #before: Map<Value, Value | null>

  /** Both models stay as they are. The pair has no outputs yet. */
  constructor(before: Model, after: Model) {
    const { model, of } = after.clone()
    super(model)
    for (const slot of [...model.main.outputs]) model.removeOutput(slot)
    this.#of = of
    const inputs = new Map(model.main.inputs.map((input) => [input.name, input]))
    this.#before = new Map(before.main.inputs.map((input) => [input, inputs.get(input.name) ?? null]))
    const [first] = model.main.nodes
    if (first !== undefined) transplant(model, before.main, model.main, first, this.#before)
  }

  get pair(): Model {
    return this.model
  }

  /** A node or value of the cut model, here. */
  after<T extends Node | Value>(x: T): T {
    return this.#of(x)
  }

  /** A value of the model before the cut, here. */
  before(value: Value): Value {
    const found = this.#before.get(value)
    if (!found) throw new Error(`"${value.name}" is not in the pair.`)
    return found
  }

  /** Some slices along an axis, in order. */
  slices(value: Value, kept: Int32Array | null, axis: number): Value {
    if (kept === null) return value
    return this.node('Gather', [value, this.ints('kept', [...kept])], { axis: { kind: 'int', value: BigInt(axis) } })
  }

  output(value: Value): string {
    return this.model.addOutput(this.model.main, value).name
  }
}
