import type { Node } from '../../ir/graph.js'
import { arithmetic } from './arithmetic.js'
import { cast } from './cast.js'
import { concat } from './concat.js'
import { constantOfShape } from './constant-of-shape.js'
import { cumSum } from './cum-sum.js'
import { gather } from './gather.js'
import type { Kernel } from './kernel.js'
import { matMul } from './mat-mul.js'
import { expand, slice, tile, transpose } from './rearrange.js'
import { maxUnpool, scatterElements } from './scatter.js'
import { view } from './view.js'

/** The ops that weights are stored by, here and elsewhere. */
export const kernels: readonly Kernel[] = [
  arithmetic,
  cast,
  concat,
  constantOfShape,
  cumSum,
  expand,
  gather,
  matMul,
  maxUnpool,
  scatterElements,
  slice,
  tile,
  transpose,
  view,
]

const BY_OP = new Map(kernels.flatMap((kernel) => kernel.ops.map((op): [string, Kernel] => [op, kernel])))

export function kernelOf(node: Node): Kernel | undefined {
  return node.domain === '' ? BY_OP.get(node.op) : undefined
}
