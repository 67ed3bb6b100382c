import type { Port } from '../../data/dataset.js'
import { UsageError } from '../../errors.js'
import { type Dim, type Shape, shapeToString } from '../../ir/type.js'
import type { Opened } from '../opened.js'

/** What two models have in common at their borders. */
export interface CommonInterface {
  /** The inputs of both; a dimension that one of them fixes is fixed. */
  readonly inputs: readonly Port[]
  /** Outputs of both, in the order of the first. */
  readonly outputs: readonly string[]
  /** Outputs that cannot be compared, and why. */
  readonly skipped: readonly { readonly target: string; readonly why: string }[]
}

/** @throws UsageError that lists what differs: when they cannot be fed the same, or have no output in common */
export function commonInterface(a: Opened, b: Opened): CommonInterface {
  const inputs = commonInputs(a, b)
  const theirs = new Map(b.session.outputs.map((port) => [port.name, port]))
  const outputs: string[] = []
  const skipped: { target: string; why: string }[] = []
  for (const port of a.session.outputs) {
    const other = theirs.get(port.name)
    if (other === undefined) skipped.push({ target: port.name, why: `an output of ${a.name} only` })
    else if (fetchable(port) && fetchable(other)) outputs.push(port.name)
    else
      skipped.push({
        target: port.name,
        why: `it is ${(fetchable(port) ? other : port).dtype ?? 'no tensor'}, which cannot be fetched`,
      })
  }
  const ours = new Set(a.session.outputs.map(({ name }) => name))
  for (const { name } of b.session.outputs) {
    if (!ours.has(name)) skipped.push({ target: name, why: `an output of ${b.name} only` })
  }
  if (outputs.length > 0) return { inputs, outputs, skipped }
  if (skipped.some(({ target }) => ours.has(target) && theirs.has(target))) {
    const reasons = skipped.map(({ target, why }) => `"${target}": ${why}`)
    throw new UsageError(`No output of ${a.name} and ${b.name} can be compared: ${reasons.join('; ')}.`, {
      suggestions: ['Only outputs that are tensors of numbers or booleans can be compared.'],
    })
  }
  throw new UsageError(
    `${a.name} and ${b.name} have no output in common: ${listed(a.session.outputs)} and ${listed(b.session.outputs)}.`,
    {
      suggestions: ['Outputs are compared by name: give those that belong together the same name.'],
    },
  )
}

function commonInputs(a: Opened, b: Opened): Port[] {
  const theirs = new Map(b.session.inputs.map((port) => [port.name, port]))
  const ours = new Set(a.session.inputs.map(({ name }) => name))
  const differences: string[] = []
  const inputs: Port[] = []
  for (const port of a.session.inputs) {
    const other = theirs.get(port.name)
    const common = other && merged(port, other)
    if (common) inputs.push(common)
    else if (other === undefined) differences.push(`${portText(port)} is only in ${a.name}`)
    else differences.push(`"${port.name}" is ${typeText(port)} and ${typeText(other)}`)
  }
  for (const port of b.session.inputs) {
    if (!ours.has(port.name)) differences.push(`${portText(port)} is only in ${b.name}`)
  }
  if (differences.length === 0) return inputs
  throw new UsageError(`${a.name} and ${b.name} cannot be fed the same: ${differences.join('; ')}.`, {
    suggestions: ['Compare models whose inputs have the same names, types and fixed dimensions.'],
  })
}

/** @returns null when no array suits both */
function merged(a: Port, b: Port): Port | null {
  if (a.dtype !== b.dtype) return null
  if (a.shape === null || a.shape.length === 0) return b // a scalar, or a rank that is not known
  if (b.shape === null || b.shape.length === 0) return a
  if (a.shape.length !== b.shape.length) return null
  const shape: Dim[] = []
  for (const [axis, ours] of a.shape.entries()) {
    const theirs = b.shape[axis] ?? null
    if (typeof ours === 'number' && typeof theirs === 'number' && ours !== theirs) return null
    shape.push(typeof ours === 'number' ? ours : typeof theirs === 'number' ? theirs : ours)
  }
  return { ...a, shape: shape satisfies Shape }
}

function fetchable({ dtype }: Port): boolean {
  return dtype !== null && dtype !== 'int4' && dtype !== 'uint4' && dtype !== 'string'
}

function portText(port: Port): string {
  return `"${port.name}" (${typeText(port)})`
}

function typeText({ dtype, shape }: Port): string {
  return `${dtype ?? 'no tensor'}${shapeToString(shape)}`
}

function listed(ports: readonly Port[]): string {
  return ports.length === 0 ? 'none' : ports.map(({ name }) => `"${name}"`).join(', ')
}
