import { attr } from '../../ir/attr.js'
import type { Node } from '../../ir/graph.js'
import { numbersOf, param } from '../../ops/param.js'
import type { Edit } from '../edit.js'
import { defineRule } from './rule.js'

/**
 * Zeros that a Pad puts around the axes of an image are those that a Conv puts there itself:
 *
 *   Conv(Pad(x, p), pads q)   =>   Conv(x, pads p + q)
 */
export const foldPads = defineRule({
  name: 'fold-pads',
  apply: (edit) => {
    for (const conv of edit.nodes('Conv')) {
      const pad = conv.inputs[0]?.producer
      const [padded] = pad?.outputs ?? []
      if (pad?.type !== 'Pad' || !padded || pad.graph !== conv.graph || edit.soleReader(padded) === null) continue
      const [x] = pad.inputs
      const pads = x ? joined(edit, pad, conv) : null
      if (!x || pads === null) continue
      edit.change(pad.label, 'Pad folded into Conv')
      edit.model.setInput(conv, 0, x)
      edit.model.setAttr(conv, 'pads', attr.ints(pads))
      // Zeros of its own are told by the numbers alone.
      edit.model.setAttr(conv, 'auto_pad', null)
      edit.remove(pad)
    }
  },
})

/** @returns begins, then ends, of the axes behind the channels */
function joined(edit: Edit, pad: Node, conv: Node): number[] | null {
  const rank = edit.constant(conv, 1)?.shape.length ?? conv.ints('kernel_shape')?.length ?? 0
  const auto = conv.string('auto_pad') ?? 'NOTSET'
  const pads = spatialPads(edit, pad, rank)
  if (pads === null || (auto !== 'NOTSET' && auto !== 'VALID')) return null
  const own = auto === 'VALID' ? [] : (conv.ints('pads') ?? [])
  return pads.map((p, i) => p + (own[i] ?? 0))
}

/** @returns null where it is not zeros, or not around the spatial axes alone */
function spatialPads(edit: Edit, pad: Node, rank: number): number[] | null {
  const constant = edit.facts.constantOf.bind(edit.facts)
  const pads = pad.ints('paddings') ?? param(pad, 'pads', constant)
  if ((pad.string('mode') ?? 'constant') !== 'constant' || typeof pads === 'string') return null
  if (!isZero(edit, pad) || param(pad, 'axes', constant) !== 'absent' || pads.length !== 2 * rank) return null
  if (pads.some((p) => p < 0)) return null
  const [begins, ends] = [pads.slice(0, rank), pads.slice(rank)]
  if ([...begins.slice(0, 2), ...ends.slice(0, 2)].some((p) => p !== 0)) return null
  return [...begins.slice(2), ...ends.slice(2)]
}

function isZero(edit: Edit, pad: Node): boolean {
  if (pad.float('value', 0) !== 0) return false
  const value = pad.inputs[2]
  if (!value) return true
  const tensor = edit.facts.constantOf(value)
  return tensor !== null && numbersOf(tensor)?.every((x) => x === 0) === true
}
