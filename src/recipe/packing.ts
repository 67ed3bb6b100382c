import type { Node, Value } from '../ir/graph.js'
import { elementCount } from '../ir/type.js'
import type { Packing } from '../passes/pass.js'
import type { PackedWeightReport, PackingReport } from '../report/report.js'

/** What a pass packed, the weights by name; where the result was loaded is found out later. */
export function packingReport({ bound, weights, curve }: Packing): PackingReport {
  const reports = weights.map(({ value, shape, bytes, ...packed }): PackedWeightReport => {
    const reader = firstReader(value)
    const elements = elementCount(shape)
    return {
      weight: value.name,
      node: reader?.name ?? null,
      op: reader?.op ?? null,
      dtype: packed.dtype,
      shape,
      elements,
      encoding: packed.encoding,
      bytesBefore: packed.bytesBefore,
      bytes,
      bitsPerWeight: elements === 0 ? 0 : (8 * bytes) / elements,
      sparsity: packed.sparsity,
      error: packed.error,
    }
  })
  return {
    bound,
    weights: reports.sort((a, b) => b.bytesBefore - a.bytesBefore),
    consumers: [],
    curve: [...curve].sort((a, b) => a.bytes - b.bytes),
  }
}

function firstReader({ uses }: Value): Node | null {
  for (const use of uses) if (!('slot' in use)) return use.node
  return null
}
