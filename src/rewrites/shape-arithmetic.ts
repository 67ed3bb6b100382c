import type { Node, Value } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import { numbersOf, param } from '../ops/param.js'
import type { Facts } from './facts.js'

/** A number, or the name of one that is not known: equal names are equal numbers. */
export type Element = number | string

/** What a small tensor of integers holds: a scalar or a vector. */
export interface Content {
  readonly dtype: 'int64' | 'int32'
  readonly shape: readonly number[]
  readonly elements: readonly Element[]
}

/** More elements than any shape has axes. */
const MOST = 32

/** Follows numbers through the ops that exporters compute shapes with. */
export class ShapeArithmetic {
  readonly #facts: Facts
  readonly #known = new Map<Value, Content | null>()

  constructor(facts: Facts) {
    this.#facts = facts
  }

  /** @returns null for what is no scalar or vector of integers, or a long one */
  of(value: Value): Content | null {
    const known = this.#known.get(value)
    if (known !== undefined) return known
    const content = this.#constant(value) ?? this.#made(value) ?? this.#unknown(value)
    this.#known.set(value, content)
    return content
  }

  /** The extents of a value, each a number or a name; null for an unknown rank. */
  extents(value: Value): readonly Element[] | null {
    const shape = this.#facts.shapeOf(value)
    return shape?.map((dim, axis) => (dim === null ? `${value.id}.${axis}` : dim)) ?? null
  }

  #constant(value: Value): Content | null {
    const tensor = this.#facts.constantOf(value)
    if (tensor === null || tensor.shape.length > 1 || elementCount(tensor.shape) > MOST) return null
    if (tensor.dtype !== 'int64' && tensor.dtype !== 'int32') return null
    const elements = numbersOf(tensor)
    if (elements === null || !elements.every(Number.isSafeInteger)) return null
    return { dtype: tensor.dtype, shape: tensor.shape, elements }
  }

  #made(value: Value): Content | null {
    const node = value.producer
    const rule = node?.domain === '' && node.outputs[0] === value ? RULES[node.op] : undefined
    if (!node || !rule) return null
    const inputs = node.inputs.map((input) => (input === null ? null : this.of(input)))
    const content = rule(node, inputs, this)
    if (content === null || content.elements.length > MOST) return null
    return { ...content, elements: content.elements.map((e, i) => e ?? nameOf(value, i)) }
  }

  /** Something of a known length: each element has a name of its own. */
  #unknown(value: Value): Content | null {
    const dtype = this.#facts.dtypeOf(value)
    const shape = this.#facts.extentsOf(value)
    if (shape === null || shape.length > 1 || elementCount(shape) > MOST) return null
    if (dtype !== 'int64' && dtype !== 'int32') return null
    return { dtype, shape, elements: Array.from({ length: elementCount(shape) }, (_, i) => nameOf(value, i)) }
  }

  param(node: Node, name: string): readonly number[] | null {
    const numbers = param(node, name, (value) => this.#facts.constantOf(value))
    return typeof numbers === 'string' ? null : numbers
  }
}

/** No dimension is called so: names of dimensions do not begin with a bracket. */
function nameOf(value: Value, index: number): string {
  return `[${value.id}][${index}]`
}

/** Elements that are null get a name of their own. */
type Made = Omit<Content, 'elements'> & { readonly elements: readonly (Element | null)[] }
type Rule = (node: Node, inputs: readonly (Content | null)[], arithmetic: ShapeArithmetic) => Made | null

const vector = (elements: readonly (Element | null)[], dtype: Content['dtype'] = 'int64'): Made => ({
  dtype,
  shape: [elements.length],
  elements,
})

const same: Rule = (_, [x]) => x ?? null

const elementwise =
  (f: (a: Element, b: Element) => Element | null): Rule =>
  (_, [a, b]) => {
    if (!a || !b || a.dtype !== b.dtype) return null
    const [n, m] = [a.elements.length, b.elements.length]
    if (n !== m && n !== 1 && m !== 1) return null
    const shape = a.shape.length === 0 && b.shape.length === 0 ? [] : [n === 1 ? m : n]
    const elements = Array.from({ length: n === 1 ? m : n }, (_, i) => {
      const [x, y] = [a.elements[n === 1 ? 0 : i], b.elements[m === 1 ? 0 : i]]
      const result = x === undefined || y === undefined ? null : f(x, y)
      return typeof result === 'number' && !fits(result, a.dtype) ? null : result
    })
    return { dtype: a.dtype, shape, elements }
  }

const numeric = (f: (a: number, b: number) => number | null) => (a: Element, b: Element) =>
  typeof a === 'number' && typeof b === 'number' ? f(a, b) : null

const RULES: Readonly<Record<string, Rule>> = {
  Shape: (node, _, arithmetic) => {
    const [x] = node.inputs
    const extents = x ? arithmetic.extents(x) : null
    if (extents === null) return null
    const rank = extents.length
    return vector(extents.slice(node.int('start', 0), node.int('end', rank)))
  },
  Size: (node, _, arithmetic) => {
    const [x] = node.inputs
    const extents = x ? arithmetic.extents(x) : null
    const numbers = extents?.filter((e) => typeof e === 'number') ?? []
    if (extents === null || numbers.length < extents.length) return null
    return { dtype: 'int64', shape: [], elements: [elementCount(numbers)] }
  },
  Gather: (node, [data, indices]) => {
    if (!data || !indices || data.shape.length !== 1 || node.int('axis', 0) !== 0) return null
    const elements = indices.elements.map((i) => (typeof i === 'number' ? (data.elements.at(i) ?? null) : null))
    return { dtype: data.dtype, shape: indices.shape, elements }
  },
  Slice: (node, [data], arithmetic) => {
    const [start, ...moreStarts] = arithmetic.param(node, 'starts') ?? []
    const [end, ...moreEnds] = arithmetic.param(node, 'ends') ?? []
    const axes = param(node, 'axes')
    const steps = param(node, 'steps')
    if (data?.shape.length !== 1 || start === undefined || end === undefined) return null
    if (moreStarts.length > 0 || moreEnds.length > 0 || axes === 'computed') return null
    if (steps !== 'absent' && (steps === 'computed' || steps[0] !== 1)) return null
    return vector(data.elements.slice(start, end), data.dtype)
  },
  Concat: (_, inputs) => {
    const [first] = inputs
    if (!first || inputs.some((input) => input?.shape.length !== 1 || input.dtype !== first.dtype)) return null
    return vector(
      inputs.flatMap((input) => input?.elements ?? []),
      first.dtype,
    )
  },
  Unsqueeze: (_, [x]) => (x && x.shape.length === 0 ? vector(x.elements, x.dtype) : null),
  Squeeze: (_, [x]) => (x && x.elements.length === 1 ? { ...x, shape: [] } : null),
  Reshape: (_, [x, target]) => {
    if (!x || !target || target.shape.length !== 1) return null
    if (target.elements.length === 0) return { ...x, shape: [] }
    const [length] = target.elements
    const isVector = target.elements.length === 1 && (length === -1 || length === x.elements.length)
    return isVector ? vector(x.elements, x.dtype) : null
  },
  Identity: same,
  Cast: (node, [x]) => {
    const to = node.int('to', 0)
    if (!x || (to !== INT64 && to !== INT32)) return null
    const dtype = to === INT64 ? 'int64' : 'int32'
    return { ...x, dtype, elements: x.elements.map((e) => (typeof e === 'number' && !fits(e, dtype) ? null : e)) }
  },
  Add: elementwise((a, b) => (a === 0 ? b : b === 0 ? a : numeric((x, y) => x + y)(a, b))),
  Sub: elementwise((a, b) => (b === 0 ? a : numeric((x, y) => x - y)(a, b))),
  Mul: elementwise((a, b) => (a === 1 ? b : b === 1 ? a : numeric((x, y) => x * y)(a, b))),
  // Kernels differ in how they round below zero.
  Div: elementwise((a, b) => (b === 1 ? a : numeric((x, y) => (x >= 0 && y > 0 ? Math.floor(x / y) : null))(a, b))),
  ReduceProd: (node, [x]) => {
    const numbers = x?.elements.filter((e) => typeof e === 'number') ?? []
    if (x?.shape.length !== 1 || numbers.length < x.elements.length) return null
    const product = elementCount(numbers)
    if (!fits(product, x.dtype)) return null
    return { dtype: x.dtype, shape: node.int('keepdims', 1) === 0 ? [] : [1], elements: [product] }
  },
}

/** TensorProto.DataType */
const [INT32, INT64] = [6, 7]

function fits(x: number, dtype: Content['dtype']): boolean {
  return Number.isSafeInteger(x) && (dtype === 'int64' || Math.abs(x) < 2 ** 31)
}
