import type { Tensor } from '../../ir/tensor.js'
import { zeroFloat32 } from './kernel.js'
import {
  bytesPerWeight,
  int32Of,
  type KeyOrder,
  magnitudeOrder,
  randomOrder,
  uint16Of,
  type WeightDType,
  wideMagnitudeOrder,
} from './keys.js'
import { type Cut, type Member, selectSmallest } from './select.js'

/** A cut and the order that it was made in: enough to make the pruned tensor, whenever it is written. */
export interface PlannedCut<M extends Member = Member> extends Cut {
  readonly member: M
  readonly order: KeyOrder
}

/** The `k` weights of smallest magnitude in a pool. Formats may be mixed. */
export function cutByMagnitude<M extends Member>(
  pool: readonly M[],
  k: number,
  onRead?: (bytes: number) => void,
): Promise<PlannedCut<M>[]> {
  return cut(pool, k, pool.some((m) => m.dtype === 'float64') ? wideMagnitudeOrder : magnitudeOrder, onRead)
}

/** `k` weights of a pool by lot; zeros already there go first. */
export function cutByLot<M extends Member>(
  pool: readonly M[],
  k: number,
  seed: number,
  onRead?: (bytes: number) => void,
): Promise<PlannedCut<M>[]> {
  return cut(pool, k, randomOrder(seed), onRead)
}

async function cut<M extends Member>(
  pool: readonly M[],
  k: number,
  order: KeyOrder,
  onRead?: (bytes: number) => void,
): Promise<PlannedCut<M>[]> {
  const cuts = await selectSmallest(pool, k, order, onRead)
  return cuts.map((c, i) => ({ ...c, order, member: pool[i] as M })) // a cut for each member
}

/** The pruned tensor. It is computed while it is read or written; nothing is held in memory. */
export function applyCut({ member, order, threshold, tieEnd }: PlannedCut): Tensor {
  const { tensor, dtype } = member
  const isWhole = tieEnd === 0 || tieEnd === Number.POSITIVE_INFINITY
  if (order === magnitudeOrder && dtype === 'float32' && isWhole) {
    const from = tieEnd === 0 ? threshold : threshold + 1
    return tensor.map((chunk) => zeroFloat32(int32Of(chunk), from))
  }
  const width = bytesPerWeight(dtype)
  const read = order.reader(dtype, member.index)
  return tensor.map((chunk, at) => {
    const keys = read(chunk, at)
    const zero = zeroing(dtype, chunk)
    const first = at / width
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number // inside the array
      if (key < threshold || (key === threshold && first + i < tieEnd)) zero(i)
    }
  })
}

/** Sets the i-th weight of a chunk to +0. */
export function zeroing(dtype: WeightDType, chunk: Uint8Array): (i: number) => void {
  if (dtype === 'float64') {
    const words = int32Of(chunk)
    return (i) => {
      words[2 * i] = 0
      words[2 * i + 1] = 0
    }
  }
  const words = dtype === 'float32' ? int32Of(chunk) : uint16Of(chunk)
  return (i) => {
    words[i] = 0
  }
}
