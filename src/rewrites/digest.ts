import { createHash } from 'node:crypto'
import type { Attr } from '../ir/attr.js'
import type { Tensor } from '../ir/tensor.js'
import { elementCount } from '../ir/type.js'

const SHORT_BYTES = 1024

/** Equal for tensors of one dtype and shape with the same bytes. Reads them in pieces. */
export function tensorDigest(tensor: Tensor): string {
  const head = tensorKey(tensor)
  if (tensor.dtype === 'string') return `${head} ${JSON.stringify([...tensor.read()])} ${elementCount(tensor.shape)}`
  if (tensor.byteLength <= SHORT_BYTES) return `${head} ${Buffer.from(tensor.read()).toString('base64')}`
  const hash = createHash('sha256')
  for (const chunk of tensor.chunks()) hash.update(chunk)
  return `${head} ${hash.digest('base64')}`
}

/** The first bytes. Those of weights hardly ever agree. */
export function tensorStart(tensor: Tensor): string {
  if (tensor.dtype === 'string') return ''
  return Buffer.from(tensor.readAt(0, Math.min(tensor.byteLength, 64))).toString('latin1')
}

/** Tensors of another key cannot be equal: what is cheap to ask. */
export function tensorKey(tensor: Tensor): string {
  return `${tensor.dtype}[${tensor.shape.join(',')}] ${tensor.byteLength}`
}

/** Equal for attributes of the same value; null for bodies and what else cannot be compared. */
export function attrDigest(a: Attr): string | null {
  switch (a.kind) {
    case 'int':
    case 'float':
    case 'ref':
      return `${a.kind} ${Object.is(a.value, -0) ? '-0' : a.value}`
    case 'ints':
    case 'floats':
      return `${a.kind} ${a.value.map((x) => (Object.is(x, -0) ? '-0' : x)).join(',')}`
    case 'string':
      return `${a.kind} ${Buffer.from(a.value).toString('base64')}`
    case 'strings':
      return `${a.kind} ${a.value.map((text) => Buffer.from(text).toString('base64')).join(',')}`
    case 'tensor':
      return `${a.kind} ${tensorDigest(a.value)}`
    default:
      return null
  }
}
