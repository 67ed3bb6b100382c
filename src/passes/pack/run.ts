import type { Encoded } from '../../encodings/encoding.js'
import { NothingToDoError } from '../../errors.js'
import type { Model } from '../../ir/graph.js'
import { MemoryTensor, type Tensor } from '../../ir/tensor.js'
import { elementCount } from '../../ir/type.js'
import { raiseIrVersion } from '../../rewrites/upgrade-opset.js'
import type { ValuesOf } from '../option.js'
import type { PassContext, PassResult } from '../pass.js'
import type { options } from './index.js'
import { type Packed, packInto } from './packer.js'
import { targetsOf } from './targets.js'

/** Stores constants in fewer bytes, as nodes that give them back. */
export async function run(model: Model, values: ValuesOf<typeof options>, _: PassContext): Promise<PassResult> {
  raiseIrVersion(model, model.opset)
  const { targets, skipped } = targetsOf(model, values)
  const packed: Packed[] = []
  for (const target of targets) {
    const encoded = repeatedOf(target.tensor)
    if (encoded !== null) packed.push({ target, encoded, bytes: 64, error: 0, sparsity: 0 })
  }
  if (packed.length === 0) throw new NothingToDoError('No weight would take less room.')
  const weights = packInto(model, packed, (value) => value)
  const changed = weights.map(({ value, encoding }) => ({ target: value.name, what: encoding }))
  return { changed, skipped, packing: { bound: 'lossless', weights, curve: [] } }
}

function repeatedOf(tensor: Tensor): Encoded | null {
  const { dtype, shape, byteLength } = tensor
  const elements = elementCount(shape)
  if (elements === 0 || dtype !== 'float32') return null
  const bytes = Buffer.from(tensor.read())
  const element = bytes.subarray(0, byteLength / elements)
  if (!bytes.subarray(element.length).equals(bytes.subarray(0, -element.length))) return null
  return { encoding: 'repeated', dtype, shape, element: new MemoryTensor(dtype, [1], element) }
}
