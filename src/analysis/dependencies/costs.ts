import type { Node, Value } from '../../ir/graph.js'
import { denseBytes, elementCount } from '../../ir/type.js'
import { constantOf, walk } from '../../ir/walk.js'
import { countMacs, type MacCount } from '../macs.js'
import type { Shapes } from '../shapes.js'
import { countGone, type Dependencies, type Removal } from './dependencies.js'
import type { UnitAxis } from './space.js'

/** What a model costs once a removal has been carried out. */
export interface Cost {
  /** Of one run; null when nothing could be counted. */
  readonly macs: number | null
  /** Elements of all constants. */
  readonly parameters: number
  /** Bytes of all constants. */
  readonly bytes: number
}

/** Works out what a model would cost without some of its units, without cutting it: linear in nodes and axes. */
export class Costs {
  readonly #dependencies: Dependencies
  readonly #shapes: Shapes
  /** Of constants that each reader cuts for itself: as the first one cuts them. */
  readonly #ofConstants = new Map<Value, readonly UnitAxis[]>()

  constructor(dependencies: Dependencies, shapes: Shapes) {
    this.#dependencies = dependencies
    this.#shapes = shapes
    const { trace, model } = dependencies
    for (const node of walk(model)) {
      for (const [index, value] of node.inputs.entries()) {
        if (value === null || constantOf(value) === null || this.#ofConstants.has(value)) continue
        const axes = trace.axesOfInput(node, index)
        if (axes !== null) this.#ofConstants.set(value, axes)
      }
    }
  }

  of(removal: Removal): Cost {
    const sizeOf = this.#sizes(removal)
    return { macs: this.#macs(sizeOf).total, ...this.#constants(sizeOf) }
  }

  /** Multiply-accumulate operations of each node. */
  macs(removal: Removal): MacCount {
    return this.#macs(this.#sizes(removal))
  }

  #macs(sizeOf: SizeOf): MacCount {
    const shapes = this.#shapes
    const { trace, model } = this.#dependencies
    const shapeOf: Shapes['shapeOf'] = (value, call) => {
      const shape = shapes.shapeOf(value, call)
      const axes = this.#ofConstants.get(value) ?? trace.axesOfValue(value)
      if (shape === null || axes === null || axes.length !== shape.length) return shape
      return axes.map(sizeOf)
    }
    const after: Shapes = {
      typeOf: (value, call) => shapes.typeOf(value, call),
      shapeOf,
      isRefused: (node, call) => shapes.isRefused(node, call),
      isCut: (node, call) => shapes.isCut(node, call),
      unknown: shapes.unknown,
      assumed: shapes.assumed,
      failure: shapes.failure,
    }
    return countMacs(model, after)
  }

  /** Readers that cut a constant differently get a copy each. */
  #constants(sizeOf: SizeOf): Pick<Cost, 'parameters' | 'bytes'> {
    let [parameters, bytes] = [0, 0]
    const counted = new Map<Value, Set<string>>()
    for (const node of walk(this.#dependencies.model)) {
      for (const [index, value] of node.inputs.entries()) {
        const tensor = value === null ? null : constantOf(value)
        if (value === null || tensor === null) continue
        const shape = this.#shapeFor(node, index, sizeOf) ?? tensor.shape
        const ways = counted.get(value) ?? new Set()
        counted.set(value, ways)
        const key = shape.join()
        if (ways.has(key)) continue
        ways.add(key)
        parameters += elementCount(shape)
        bytes += tensor.dtype === 'string' ? tensor.byteLength : denseBytes(tensor.dtype, elementCount(shape))
      }
    }
    return { parameters, bytes }
  }

  #shapeFor(node: Node, index: number, sizeOf: SizeOf): readonly number[] | null {
    return this.#dependencies.trace.axesOfInput(node, index)?.map(sizeOf) ?? null
  }

  #sizes(removal: Removal): SizeOf {
    const gone = new Map<Int32Array, number>()
    return (axis) => {
      const units = this.#dependencies.unitsOf(axis)
      if (units === null) return axis.size
      const known = gone.get(units) ?? countGone(units, removal)
      gone.set(units, known)
      return axis.size - known
    }
  }
}

type SizeOf = (axis: UnitAxis) => number
