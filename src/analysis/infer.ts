import type { Model, Value } from '../ir/graph.js'
import { type Type, tensorType } from '../ir/type.js'
import { skeleton } from '../onnx/skeleton.js'
import type { Port } from '../runtime/array.js'
import { EngineError } from '../runtime/engine-error.js'
import { openSession } from '../runtime/session.js'
import type { Dimensions } from './declared.js'
import { leastRanks } from './least-rank.js'
import { Probe, type ProbeOptions } from './probe.js'
import { UNREPORTED, WITHOUT_FLOAT64 } from './substitute.js'
import { unknownOp } from './unknown-op.js'

/** Sessions for one choice of dimensions, at most: each finds one more thing that ONNX Runtime does not take. */
const MAX_ATTEMPTS = 40

export interface Inferred {
  /** By `siteKey`; an element type that only stood in for another is null. */
  readonly types: ReadonlyMap<string, Type>
  /** Nodes that refuse their shapes, by `siteKey`. */
  readonly refused: ReadonlySet<string>
  /** Ops that ONNX Runtime has no schema for, as `Node.type` names them. */
  readonly unknown: ReadonlySet<string>
  /** Nodes that were left out, by `siteKey`: what they make has the type that the file declares. */
  readonly cut: ReadonlySet<string>
  /** Whether every extent is at least 1: a kernel larger than its input shows in a negative one. */
  readonly positive: boolean
}

/**
 * Opens a probe of the model, and leaves out what ONNX Runtime names until it opens: ops that it does not know, nodes
 * without a kernel, and nodes of a branch whose shapes do not fit (the branch is not taken for these dimensions).
 *
 * @param tolerant  leaves out any node whose shapes do not fit
 * @throws          EngineError when that does not help
 */
export async function infer(model: Model, dims: Dimensions, { tolerant = false } = {}): Promise<Inferred> {
  const concessions = new Concessions(tolerant)
  for (let attempt = 1; ; attempt++) {
    const { substitutes, cutTypes, cutSites, refused } = concessions
    const options: ProbeOptions = { dims, substitutes, cutTypes, cutSites }
    const probe = new Probe(model, options)
    try {
      return { ...(await ask(probe, options, model)), refused, unknown: cutTypes, cut: cutSites }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      if (attempt < MAX_ATTEMPTS && concessions.make(error.message, probe)) continue
      throw new EngineError('load', probe.translated(error.message), { cause: error })
    }
  }
}

/** What a probe does without, so that ONNX Runtime opens it. */
class Concessions {
  readonly cutTypes = new Set<string>()
  readonly cutSites = new Set<string>()
  readonly refused = new Set<string>()
  substitutes = UNREPORTED
  readonly #tolerant: boolean

  constructor(tolerant: boolean) {
    this.#tolerant = tolerant
  }

  /** @returns false when nothing more can be done about what ONNX Runtime says of the probe */
  make(message: string, probe: Probe): boolean {
    const type = unknownOp(message)
    if (type !== null && !this.cutTypes.has(type)) {
      this.cutTypes.add(type)
      return true
    }
    const noKernel = /Could not find an implementation/.test(message)
    if (noKernel && this.substitutes !== WITHOUT_FLOAT64) {
      this.substitutes = WITHOUT_FLOAT64
      return true
    }
    const site = probe.siteIn(message)
    if (site === null || this.cutSites.has(site.key)) return false
    if (!noKernel && !site.branch && !this.#tolerant) return false
    this.cutSites.add(site.key)
    if (!noKernel) this.refused.add(site.key)
    return true
  }
}

async function ask(
  probe: Probe,
  options: ProbeOptions,
  model: Model,
): Promise<Omit<Inferred, 'refused' | 'unknown' | 'cut'>> {
  const made = new Set([...probe.standIns].map(([, value]) => value).filter((value) => value.producer !== null))
  for (const value of made) probe.model.addOutput(probe.model.main, value)
  const ports = new Map((await outputsOf(probe.model)).map((port) => [port.name, port]))
  const toldShape = ({ name, declared }: Value) => {
    const shape = ports.get(name)?.shape ?? (declared?.kind === 'tensor' ? declared.shape : null)
    return shape?.length === 0 ? null : shape
  }
  const leastRank = leastRanks(probe.model.main.nodes, toldShape)
  const [ambiguous, ranked] = [[] as string[], new Set<string>()]
  for (const value of made) {
    if (ports.get(value.name)?.shape?.length !== 0) continue
    if (leastRank(value) > 0) ranked.add(value.name)
    else ambiguous.push(value.name)
  }
  const asked = ambiguous.length === 0 ? [] : await ranklessOf(ambiguous, new Probe(model, options))
  const rankless = new Set([...ranked, ...asked])
  const types = new Map<string, Type>()
  let positive = true
  for (const [key, value] of probe.standIns) {
    const port = ports.get(value.name)
    const type = port ? typeOf(port, rankless) : value.declared
    if (type === null) continue
    positive &&= type.kind !== 'tensor' || !type.shape?.some((dim) => typeof dim === 'number' && dim < 1)
    types.set(key, type.kind === 'tensor' && probe.mayStandIn(value, type.dtype) ? { ...type, dtype: null } : type)
  }
  return { types, positive }
}

function typeOf({ name, dtype, shape }: Port, rankless: ReadonlySet<string>): Type | null {
  return dtype === null ? null : tensorType(dtype, rankless.has(name) ? null : shape)
}

/** A shape `[]` is that of a scalar or none at all; the shape of the shape tells. */
async function ranklessOf(names: readonly string[], probe: Probe): Promise<Set<string>> {
  const byName = new Map([...probe.standIns].map(([, value]) => [value.name, value]))
  for (const name of names) {
    const value = byName.get(name)
    if (value === undefined) throw new Error(`Value "${name}" is missing in the second probe.`)
    const shape = probe.model.addNode(probe.model.main, { op: 'Shape', inputs: [value], outputs: [`${name}.shape`] })
    for (const output of shape.outputs) if (output !== null) probe.model.addOutput(probe.model.main, output)
  }
  const ports = await outputsOf(probe.model)
  return new Set(ports.filter((port) => port.shape?.[0] !== 0).map((port) => port.name.replace(/\.shape$/, '')))
}

async function outputsOf(model: Model): Promise<readonly Port[]> {
  if (model.main.outputs.length === 0) return [] // nothing is left to ask for
  // With constants folded, which basic does, shapes that are computed in the graph are known.
  const session = await openSession(skeleton(model), { level: 'basic', prepacking: false, threads: 1 })
  await session.release()
  return session.outputs
}
