import { MemoryTensor } from '../../ir/tensor.js'
import { denseBytes, elementCount } from '../../ir/type.js'
import { integersOf, type Kernel, widthOf } from './kernel.js'
import { unitsIn } from './strided.js'

const ZERO = new MemoryTensor('float32', [1], new Uint8Array(4))

/** https://onnx.ai/onnx/operators/onnx__ConstantOfShape.html */
export const constantOfShape: Kernel = {
  ops: ['ConstantOfShape'],
  plan(node, [sizes]) {
    const a = node.attrs.get('value')
    if (a !== undefined && a.kind !== 'tensor') return null
    const element = a?.value ?? ZERO
    const { dtype } = element
    const shape = integersOf(sizes)
    const width = widthOf(element)
    if (shape === null || shape.some((size) => size < 0) || width === null || element.byteLength !== width) return null
    const run = () => {
      const out = new Uint8Array(denseBytes(dtype, elementCount(shape)))
      const bytes = element.read()
      if (bytes.every((byte) => byte === 0)) return out
      const [units, pattern] = [unitsIn(out, width), unitsIn(bytes, width)]
      if (pattern.length === 1)
        units.fill(pattern[0] as number) // there is one
      else for (let i = 0; i < units.length; i++) units[i] = pattern[i & 1] as number // there are two
      return out
    }
    return { out: { dtype, shape }, run }
  },
}
