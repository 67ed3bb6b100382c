import type { Part } from '../data/part.js'
import { type LearningData, missingData } from '../passes/pass.js'
import type { Engine } from './measure.js'
import type { Step } from './recipe.js'
import type { Temporary } from './temporary.js'

/** What the steps of a run learn from. */
export interface Learning {
  /** `PATH[,PATH...][?key=value&...]` */
  readonly data: string
  /** All of it unless told. */
  readonly part?: Part
  /** The first samples only. */
  readonly limit?: number | null
  readonly batchSize?: number | null
  /** Input name to field name. */
  readonly binds?: Readonly<Record<string, string>>
  /** The field that holds the labels. */
  readonly label?: string | null
}

/** Whether a step learns from the data of a run that has some. */
export function canLearn({ pass, values }: Pick<Step, 'pass' | 'values'>): boolean {
  return (pass.learns?.(values) ?? null) !== null || pass.mayLearn?.(values) === true
}

/** @throws UsageError when a step learns and there is nothing to learn from */
export function requireLearning(steps: readonly Step[], learning: Learning | null): void {
  for (const { pass, values } of steps) {
    const what = pass.learns?.(values) ?? null
    if (what !== null && learning === null) throw missingData(what)
  }
}

/**
 * What a step gets to learn from, with a folder that goes when `temporary` is cleared.
 *
 * @returns undefined for a step that learns nothing
 */
export async function learningData(
  { pass, values }: Step,
  learning: Learning | null,
  { dims, provider, threads }: Engine,
  temporary: Temporary,
): Promise<LearningData | undefined> {
  if (learning === null || !canLearn({ pass, values })) return undefined
  const { part = 'all', limit = null, batchSize = null, binds = {}, label = null, data } = learning
  return { data, part, limit, batchSize, binds, label, dims, provider, threads, folder: await temporary.folder() }
}
