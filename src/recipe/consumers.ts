import { dirname, relative, sep } from 'node:path'
import { type DeliveredModel, measureConsumers } from '../analysis/consumers/consumers.js'
import type { LatencyOptions } from '../analysis/latency/latency.js'
import type { ConsumerReport } from '../report/report.js'
import { parseTargets, type Target } from '../runtime/consumers/index.js'
import type { NamedModel } from './measure.js'
import { readNamedModel } from './named-model.js'
import type { RunHooks } from './run.js'
import { Temporary } from './temporary.js'

/** Where a packed result is loaded unless told. */
const DEFAULT_TARGETS: readonly string[] = ['node']
/** Nowhere. */
const NO_TARGET = 'none'

export type ConsumerTarget = Target

/**
 * What `--target` names.
 *
 * @param texts  `node`, `web:basic`, several with commas in between, or `none`; null for the default
 * @throws UsageError for one that there is not, or that is not installed
 */
export function consumerTargets(texts: readonly string[] | null): readonly Target[] {
  if (texts?.join() === NO_TARGET) return []
  const targets = parseTargets(texts ?? DEFAULT_TARGETS)
  for (const { consumer } of targets) consumer.version()
  return targets
}

type Feeding = Pick<LatencyOptions, 'data' | 'binds' | 'batchSize' | 'dims' | 'seed' | 'threads'>

/**
 * Loads a model and its packed result in each consumer.
 *
 * @throws UsageError, IoError; signal.reason when it was aborted
 */
export async function loadInConsumers(
  targets: readonly Target[],
  original: NamedModel,
  result: NamedModel,
  feeding: Feeding,
  hooks: RunHooks,
): Promise<readonly ConsumerReport[]> {
  if (targets.length === 0) return []
  const temporary = new Temporary()
  const options = {
    ...feeding,
    targets,
    before: delivered(original),
    after: delivered(result),
    folder: () => temporary.folder(),
  }
  try {
    return await measureConsumers(options, hooks)
  } finally {
    await temporary.clear()
  }
}

function delivered({ path, shown }: NamedModel): DeliveredModel {
  const { model, external, bytes } = readNamedModel(path)
  const locationOf = (file: string) => relative(dirname(path), file).split(sep).join('/')
  return {
    path,
    shown,
    model,
    bytes,
    external: external.map((file) => ({ location: locationOf(file.path), path: file.path })),
  }
}
