import type { Node } from '../ir/graph.js'
import { isStored } from './contract.js'
import type { Axis, Coupler } from './coupling.js'
import { defineOp, type NodeShapes, type WeightSpec } from './op.js'

/** `...` stands for the axes without a letter. */
const ELLIPSIS = '...'

interface Equation {
  /** The labels of each operand, in the order of its axes; an ellipsis is one label. */
  readonly operands: readonly (readonly string[])[]
  readonly output: readonly string[]
}

/** @see ONNX Einsum: numpy's notation, letters and `...`; without `->` the labels seen once, in order. */
function equationOf(node: Node): Equation | null {
  const [left, right] = (node.string('equation') ?? '').replace(/\s/g, '').split('->')
  if (!left) return null
  const operands = left.split(',').map(labelsOf)
  return { operands, output: right === undefined ? impliedOutput(operands) : labelsOf(right) }
}

function labelsOf(term: string): string[] {
  return term.match(/\.\.\.|[A-Za-z]/g) ?? []
}

function impliedOutput(operands: readonly (readonly string[])[]): string[] {
  const all = operands.flat()
  const once = all.filter((label) => label !== ELLIPSIS && all.indexOf(label) === all.lastIndexOf(label)).sort()
  return all.includes(ELLIPSIS) ? [ELLIPSIS, ...once] : once
}

/**
 * Operands are multiplied from left to right; a product of two takes one multiplication for each combination of
 * their labels, and a label leaves when neither a later operand nor the output has it:
 *
 *   bhid,bhjd->bhij   MACs = B * H * I * J * D
 */
function einsumMacs(node: Node, shapes: NodeShapes): number | null {
  const equation = equationOf(node)
  if (equation === null) return null
  const sizes = sizesOf(equation, shapes)
  if (sizes === null) return null
  const { operands, output } = equation
  let product = new Set(operands[0])
  let macs = 0
  for (const [i, labels] of operands.entries()) {
    if (i === 0) continue
    const union = new Set([...product, ...labels])
    macs += [...union].reduce((n, label) => n * (sizes.get(label) ?? 1), 1)
    const needed = new Set([...operands.slice(i + 1).flat(), ...output])
    product = new Set([...union].filter((label) => needed.has(label)))
  }
  return macs
}

/** The extent of each label, after broadcasting; of an ellipsis, the product of what it stands for. */
function sizesOf({ operands }: Equation, shapes: NodeShapes): Map<string, number> | null {
  const sizes = new Map<string, number>()
  const raise = (label: string, size: number) => sizes.set(label, Math.max(sizes.get(label) ?? 1, size))
  for (const [i, labels] of operands.entries()) {
    const shape = shapes.input(i)
    if (shape === null) return null
    const hidden = shape.length - labels.filter((label) => label !== ELLIPSIS).length
    let axis = 0
    for (const label of labels) {
      const extent = shape.slice(axis, axis + (label === ELLIPSIS ? hidden : 1)).reduce((n, d) => n * d, 1)
      axis += label === ELLIPSIS ? hidden : 1
      raise(label, extent)
    }
  }
  return sizes
}

/**
 * A constant operand is a weight when one of its labels is summed over and another is its own in the output, as in
 * `bsd,hde->bshe`. Of several, `out` is the first and `in` the last.
 */
function einsumWeights(node: Node): WeightSpec[] {
  const equation = equationOf(node)
  if (equation === null || equation.operands.length < 2) return []
  const { operands, output } = equation
  return operands.flatMap((labels, input) => {
    const others = new Set(operands.filter((_, i) => i !== input).flat())
    const out = labels.find((l) => l !== ELLIPSIS && output.includes(l) && !others.has(l))
    const summed = labels.findLast((l) => l !== ELLIPSIS && !output.includes(l) && others.has(l))
    if (out === undefined || summed === undefined) return []
    return [{ input, out: axisOf(labels, out), in: axisOf(labels, summed), kind: 'weight' as const, eitherSide: true }]
  })
}

/** Counted from the end behind an ellipsis, whose length is not known here. */
function axisOf(labels: readonly string[], label: string): number {
  const axis = labels.indexOf(label)
  return labels.slice(0, axis).includes(ELLIPSIS) ? axis - labels.length : axis
}

export const einsum = defineOp({
  types: ['Einsum'],
  weights: einsumWeights,
  macs: einsumMacs,
  couple: coupleEinsum,
})

/** Axes of one letter are one axis, but where an operand is stretched; a letter that the output lacks is summed over. */
function coupleEinsum(c: Coupler): void {
  const equation = equationOf(c.node) ?? c.refuse('it has no equation')
  const operands = equation.operands.map((labels, input) => lettersOf(c, labels, c.input(input).length))
  const axes = new Map<string, Axis>()
  for (const [input, letters] of operands.entries()) {
    if (new Set(letters).size < letters.length) c.refuse('its equation takes a diagonal')
    for (const [i, axis] of c.input(input).entries()) {
      const known = axes.get(letters[i] ?? '')
      if (known === undefined || known.size === 1) axes.set(letters[i] ?? '', axis)
      else if (axis.size !== 1) c.tie(known, axis)
    }
  }
  const output = lettersOf(c, equation.output, c.outputShape(0).length)
  for (const [letter, { size }] of axes) if (!output.includes(letter)) contractLetter(c, operands, letter, size)
  markHeads(c, operands, output, axes)
  c.output(
    0,
    output.map((letter) => axes.get(letter) ?? c.free(1)),
  )
}

/** The letter of each axis; those behind an ellipsis are numbered from the last, as they are aligned. */
function lettersOf(c: Coupler, labels: readonly string[], rank: number): string[] {
  const hidden = rank - labels.filter((label) => label !== ELLIPSIS).length
  if (hidden < 0 || (hidden > 0 && !labels.includes(ELLIPSIS))) c.refuse(`its equation does not fit ${rank} axes`)
  return labels.flatMap((label) =>
    label === ELLIPSIS ? Array.from({ length: hidden }, (_, i) => `${hidden - i}`) : label,
  )
}

/** At an operand that has all of the axis, one that is computed if there is any: a factor of zero is enough. */
function contractLetter(c: Coupler, operands: readonly (readonly string[])[], letter: string, size: number): void {
  const places = operands.flatMap((letters, input) => {
    const axis = letters.indexOf(letter)
    return axis >= 0 && c.input(input)[axis]?.size === size ? [{ input, axis }] : []
  })
  const place = places.find(({ input }) => !isStored(c.node, input)) ?? places[0]
  if (place) c.contract(place.input, place.axis)
}

/** Where activations are multiplied, the letters of all of them are stacks of products. */
function markHeads(
  c: Coupler,
  operands: readonly (readonly string[])[],
  output: readonly string[],
  axes: ReadonlyMap<string, Axis>,
): void {
  if (operands.length < 2 || operands.some((_, input) => isStored(c.node, input))) return
  for (const letter of output) {
    const axis = axes.get(letter)
    if (axis && operands.every((letters) => letters.includes(letter))) c.heads(axis)
  }
}
