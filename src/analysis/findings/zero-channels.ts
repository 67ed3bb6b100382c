import { type DType, dtypeBits, elementCount } from '../../ir/type.js'
import type { Weight } from '../../ops/weights.js'
import { nonZeroOf } from '../statistics.js'
import { counted, type Finder } from './finding.js'

/** Output channels whose weights are all zero: they are computed, and come out as their bias. */
export const zeroChannels: Finder = ({ weights, bytesOf, isPacked }) => {
  const found = weights.flatMap((weight) => {
    const channels = zeroChannelsOf(weight)
    return channels === 0 ? [] : [{ weight, channels }]
  })
  if (found.length === 0) return []
  const channels = found.reduce((sum, f) => sum + f.channels, 0)
  const bytes = found.reduce((sum, { weight, channels }) => {
    if (isPacked(weight.value)) return sum // there zeros take hardly any room
    return sum + Math.floor((bytesOf(weight.value) * channels) / (weight.tensor.shape[weight.main.out ?? 0] ?? 1))
  }, 0)
  return [
    {
      kind: 'zero-channels',
      what: `${counted(channels, 'output channel')} of ${counted(found.length, 'weight')} ${channels === 1 ? 'is' : 'are'} all zero, and computed all the same.`,
      targets: found.map(({ weight }) => weight.value.name),
      bytes,
      remedy:
        'mcompress prune structured takes out the channels that matter least, and those that are all zero are the first to go: the result is smaller and faster. mcompress pack only stores zeros in hardly any room.',
    },
  ]
}

/** For the bytes of some elements, which of them are zero, of either sign. */
const ZERO_TESTS: Readonly<Partial<Record<DType, (chunk: Uint8Array) => (i: number) => boolean>>> = {
  float32: (chunk) => numbersTest(new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)),
  float64: (chunk) => numbersTest(new Float64Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 8)),
  float16: halvesTest,
  bfloat16: halvesTest,
}

function numbersTest(numbers: Float32Array | Float64Array): (i: number) => boolean {
  return (i) => numbers[i] === 0
}

function halvesTest(chunk: Uint8Array): (i: number) => boolean {
  const codes = new Uint16Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 2)
  return (i) => ((codes[i] ?? 0) & 0x7fff) === 0
}

/** Tensors with fewer zeros than a channel has elements are not read; of a channel no more than up to its first weight. */
function zeroChannelsOf({ tensor, main, skip }: Weight): number {
  const { out, kind } = main
  const isZero = ZERO_TESTS[tensor.dtype]
  if (skip !== null || kind !== 'weight' || out === null || isZero === undefined) return 0
  const elements = elementCount(tensor.shape)
  const channels = tensor.shape[out] ?? 0
  if (elements === 0 || elements - nonZeroOf(tensor) < elements / channels) return 0
  const inner = elementCount(tensor.shape.slice(out + 1))
  const alive = new Uint8Array(channels)
  let dead = channels
  let first = 0 // of the chunk, in the tensor
  for (const chunk of tensor.chunks()) {
    const zero = isZero(chunk)
    const n = (chunk.byteLength * 8) / dtypeBits(tensor.dtype)
    for (let i = 0; i < n; ) {
      const run = Math.floor((first + i) / inner) // of elements of one channel
      const channel = run % channels
      const end = Math.min(n, (run + 1) * inner - first)
      if (alive[channel] === 0) {
        while (i < end && zero(i)) i++
        if (i < end) {
          alive[channel] = 1
          dead--
        }
      }
      i = end
    }
    if (dead === 0) return 0
    first += n
  }
  return dead
}
