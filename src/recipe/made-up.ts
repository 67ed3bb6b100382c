import { openDimensions } from '../analysis/open-dimensions.js'
import { inferShapes } from '../analysis/shapes.js'
import { parseSpec } from '../data/spec.js'
import type { Model } from '../ir/graph.js'
import type { Engine } from './measure.js'

/** Whether inputs are made up: `random?n=64`. */
export function isMadeUp(spec: string): boolean {
  const { paths } = parseSpec(spec)
  return paths.length === 1 && paths[0] === 'random'
}

/** Numbers for the dimensions that a model leaves open, besides the batch, where the user has not named them. */
export async function madeUpDims(model: Model, dims: Engine['dims']): Promise<Engine['dims']> {
  const { assumed } = await inferShapes(model, { dims })
  const open = openDimensions(model).filter(({ kind }) => kind !== 'batch')
  const found = open.flatMap(({ name }) => (assumed[name] === undefined ? [] : [[name, assumed[name]] as const]))
  return { ...Object.fromEntries(found), ...dims }
}
