import { unpackModel } from '../../encodings/unpack.js'
import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { tensorType, typeToString } from '../../ir/type.js'
import type { PassResult } from '../pass.js'

/** Nothing is decoded here: the tensors are when the file is written, one at a time. */
export async function run(model: Model): Promise<PassResult> {
  const unpacked = unpackModel(model, { castOnly: true })
  if (unpacked.length === 0) {
    throw new NothingToDoError('No weight of this model is packed: nothing to do.', {
      suggestions: ['Keep the file as it is. --allow-unchanged makes this no error.'],
    })
  }
  return {
    changed: unpacked.map(({ held, label, dtype, shape }) => ({
      target: held.name,
      what: `${label} is dense now: ${typeToString(tensorType(dtype, shape))}`,
    })),
    skipped: [],
    notes: [`${unpacked.length === 1 ? '1 weight is' : `${unpacked.length} weights are`} dense again.`],
  }
}
