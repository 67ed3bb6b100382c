import assert from 'node:assert/strict'
import { Costs } from '../../../src/analysis/dependencies/costs.js'
import { type Dependencies, dependenciesOf, type Removal } from '../../../src/analysis/dependencies/dependencies.js'
import { countMacs } from '../../../src/analysis/macs.js'
import { inferShapes } from '../../../src/analysis/shapes.js'
import { Rng } from '../../../src/data/rng.js'
import type { Model } from '../../../src/ir/graph.js'
import { printModel } from '../../../src/ir/print.js'
import { elementCount, typeToString } from '../../../src/ir/type.js'
import { verify } from '../../../src/ir/verify.js'
import { constantOf, graphs, valuesOf } from '../../../src/ir/walk.js'
import { prepare } from '../../../src/passes/prune-structured/prepare.js'
import { cut } from '../../../src/rewrites/cut/cut.js'
import { maskedReference } from '../../../src/rewrites/cut/reference.js'
import type { NdArray } from '../../../src/runtime/array.js'
import type { Arrays } from '../../support/ort.js'
import type { Case } from './generator/models.js'
import { feedsOf, outputsOf } from './run.js'

/** Of the range of an output: rounding is far below, a channel at the wrong place far above. */
const TOLERANCE = 1e-4

/** Where codes of eight bits are made on the way, and another rounding makes another code. */
const TOLERANCE_OF_CODES = 0.03

export interface LawOptions {
  /**
   * Whether the model is made ready first, as the pass does it; then what has to be prunable is. Otherwise its shapes
   * may be computed at run time, and all that is asked for is that what goes may go.
   */
  readonly prepared: boolean
}

/** What came of one case. */
export interface Verdict {
  readonly units: number
  readonly removed: number
  /** The largest difference between the model as it was and the masked one, of the range of its output. */
  readonly effect: number
}

/**
 * Cuts units by lot out of a random model, and holds the result to the law: it computes what the model computes in
 * which the same units are masked; its interface is the same; it is smaller, by as many MACs as was foretold.
 *
 * @throws an error that names the case and prints the model
 */
export async function assertLaw(c: Case, seed: number, options: LawOptions): Promise<Verdict> {
  try {
    return await judged(c, new Rng(seed, 2), options)
  } catch (error) {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${c.label}: ${why}\n${printModel(c.model)}`, { cause: error })
  }
}

async function judged(
  { model: before, prunable, rounds, isHidden }: Case,
  rng: Rng,
  options: LawOptions,
): Promise<Verdict> {
  const { model } = before.clone()
  if (options.prepared) await prepare(model, undefined)
  const parameters = parametersOf(model)
  const shapes = await inferShapes(model)
  const dependencies = dependenciesOf(
    model,
    shapes,
    await inferShapes(model, { open: true }),
    rng.below(2) === 0 ? 'heads' : 'widths',
  )
  if (options.prepared) assert.ok(dependencies.unitCount >= prunable, shortOf(prunable, dependencies))
  const removal = removalOf(dependencies, rng)
  const expected = new Costs(dependencies, shapes).of(removal)
  const removed = removal.reduce((n, gone) => n + gone, 0)
  const feeds = feedsOf(model, 1)
  const { version } = model
  const reference = await outputsOf(maskedReference(dependencies, removal, shapes), feeds)
  assert.equal(model.version, version, 'what only looks at a model has changed it')
  cut(dependencies, removal)

  verify(model, 'cut')
  assert.deepEqual(interfaceOf(model), interfaceOf(before))
  const is = await outputsOf(model, feeds)
  const difference = largestDifference(is, reference)
  assert.ok(
    difference <= (rounds ? TOLERANCE_OF_CODES : TOLERANCE),
    `the outputs differ by ${difference} of their range`,
  )
  if (options.prepared && !isHidden) {
    const { total } = countMacs(model, await inferShapes(model))
    assert.equal(expected.macs, total, 'what it costs was foretold wrong')
  }
  if (removed > 0) assert.ok(parametersOf(model) < parameters, 'nothing has become smaller')
  const effect = removed === 0 ? 0 : largestDifference(await outputsOf(before, feeds), reference)
  return { units: dependencies.unitCount, removed, effect }
}

/** Each unit by the same chance; sometimes but one, sometimes all. But of what must not become empty one stays. */
function removalOf({ unitCount, floors }: Dependencies, rng: Rng): Removal {
  const extreme = rng.uniform()
  const ratio = extreme < 0.1 ? 1 : 0.1 + 0.8 * rng.uniform()
  const removal = Uint8Array.from({ length: unitCount }, () => (extreme < 0.9 && rng.uniform() < ratio ? 1 : 0))
  if (extreme >= 0.9 && unitCount > 0) removal[rng.below(unitCount)] = 1
  for (const floor of floors) {
    if (floor.every((unit) => removal[unit] === 1)) removal[floor[rng.below(floor.length)] ?? 0] = 0
  }
  return removal
}

function shortOf(prunable: number, { unitCount, trace, frozen }: Dependencies): string {
  const blocked = trace.blocked.map(({ node, why }) => `${node.label}: ${why}`)
  const kept = frozen.map(
    ({ node, channels, of, hindrance }) =>
      `${node.label} keeps ${channels} of ${of}: ${hindrance.node ?? 'the model'}, ${hindrance.why}`,
  )
  return [`${unitCount} units are prunable, and ${prunable} have to be`, ...blocked, ...kept].join('\n  ')
}

function interfaceOf({ main }: Model) {
  return {
    inputs: main.inputs.map((v) => `${v.name}: ${typeToString(v.declared)}`),
    outputs: main.outputs.map((slot) => `${slot.name}: ${typeToString(slot.declared)}`),
  }
}

/** Of all outputs: the largest difference, as a part of the range of the expected numbers. */
function largestDifference(actual: Arrays, expected: Arrays): number {
  assert.deepEqual(Object.keys(actual), Object.keys(expected))
  return Math.max(...Object.entries(expected).map(([name, array]) => differenceOf(actual[name], array, name)))
}

function differenceOf(actual: NdArray | undefined, expected: NdArray, name: string): number {
  assert.deepEqual([actual?.dtype, actual?.shape], [expected.dtype, expected.shape], name)
  const [is, was] = [Array.from(actual?.data ?? [], Number), Array.from(expected.data, Number)]
  // A variance of nothing makes NaN in both, which says as little of the cut as it says of the model.
  const finite = was.filter(Number.isFinite)
  const apart = is.map((x, i) => (Object.is(x, was[i]) ? 0 : Math.abs(x - (was[i] ?? Number.NaN))))
  assert.ok(apart.every(Number.isFinite), `output "${name}" is not finite`)
  const most = Math.max(...apart)
  if (finite.length === 0) return most
  // An output of one number has no range but its distance from zero.
  const range = Math.max(...finite) - Math.min(...finite) || Math.max(...finite.map(Math.abs), 1e-6)
  return most / range
}

/** Of constants that are read: what was cut differently for each reader may leave one behind. */
function parametersOf(model: Model): number {
  let count = 0
  for (const graph of graphs(model)) {
    for (const value of valuesOf(graph)) {
      const constant = constantOf(value)
      if (constant !== null && value.uses.size > 0) count += elementCount(constant.shape)
    }
  }
  return count
}
