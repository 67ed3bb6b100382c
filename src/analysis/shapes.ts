import { type Call, siteKey, sites } from '../ir/calls.js'
import type { Graph, Model, Node, Value } from '../ir/graph.js'
import { type Dim, type Type, tensorType } from '../ir/type.js'
import { constantOf } from '../ir/walk.js'
import { EngineError } from '../runtime/engine-error.js'
import { concreteType, type Dimensions } from './declared.js'
import { type Inferred, infer } from './infer.js'
import { fixedOf, openDimensions, trials } from './open-dimensions.js'

/** The types of a model's values for one choice of its open dimensions. */
export interface Shapes {
  /**
   * The type as ONNX Runtime infers it, filled up by what the file declares; null when neither says anything.
   * In the body of a Loop or Scan it is that of the first iteration.
   *
   * @param call  for values of a function, the call that is meant; the first one without it
   */
  typeOf(value: Value, call?: Call | null): Type | null
  /** The shape, when all of it is known as numbers. */
  shapeOf(value: Value, call?: Call | null): readonly number[] | null
  /** Whether a node refuses the chosen dimensions: then the branch of an If that it stands in cannot be taken. */
  isRefused(node: Node, call?: Call | null): boolean
  /** Whether ONNX Runtime was not asked about a node: what it makes has the type that the file declares, if any. */
  isCut(node: Node, call?: Call | null): boolean
  /** Ops that ONNX Runtime does not know, as `Node.type` names them. */
  readonly unknown: ReadonlySet<string>
  /** The number taken for each open dimension, by its name or `input.axis`. */
  readonly assumed: Readonly<Record<string, number>>
  /** Why ONNX Runtime does not open the model, in its words: then types are known in part, if at all. */
  readonly failure: string | null
}

export interface ShapeOptions {
  /** Numbers for open dimensions, by name or by `input.axis`; the others are chosen so that the model fits together. */
  readonly dims?: Readonly<Record<string, number>>
  /**
   * Leaves open dimensions open: what is a number then is one whatever they are. Only what ONNX Runtime infers
   * counts; types that the file declares of values between its inputs and outputs are a claim.
   */
  readonly open?: boolean
}

/** What is known of one version of a model. */
interface Known {
  readonly version: number
  readonly byDims: Map<string, Promise<Shapes>>
  /** By the numbers for the open dimensions; they hold ids, so those of a model are those of its clones. */
  readonly attempts: Map<string, Promise<Result>>
}

const cache = new WeakMap<Model, Known>()

/**
 * Asks ONNX Runtime for the types of all values of a model. Kept until the model changes.
 *
 * @throws UsageError for a dimension that the model's inputs do not leave open
 */
export function inferShapes(model: Model, { dims = {}, open = false }: ShapeOptions = {}): Promise<Shapes> {
  const known = knownOf(model)
  const key = open ? 'open' : JSON.stringify(Object.entries(dims).sort())
  const shapes = known.byDims.get(key) ?? (open ? inferOpen(model) : inferAnew(model, dims))
  known.byDims.set(key, shapes)
  return shapes
}

/** Spares ONNX Runtime the same questions about a copy that has just been made. */
export function shareShapes(model: Model, clone: Model): void {
  const { attempts } = knownOf(model)
  cache.set(clone, { version: clone.version, byDims: new Map(), attempts: new Map(attempts) })
}

/** @throws UsageError for a dimension that the model's inputs do not leave open */
export function checkDimensions(model: Model, dims: Readonly<Record<string, number>>): void {
  fixedOf(openDimensions(model), dims)
}

function knownOf(model: Model): Known {
  const known = cache.get(model)
  if (known?.version === model.version) return known
  const anew = { version: model.version, byDims: new Map(), attempts: new Map() }
  cache.set(model, anew)
  return anew
}

async function inferAnew(model: Model, dims: Readonly<Record<string, number>>): Promise<Shapes> {
  const candidates = [...trials(openDimensions(model), dims)]
  const { inferred, chosen, failure } = await bestOf(model, candidates)
  return new InferredShapes(model, inferred, chosen, failure)
}

async function inferOpen(model: Model): Promise<Shapes> {
  const { inferred, chosen, failure } = await attempt(model, new Map())
  return new InferredShapes(model, inferred, chosen, failure, { claims: false })
}

interface Result {
  readonly inferred: Inferred | null
  readonly chosen: Dimensions
  readonly failure: string | null
}

/**
 * The first choice that suits all nodes; else the one that types most values, and the other values with the dimensions
 * left open (where an If looks at a dimension, often each branch suits some numbers only); else all with the dimensions
 * left open; else the first choice without the nodes that it does not suit.
 */
async function bestOf(model: Model, candidates: readonly Dimensions[]): Promise<Result> {
  let best: Result | null = null
  for (const chosen of candidates) {
    const result = await attempt(model, chosen)
    if (result.inferred === null) continue
    if (result.inferred.positive && result.inferred.refused.size === 0) return result
    if (rank(result) > rank(best)) best = result
  }
  const leftOpen = await attempt(model, new Map())
  if (best?.inferred) {
    const types = new Map([...(leftOpen.inferred?.types ?? []), ...best.inferred.types])
    return { ...best, inferred: { ...best.inferred, types } }
  }
  if (leftOpen.inferred) return leftOpen
  return { ...(await attempt(model, candidates[0] ?? new Map(), { tolerant: true })), failure: leftOpen.failure }
}

/** A branch that is not taken is nothing against a choice, an input that is too small is. */
function rank(result: Result | null): number {
  if (!result?.inferred) return -1
  return result.inferred.types.size + (result.inferred.positive ? 1e9 : 0)
}

function attempt(model: Model, chosen: Dimensions, options?: { tolerant: boolean }): Promise<Result> {
  const { attempts } = knownOf(model)
  const key = JSON.stringify([[...chosen], options?.tolerant === true])
  const result = attempts.get(key) ?? attemptAnew(model, chosen, options)
  attempts.set(key, result)
  return result
}

async function attemptAnew(model: Model, chosen: Dimensions, options?: { tolerant: boolean }): Promise<Result> {
  try {
    return { inferred: await infer(model, chosen, options), chosen, failure: null }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return { inferred: null, chosen, failure: error.message }
  }
}

class InferredShapes implements Shapes {
  readonly assumed: Readonly<Record<string, number>>
  readonly failure: string | null
  readonly unknown: ReadonlySet<string>
  readonly #types: ReadonlyMap<string, Type>
  readonly #refused: ReadonlySet<string>
  readonly #cut: ReadonlySet<string>
  readonly #dims: Dimensions
  readonly #claims: boolean
  /** By the graph of the function. */
  readonly #firstCalls = new Map<Graph, Call>()

  /** @param claims  whether what the file declares of a value fills up what is inferred */
  constructor(
    model: Model,
    inferred: Inferred | null,
    dims: Dimensions,
    failure: string | null,
    { claims }: { readonly claims: boolean } = { claims: true },
  ) {
    this.#claims = claims
    this.assumed = Object.fromEntries(dims)
    this.failure = failure
    this.unknown = inferred?.unknown ?? new Set()
    this.#types = inferred?.types ?? new Map()
    this.#refused = inferred?.refused ?? new Set()
    this.#cut = inferred?.cut ?? new Set()
    this.#dims = dims
    if (model.functions.size === 0) return
    for (const { call } of sites(model)) {
      if (call !== null && !this.#firstCalls.has(call.body.graph)) this.#firstCalls.set(call.body.graph, call)
    }
  }

  typeOf(value: Value, asked?: Call | null): Type | null {
    const call = asked ?? this.#firstCall(value)
    const constant = constantOf(value)
    if (constant !== null) return tensorType(constant.dtype, constant.shape)
    const declared = this.#claims ? concreteType(value, this.#dims) : null
    const inferred = this.#types.get(siteKey(value, call)) ?? null
    return inferred === null ? declared : filledUp(inferred, declared)
  }

  isRefused(node: Node, call?: Call | null): boolean {
    return this.#refused.has(siteKey(node, call ?? this.#firstCall(node)))
  }

  isCut(node: Node, call?: Call | null): boolean {
    return this.unknown.has(node.type) || this.#cut.has(siteKey(node, call ?? this.#firstCall(node)))
  }

  shapeOf(value: Value, call?: Call | null): readonly number[] | null {
    const type = this.typeOf(value, call)
    if (type?.kind !== 'tensor' || type.shape === null) return null
    const numbers = type.shape.filter((dim) => typeof dim === 'number')
    return numbers.length === type.shape.length ? numbers : null
  }

  #firstCall(of: Node | Value): Call | null {
    if (this.#firstCalls.size === 0) return null
    let graph = of.graph
    while (graph.outer !== null) graph = graph.outer
    return this.#firstCalls.get(graph) ?? null
  }
}

/** What is inferred counts; the declaration speaks where it is silent. */
function filledUp(inferred: Type, declared: Type | null): Type {
  if (inferred.kind !== 'tensor' || declared?.kind !== 'tensor') return inferred
  const dtype = inferred.dtype ?? declared.dtype
  if (inferred.shape === null || inferred.shape.length !== declared.shape?.length) {
    return { kind: 'tensor', dtype, shape: inferred.shape ?? declared.shape }
  }
  const shape = inferred.shape.map(
    (dim, axis): Dim => (typeof dim === 'number' ? dim : (declared.shape?.[axis] ?? dim)),
  )
  return { kind: 'tensor', dtype, shape }
}
