import { Sketch } from '../../../../fixtures/sketch.js'
import { Rng } from '../../../../src/data/rng.js'
import { Model } from '../../../../src/ir/graph.js'
import { B, type BatchStyle, Draw } from './draw.js'
import { topologies } from './index.js'
import { activation, batchNorm, linear, pointwise, pool, pooled, shapeOf } from './layers.js'
import type { Feature, Kind, Topology } from './topology.js'

/** A random model. */
export interface Case {
  /** What it is made of, and from which seed: what a failing test says. */
  readonly label: string
  readonly model: Model
  /** Units that have to be prunable, at least. */
  readonly prunable: number
  /** Numbers are rounded or compared in it: the least difference may become a large one. */
  readonly rounds: boolean
  /** ONNX Runtime does not tell all of its shapes. */
  readonly isHidden: boolean
}

/** Versions of ai.onnx with the IR version that came with each. */
const OPSETS = new Map([
  [11, 6],
  [13, 7],
  [17, 8],
  [18, 8],
  [21, 10],
  [23, 11],
])

/** Values larger than that are pooled before the next block. */
const MOST_SPACE = 10

/** Tokens that are made of a vector. */
const DRAWN_OUT = 16

/** One topology between a layer before it and one behind. */
export function alone(topology: Topology, seed: number): Case {
  const rng = new Rng(seed, ...Buffer.from(topology.name))
  const d = begin(rng, anyOf(rng, opsetsFor(topology)), topology.staticBatch === true)
  const { multiple = 1, spaceMultiple = 1 } = topology
  const x = stem(d, topology.takes, d.width(multiple), spaceMultiple)
  const { out, inner, outer } = topology.draw(d, x)
  show(d, head(d, out))
  const label = `"${topology.name}", seed ${seed}`
  return {
    label,
    model: d.sketch.model,
    prunable: inner + outer,
    rounds: topology.rounds === true,
    isHidden: topology.hidesShapes === true,
  }
}

/** Two to eight topologies in a row. */
export function composition(seed: number): Case {
  const rng = new Rng(seed)
  const opset = anyOf(rng, [...OPSETS.keys()])
  const d = begin(rng, opset, false)
  const able = topologies.filter((t) => opsetsFor(t).includes(opset) && !(t.staticBatch && d.batch === 'open'))
  let x = stem(d, d.pick(['image', 'image', 'tokens', 'vector', 'line', 'volume']), d.width(), d.pick([1, 2]))
  let [prunable, isHidden] = [0, false]
  const blocks: Topology[] = []
  for (let left = d.between(2, 8); left > 0; left--) {
    const topology = anyOf(rng, able)
    const fitting = fitted(d, topology, x)
    if (fitting === null) continue
    const { out, inner } = topology.draw(d, fitting)
    blocks.push(topology)
    isHidden ||= topology.hidesShapes === true
    if (!isHidden) prunable += inner
    x = out
  }
  show(d, d.chance(0.1) ? x : head(d, x))
  const label = `composition, seed ${seed}: ${blocks.map(({ name }) => name).join('; ')}`
  return { label, model: d.sketch.model, prunable, rounds: blocks.some(({ rounds }) => rounds === true), isHidden }
}

function begin(rng: Rng, opset: number, staticBatch: boolean): Draw {
  const domains = new Map([
    ['', opset],
    ['com.microsoft', 1],
  ])
  const model = new Model({ irVersion: OPSETS.get(opset) ?? 8, opsets: domains, graphName: 'random' })
  const batches: readonly BatchStyle[] = [{ size: 1 }, { size: 2 }, ...(staticBatch ? [] : (['open', 'open'] as const))]
  return Draw.on(new Sketch(model), rng, anyOf(rng, batches))
}

function opsetsFor({ opset: least = 11, lastOpset: most = Number.POSITIVE_INFINITY }: Topology): number[] {
  return [...OPSETS.keys()].filter((opset) => opset >= least && opset <= most)
}

function anyOf<T>(rng: Rng, choices: readonly T[]): T {
  const chosen = choices[rng.below(choices.length)]
  if (chosen === undefined) throw new RangeError('There is nothing to choose from.')
  return chosen
}

/** An input and the first layer, whose channels are free. */
function stem(d: Draw, kind: Kind, width: number, spaceMultiple: number): Feature {
  const extents: Readonly<Record<Kind, number>> = { image: 2, line: 1, volume: 3, tokens: 1, vector: 0 }
  const most = kind === 'volume' ? 5 : 9
  const extent = () => spaceMultiple * d.between(Math.ceil(4 / spaceMultiple), Math.floor(most / spaceMultiple))
  const space = Array.from({ length: extents[kind] }, extent)
  const channels = d.between(2, 5)
  const shape = kind === 'tokens' ? [B, ...space, channels] : [B, channels, ...space]
  const first = pointwise(d, { kind, width: channels, space, value: d.input(shape) }, width)
  return activation(d, d.chance(0.5) && kind !== 'tokens' ? batchNorm(d, first) : first)
}

/** The last layer, whose inputs are free. */
function head(d: Draw, x: Feature): Feature {
  if (x.kind !== 'vector' && d.chance(0.5)) return pointwise(d, x, d.between(2, 6))
  return linear(d, pooled(d, x), d.between(2, 6))
}

function show(d: Draw, x: Feature): void {
  d.output(x.value, shapeOf(x))
}

/** What goes on in a form that the topology takes; null when that cannot be. */
function fitted(d: Draw, topology: Topology, x: Feature): Feature | null {
  const { takes, multiple = 1, spaceMultiple = 1 } = topology
  const from = x.kind === 'vector' && takes !== 'vector' ? ({ kind: 'tokens', space: [DRAWN_OUT] } as const) : x
  const isLarge = takes !== 'vector' && takes !== 'tokens' && Math.max(...spaceAs(from, takes)) > MOST_SPACE
  const space = spaceAs(from, takes).map((n) => (isLarge ? Math.floor(n / 2) : n))
  if (space.some((n) => n < (takes === 'volume' ? 1 : 3) || n % spaceMultiple !== 0)) return null
  let y = as(d, x, takes)
  if (isLarge) y = pool(d, y, 'MaxPool', 2, 2)
  if (y.width % multiple !== 0 || y.width < 4 || y.width > 40) y = pointwise(d, y, d.width(multiple))
  return y
}

/** The space of the same channels with their axes in another order. */
function spaceAs({ kind, space }: Pick<Feature, 'kind' | 'space'>, wanted: Kind): readonly number[] {
  if (kind === wanted) return space
  if (wanted === 'vector') return []
  const length = space.reduce((n, e) => n * e, 1)
  if (wanted === 'line' || wanted === 'tokens') return [length]
  const rows = factorOf(length)
  return wanted === 'image' ? [rows, length / rows] : [1, rows, length / rows]
}

/** The same channels with their axes in another order, or a feature that is made of them. */
function as(d: Draw, x: Feature, kind: Kind): Feature {
  if (x.kind === kind) return x
  if (kind === 'vector') return pooled(d, x)
  if (x.kind === 'vector') return as(d, drawnOut(d, x), kind)
  const line = asLine(d, x)
  if (kind === 'line') return line
  if (kind === 'tokens') return { ...line, kind, value: d.transpose(line.value, [0, 2, 1]) }
  const space = spaceAs(x, kind)
  return { ...line, kind, space, value: d.reshape(line.value, [B, x.width, ...space]) }
}

/** [N, C, L] */
function asLine(d: Draw, x: Feature): Feature {
  if (x.kind === 'line') return x
  if (x.kind === 'tokens') return { ...x, kind: 'line', value: d.transpose(x.value, [0, 2, 1]) }
  const length = x.space.reduce((n, e) => n * e, 1)
  return { ...x, kind: 'line', space: [length], value: d.reshape(x.value, [B, x.width, length]) }
}

/** Tokens out of a vector. */
function drawnOut(d: Draw, x: Feature): Feature {
  const width = d.between(4, 8)
  const wide = linear(d, x, width * DRAWN_OUT)
  return { kind: 'tokens', width, space: [DRAWN_OUT], value: d.reshape(wide.value, [B, DRAWN_OUT, width]) }
}

/** The largest factor up to the root. */
function factorOf(n: number): number {
  let factor = Math.floor(Math.sqrt(n))
  while (n % factor !== 0) factor--
  return factor
}
