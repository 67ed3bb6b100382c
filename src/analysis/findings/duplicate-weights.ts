import { createHash } from 'node:crypto'
import type { Graph, Value } from '../../ir/graph.js'
import type { Tensor } from '../../ir/tensor.js'
import { shapeToString } from '../../ir/type.js'
import { constantOf, graphs, valuesOf } from '../../ir/walk.js'
import { counted, type Finder, type Finding, type Subject } from './finding.js'

/** What is smaller is told of together: a model may hold the same scalar a thousand times. */
const WORTH_A_LINE = 1024
const SAMPLE_BYTES = 4096

/** Constants of one graph with equal bytes, each group at least two. Only what looks alike at three places is read. */
export const duplicateWeights: Finder = (subject) => {
  const groups = groupsOf(subject).map((values) => ({ values, bytes: surplus(values, subject) }))
  const inNodes = groups.filter(({ values }) => values.every((value) => value.producer !== null))
  const others = groups.filter((group) => !inNodes.includes(group) && group.bytes > 0)
  const large = others.filter(({ bytes }) => bytes >= WORTH_A_LINE)
  return [...large.map(ofOne), ...ofSmall(others.filter((group) => !large.includes(group))), ...ofNodes(inNodes)]
}

interface Group {
  readonly values: readonly Value[]
  readonly bytes: number
}

const REMEDY = 'mcompress simplify keeps one of them, and so does mcompress pack.'

function ofOne({ values, bytes }: Group): Finding {
  const tensor = values[0] ? constantOf(values[0]) : null
  const type = tensor === null ? '' : ` ${tensor.dtype}${shapeToString(tensor.shape)}`
  return {
    kind: 'duplicate-weights',
    what: `${values.length} tensors${type} are identical.`,
    targets: values.map((value) => value.name),
    bytes,
    remedy: REMEDY,
  }
}

function ofSmall(groups: readonly Group[]): readonly Finding[] {
  if (groups.length === 0) return []
  const values = groups.flatMap((group) => group.values)
  return [
    {
      kind: 'duplicate-weights',
      what: `${values.length} small tensors hold ${counted(groups.length, 'value')}.`,
      targets: values.map((value) => value.name),
      bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
      remedy: 'mcompress simplify keeps one of each.',
    },
  ]
}

function ofNodes(groups: readonly Group[]): readonly Finding[] {
  if (groups.length === 0) return []
  const values = groups.flatMap((group) => group.values)
  return [
    {
      kind: 'constant-nodes',
      what: `${values.length} Constant nodes make ${counted(groups.length, 'value')}.`,
      targets: values.map((value) => value.producer?.label ?? value.name),
      bytes: groups.reduce((sum, { bytes }) => sum + bytes, 0),
      remedy: 'mcompress simplify keeps one of each.',
    },
  ]
}

/** What all but one of them take; those in one range of a file take it once. */
function surplus(values: readonly Value[], { bytesOf }: Subject): number {
  const sizes = values.map(bytesOf)
  return sizes.reduce((sum, bytes) => sum + bytes, 0) - Math.max(0, ...sizes)
}

function groupsOf({ model }: Subject): Value[][] {
  return [...graphs(model)].flatMap((graph) => {
    const typed = grouped(constantsIn(graph), ({ tensor: { dtype, shape } }) => `${dtype}[${shape}]`)
    const alike = typed.flatMap((some) => grouped(some, ({ tensor }) => sampleOf(tensor)))
    const equal = alike.flatMap((some) => grouped(some, ({ tensor }) => digestOf(tensor)))
    return equal.map((some) => some.map(({ value }) => value))
  })
}

interface Constant {
  readonly value: Value
  readonly tensor: Tensor
}

/** What nothing reads is another finding; an output has a tensor of its own. */
function constantsIn(graph: Graph): Constant[] {
  return [...valuesOf(graph)].flatMap((value) => {
    const isShareable = value.uses.size > 0 && [...value.uses].every((use) => 'node' in use)
    const tensor = isShareable ? constantOf(value) : null
    return tensor === null || tensor.byteLength === 0 ? [] : [{ value, tensor }]
  })
}

/** @returns groups of two and more with the same key */
function grouped(constants: readonly Constant[], keyOf: (constant: Constant) => string): Constant[][] {
  const groups = new Map<string, Constant[]>()
  for (const constant of constants) {
    const key = keyOf(constant)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [constant])
    else group.push(constant)
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

/** Tensors whose beginnings, middles or ends differ need not be read. */
function sampleOf(tensor: Tensor): string {
  if (tensor.byteLength <= 4 * SAMPLE_BYTES || tensor.dtype === 'string') return digestOf(tensor)
  const hash = createHash('sha256')
  const middle = Math.floor(tensor.byteLength / 2 / SAMPLE_BYTES) * SAMPLE_BYTES
  const end = tensor.byteLength - (tensor.byteLength % 16) - SAMPLE_BYTES
  for (const at of [0, middle, end]) hash.update(tensor.readAt(at, SAMPLE_BYTES))
  return hash.digest('base64')
}

function digestOf(tensor: Tensor): string {
  const hash = createHash('sha256')
  if ('strings' in tensor) hash.update(JSON.stringify(tensor.strings))
  else for (const chunk of tensor.chunks()) hash.update(chunk)
  return hash.digest('base64')
}
