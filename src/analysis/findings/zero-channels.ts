import type { Tensor } from '../../ir/tensor.js'
import { type DType, elementCount } from '../../ir/type.js'
import type { Weight } from '../../ops/weights.js'
import { nonZeroOf } from '../statistics.js'
import { counted, type Finder } from './finding.js'

/** Output channels whose weights are all zero: they are computed, and come out as their bias. */
export const zeroChannels: Finder = ({ weights, bytesOf }) => {
  const found = weights.flatMap((weight) => {
    const channels = zeroChannelsOf(weight)
    return channels === 0 ? [] : [{ weight, channels }]
  })
  if (found.length === 0) return []
  const channels = found.reduce((sum, f) => sum + f.channels, 0)
  const bytes = found.reduce((sum, { weight, channels }) => {
    return sum + Math.floor((bytesOf(weight.value) * channels) / (weight.tensor.shape[weight.main.out ?? 0] ?? 1))
  }, 0)
  return [
    {
      kind: 'zero-channels',
      what: `${counted(channels, 'output channel')} of ${counted(found.length, 'weight')} ${channels === 1 ? 'is' : 'are'} all zero, and computed all the same.`,
      targets: found.map(({ weight }) => weight.value.name),
      bytes,
      remedy: 'Cut them out where the model is made, and export it again: no output loses more than a constant.',
    },
  ]
}

/** The magnitude of an element: its words without the sign. */
const MAGNITUDE: Readonly<Partial<Record<DType, readonly [words: 16 | 32, masks: readonly number[]]>>> = {
  float32: [32, [0x7fffffff]],
  float64: [32, [-1, 0x7fffffff]],
  float16: [16, [0x7fff]],
  bfloat16: [16, [0x7fff]],
}

/** Tensors with fewer zeros than a channel has elements are not read. */
function zeroChannelsOf({ tensor, main, skip }: Weight): number {
  const { out, kind } = main
  const format = MAGNITUDE[tensor.dtype]
  if (skip !== null || kind !== 'weight' || out === null || format === undefined) return 0
  const elements = elementCount(tensor.shape)
  const channels = tensor.shape[out] ?? 0
  if (channels === 0 || elements - nonZeroOf(tensor) < elements / channels || elements === 0) return 0
  const alive = new Uint8Array(channels)
  const inner = elementCount(tensor.shape.slice(out + 1))
  eachNonZero(tensor, format, (index) => {
    alive[Math.floor(index / inner) % channels] = 1
  })
  return alive.reduce((sum, lives) => sum + 1 - lives, 0)
}

function eachNonZero(
  tensor: Tensor,
  [width, masks]: readonly [16 | 32, readonly number[]],
  visit: (index: number) => void,
): void {
  let first = 0
  for (const chunk of tensor.chunks()) {
    const { buffer, byteOffset, byteLength } = chunk
    const words =
      width === 32
        ? new Int32Array(buffer, byteOffset, byteLength / 4)
        : new Uint16Array(buffer, byteOffset, byteLength / 2)
    const elements = words.length / masks.length
    for (let i = 0; i < elements; i++) {
      for (const [j, mask] of masks.entries()) {
        if (((words[i * masks.length + j] ?? 0) & mask) !== 0) visit(first + i)
      }
    }
    first += elements
  }
}
