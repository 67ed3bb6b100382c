import { constantOf, walk } from '../../../ir/walk.js'
import { isPrunable } from '../../../ops/weight-of.js'
import { floatsOf } from '../floats.js'
import { defineImportance, type Evidence, type Subject } from './importance.js'

/**
 * The magnitude of the scale that BatchNormalization multiplies a channel with.
 *
 * @see  Liu et al. 2017, arXiv:1708.06519, 3
 */
export const bnScale = defineImportance({
  name: 'bn-scale',
  lack: 'no BatchNormalization around them',
  measure: (subject) => ({ evidence: scalesOf(subject) }),
})

function scalesOf({ dependencies }: Subject): Evidence[] {
  const { model, trace } = dependencies
  const evidence: Evidence[] = []
  for (const node of walk(model)) {
    if (node.type !== 'BatchNormalization') continue
    const scale = node.inputs[1]
    const tensor = scale ? constantOf(scale) : null
    const [axis] = trace.axesOfInput(node, 1) ?? []
    const units = axis ? dependencies.unitsOf(axis) : null
    if (!scale || tensor === null || units === null || !isPrunable(tensor.dtype)) continue
    evidence.push({ units, values: floatsOf(tensor, scale.name).map(Math.abs), power: 1 })
  }
  return evidence
}
