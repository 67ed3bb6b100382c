import { shareShapes } from '../analysis/shapes.js'
import { unpacked } from '../analysis/unpacked.js'
import { NothingToDoError } from '../errors.js'
import type { Model } from '../ir/graph.js'
import { verify } from '../ir/verify.js'
import { encodeModel } from '../onnx/write.js'
import type { Pass } from '../passes/pass.js'
import type { DataReport, PackingReport, StepReport, StructuredReport } from '../report/report.js'
import { upgradeOpset } from '../rewrites/upgrade-opset.js'
import { type Learning, learningData } from './learning.js'
import type { Engine } from './measure.js'
import { packingReport } from './packing.js'
import type { Step } from './recipe.js'
import { Repacking } from './repack.js'
import type { RunHooks } from './run.js'
import { structuredReport } from './structured.js'
import type { Temporary } from './temporary.js'

/** What a recipe's steps made of a model. */
export interface Made {
  readonly model: Model
  readonly steps: readonly StepReport[]
  readonly notes: readonly string[]
  /** What the steps learned from. */
  readonly learned: readonly DataReport[]
  /** How the last step that packed weights did it; null when none did. */
  readonly packing: PackingReport | null
  /** What the last step that pruned structures removed; null when none did. */
  readonly structured: StructuredReport | null
}

export interface StepsRequest extends Engine {
  readonly steps: readonly Step[]
  readonly learning: Learning | null
}

/**
 * Each pass gets a copy; it takes the model's place when the pass has succeeded and every invariant holds. Weights are
 * unpacked for a pass that works on them; what no later step packs again is packed again at the end, without loss.
 *
 * @throws NothingToDoError when none of the steps has anything to do
 */
export async function runSteps(
  original: Model,
  request: StepsRequest,
  temporary: Temporary,
  hooks: RunHooks,
): Promise<Made> {
  const work = new Work(original, request, temporary, hooks)
  const repacking = new Repacking()
  for (const step of request.steps) {
    const { model } = work
    if (await work.did(step, request.steps.length > 1)) await repacking.follow(step.pass, model)
    else work.notes.push(work.idle.at(-1)?.message ?? '')
  }
  if (work.idle.length === request.steps.length && work.idle[0]) throw work.idle[0]
  const { step } = repacking
  if (step !== null) {
    const isSmaller = await work.did(step, true)
    work.notes.push(repacking.note(original, isSmaller ? work.model : null))
  }
  return work
}

class Work implements Made {
  model: Model
  readonly steps: StepReport[] = []
  readonly notes: string[] = []
  readonly learned: DataReport[] = []
  packing: PackingReport | null = null
  structured: StructuredReport | null = null
  /** What steps said that had nothing to do. */
  readonly idle: NothingToDoError[] = []
  readonly #request: StepsRequest
  readonly #temporary: Temporary
  readonly #hooks: RunHooks

  constructor(model: Model, request: StepsRequest, temporary: Temporary, hooks: RunHooks) {
    this.model = model
    this.#request = request
    this.#temporary = temporary
    this.#hooks = hooks
  }

  /**
   * @param others  whether there are other steps: then one may have nothing to do
   * @returns false for one that had nothing to do
   */
  async did(step: Step, others: boolean): Promise<boolean> {
    const { pass, given } = step
    this.#hooks.signal?.throwIfAborted()
    try {
      await this.#run(step)
      return true
    } catch (error) {
      if (!others || !(error instanceof NothingToDoError)) throw error
      this.idle.push(error)
      this.steps.push({
        pass: pass.name,
        options: given,
        changed: [],
        skipped: [{ target: 'the model', why: error.message }],
      })
      return false
    }
  }

  async #run(step: Step): Promise<void> {
    const { pass, values, given } = step
    const { seed, learning, dims, provider, threads } = this.#request
    const { signal, onProgress } = this.#hooks
    const data = await learningData(step, learning, this.#request, this.#temporary)
    const copy = await copyFor(pass, this.model)
    const bytesBefore = encodeModel(copy).length
    const before = await upgraded(copy, pass)
    const { run } = await pass.load()
    const { changed, skipped, notes, packing, structured, samples } = await run(copy, values, {
      seed,
      engine: { dims, provider, threads },
      folder: () => this.#temporary.folder(),
      bytesBefore,
      ...(data ? { data } : {}),
      ...(signal ? { signal } : {}),
      onProgress: (done) => onProgress?.(`Running ${pass.command}`, done),
    })
    verify(copy, pass.name)
    this.model = copy
    this.steps.push(...before, { pass: pass.name, options: given, changed, skipped })
    this.notes.push(...(notes ?? []))
    if (packing !== undefined) this.packing = packingReport(packing)
    if (structured !== undefined) this.structured = structuredReport(structured)
    if (data && samples !== undefined) this.learned.push({ role: 'calibration', spec: data.data, samples })
  }
}

/** A pass that works on weights finds constants, however they are stored. */
async function copyFor(pass: Pass, model: Model): Promise<Model> {
  const source = pass.traits.packed === 'unpacks' ? (await unpacked(model)).model : model
  const { model: copy } = source.clone()
  shareShapes(source, copy)
  return copy
}

/** What a pass needs of the model before it can run; a step of its own in the report. */
async function upgraded(model: Model, { traits: { minOpset = 0 } }: Pass): Promise<StepReport[]> {
  if (model.opset >= minOpset) return []
  const result = await upgradeOpset(model, minOpset)
  verify(model, 'upgrade')
  return [{ pass: 'upgrade', options: { opset: String(minOpset) }, ...result }]
}
