import { type Attrs, float32, type Sketch, sketch } from '../../../fixtures/sketch.js'
import type { Space, UnitAxis } from '../../../src/analysis/dependencies/space.js'
import { trace } from '../../../src/analysis/dependencies/trace.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import type { Node, Value } from '../../../src/ir/graph.js'
import type { Tensor } from '../../../src/ir/tensor.js'
import { elementCount, type Type } from '../../../src/ir/type.js'

/**
 * The shape of an operand with axes that are free, or a constant of the op, or the type of an input that is known at run
 * time only; null where it is left out.
 */
export type Operand = readonly number[] | Tensor | Type | null

export interface Options {
  readonly opset?: number
  readonly outputs?: number
  /** Operands that are computed from an input of the model, and are no constants. */
  readonly computed?: readonly number[]
}

/**
 * The axes around a node as its rule couples them, operands and then results: a letter for each element, the same for
 * those of one unit, a dot for what stays.
 *
 *   Gemm   ab cde | cde fg | fg -> ab fg
 *
 * What is summed over follows, in brackets: the input and its axis.
 */
export async function unitsOf(
  type: string,
  operands: readonly Operand[],
  attrs: Attrs = {},
  { opset = 17, outputs = 1, computed = [] }: Options = {},
): Promise<string> {
  const s = sketch('one-node', opset, { 'com.microsoft': 1 })
  const dot = type.lastIndexOf('.')
  const inputs = operands.map((operand, i) => operandValue(s, operand, i, computed.includes(i)))
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`)
  const node = s.nodeOf(type.slice(dot + 1), 'node', inputs, names, attrs, { domain: type.slice(0, Math.max(0, dot)) })
  for (const value of node.outputs) if (value !== null) summedUp(s, value)
  return described(s, node)
}

/** Free axes, also where the value is computed: an element that is stretched says nothing of them. */
function operandValue(s: Sketch, operand: Operand, index: number, isComputed: boolean): Value | null {
  if (operand === null) return null
  if ('kind' in operand) return s.model.addInput(s.graph, `x${index}`, operand)
  if (!isShape(operand)) return s.constant(`x${index}`, operand)
  const constant = s.constant(`x${index}`, float32(operand, new Array(elementCount(operand)).fill(0.5)))
  if (!isComputed) return constant
  const stretched = s.input(
    `in${index}`,
    operand.map(() => 1),
  )
  return s.node('Add', `computed${index}`, [stretched, constant])
}

function isShape(operand: readonly number[] | Tensor): operand is readonly number[] {
  return Array.isArray(operand)
}

/** So that a value is used, and what is made of it in the end has no axes that would have to stay. */
function summedUp(s: Sketch, value: Value): void {
  const cast = s.node('Cast', `float.${value.name}`, [value], { to: 1 })
  s.output(`sum.${value.name}`, s.node('ReduceSum', `sum.${value.name}`, [cast], { keepdims: 0 }), null)
}

async function described({ model }: Sketch, node: Node): Promise<string> {
  const traced = trace(model, await inferShapes(model), await inferShapes(model, { open: true }), 'heads')
  const [blocked] = traced.blocked
  if (blocked) return `refused: ${blocked.why}`
  const letters = new Letters(traced.space)
  const texts = (values: readonly (Value | null)[], axesOf: (index: number) => readonly UnitAxis[] | null) =>
    values.map((value, i) => (value === null ? '-' : letters.of(axesOf(i) ?? []))).join(' | ')
  const inputs = texts(node.inputs, (i) => traced.axesOfInput(node, i))
  const outputs = texts(node.outputs, (i) => traced.axesOfOutput(node, i))
  const own = traced.reductions.filter((reduction) => reduction.node === node)
  const sums = own.map(({ kind, input, axis }) => ` [${kind} of ${input}.${axis}]`).join('')
  return `${inputs} -> ${outputs}${sums}`
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'

class Letters {
  readonly #space: Space
  readonly #known = new Map<number, string>()

  constructor(space: Space) {
    this.#space = space
  }

  of(axes: readonly UnitAxis[]): string {
    return axes.map((axis) => this.#word(axis)).join(' ')
  }

  #word({ size, elements }: UnitAxis): string {
    return Array.from({ length: size }, (_, i) => {
      const element = elements?.[i]
      if (element === undefined || this.#space.units.isKept(element)) return '.'
      const root = this.#space.units.find(element)
      const letter = this.#known.get(root) ?? ALPHABET[this.#known.size] ?? '?'
      this.#known.set(root, letter)
      return letter
    }).join('')
  }
}
