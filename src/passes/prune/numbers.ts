import { UnsupportedModelError } from '../../errors.js'
import { bfloat16ToNumber, float16ToNumber, numberToBfloat16, numberToFloat16 } from '../../ir/float16.js'
import { float64Of, refuseNonFinite, uint16Of, type WeightDType } from './keys.js'

/** The weights of a tensor as numbers. @throws UnsupportedModelError when one is not finite */
export function numbersOf(bytes: Uint8Array, dtype: WeightDType, name: string): Float64Array {
  const numbers = decoded(bytes, dtype)
  for (let i = 0; i < numbers.length; i++) if (!Number.isFinite(numbers[i])) refuseNonFinite(name)
  return numbers
}

function decoded(bytes: Uint8Array, dtype: WeightDType): Float64Array {
  switch (dtype) {
    case 'float64':
      return float64Of(bytes).slice()
    case 'float32':
      return Float64Array.from(float32Of(bytes))
    case 'float16':
      return Float64Array.from(uint16Of(bytes), float16ToNumber)
    case 'bfloat16':
      return Float64Array.from(uint16Of(bytes), bfloat16ToNumber)
  }
}

/**
 * Writes numbers into the bytes of a tensor, rounded to its format. What is not zero stays so: it becomes the smallest
 * number of the format if it must, so that exactly those weights are zero that were meant to be.
 *
 * @returns puts a number at a place; throws UnsupportedModelError for one that the format cannot hold
 */
export function numberWriter(bytes: Uint8Array, dtype: WeightDType, name: string): (i: number, value: number) => void {
  if (dtype === 'float64' || dtype === 'float32') {
    const numbers = dtype === 'float64' ? float64Of(bytes) : float32Of(bytes)
    const smallest = dtype === 'float64' ? Number.MIN_VALUE : 2 ** -149
    return (i, value) => {
      numbers[i] = value
      if (!Number.isFinite(numbers[i])) refuseOverflow(name, dtype, value)
      if (numbers[i] === 0 && value !== 0) numbers[i] = Math.sign(value) * smallest
    }
  }
  const halves = uint16Of(bytes)
  const encode = dtype === 'float16' ? numberToFloat16 : numberToBfloat16
  const infinite = dtype === 'float16' ? 0x7c00 : 0x7f80
  return (i, value) => {
    const bits = encode(value)
    if ((bits & 0x7fff) >= infinite) refuseOverflow(name, dtype, value)
    halves[i] = (bits & 0x7fff) === 0 && value !== 0 ? bits | 1 : bits
  }
}

function refuseOverflow(name: string, dtype: WeightDType, value: number): never {
  throw new UnsupportedModelError(`Weight "${name}" would become ${value}, which ${dtype} cannot hold.`, {
    suggestions: ['A larger --damping holds the updates back, or --criterion wanda makes none.'],
  })
}

function float32Of(chunk: Uint8Array): Float32Array {
  return new Float32Array(chunk.buffer, chunk.byteOffset, chunk.byteLength / 4)
}
