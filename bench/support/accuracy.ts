import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluate } from '../../src/analysis/evaluate.js'
import { type Evaluation, makeStep, passes, type RunRequest, runRecipe } from '../../src/index.js'

/** One way to prune. */
export interface Pruning {
  /** The name of the pass: `prune` unless told. */
  readonly pass?: string
  /** Of the pass, as a recipe has them. */
  readonly options: Readonly<Record<string, unknown>>
  /** What else the request needs: data that a criterion learns from, say. */
  readonly request?: Partial<RunRequest>
}

export interface Accuracies {
  readonly dense: number
  /** In the order of the prunings, fractions 0..1. */
  readonly pruned: readonly number[]
}

/** Prunes a model in each of these ways, in one shot, and judges all of them on the same data in one go. */
export async function accuracies(
  model: string,
  prunings: readonly Pruning[],
  evaluation: Evaluation & { readonly metrics: readonly [string] },
): Promise<Accuracies> {
  const folder = mkdtempSync(join(tmpdir(), 'accuracy-'))
  try {
    const models = [{ path: model }]
    for (const [i, { pass = 'prune', options, request }] of prunings.entries()) {
      const output = join(folder, `${i}.onnx`)
      const steps = [makeStep(passNamed(pass), options, (option) => option)]
      await runRecipe({ input: model, output, steps, gzip: false, ...request })
      models.push({ path: output })
    }
    const { metrics } = await evaluate({ ...evaluation, models })
    const [dense, ...pruned] = (metrics[0]?.values ?? []).map((value) => value ?? Number.NaN)
    if (dense === undefined) throw new Error(`Nothing was measured of ${model}.`)
    return { dense, pruned }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function passNamed(name: string) {
  const pass = passes.find((one) => one.name === name)
  if (pass === undefined) throw new Error(`There is no pass ${name}.`)
  return pass
}
