import { sketch } from '../../fixtures/sketch.js'
import { GraphBuilder } from '../../src/encodings/builder.js'
import { Constants } from '../../src/encodings/constants.js'
import { digitForm } from '../../src/encodings/digits.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { evaluate } from '../../src/encodings/evaluate.js'
import { build, ENCODINGS_OPSET } from '../../src/encodings/index.js'
import type { Model, Value } from '../../src/ir/graph.js'
import { MemoryTensor, type Tensor } from '../../src/ir/tensor.js'
import { type DType, denseBytes, elementCount } from '../../src/ir/type.js'
import { verify } from '../../src/ir/verify.js'
import { bytesOf } from '../../src/ir/walk.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import { openSession } from '../../src/runtime/session.js'

export const LEVELS = ['disabled', 'basic', 'all'] as const
export type Level = (typeof LEVELS)[number]

export function tensor(dtype: DType, shape: readonly number[], values: readonly number[]): Tensor {
  return new MemoryTensor(dtype, shape, bytesOf(arrayOf(dtype, values)))
}

function arrayOf(dtype: DType, values: readonly number[]): NodeJS.TypedArray {
  switch (dtype) {
    case 'float32':
      return Float32Array.from(values)
    case 'float64':
      return Float64Array.from(values)
    case 'int64':
      return BigInt64Array.from(values, BigInt)
    case 'int32':
      return Int32Array.from(values)
    case 'uint16':
    case 'float16': // their bits
    case 'bfloat16':
      return Uint16Array.from(values)
    case 'int8':
      return Int8Array.from(values)
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values)
    default:
      throw new Error(`No test makes a ${dtype} of numbers.`)
  }
}

/** x + w, of a weight w that is dense until `packed` stores it otherwise; w is the second output. */
export function withWeight(
  dtype: DType,
  shape: readonly number[],
  opset = ENCODINGS_OPSET,
): { model: Model; w: Value } {
  const s = sketch('packed', opset)
  const zeros = new Uint8Array(denseBytes(dtype, elementCount(shape)))
  const w = s.constant('w', new MemoryTensor(dtype, shape, zeros))
  // ONNX Runtime hands out no bfloat16: float32 has all of its values.
  const read = dtype === 'bfloat16' ? s.node('Cast', 'read', [w], { to: 1 }) : s.node('Identity', 'read', [w])
  s.output('y', read, null)
  return { model: s.model, w }
}

/** A model whose weight `w` is stored so; its output `y` is that weight. */
export function packed(encoded: Encoded, opset = ENCODINGS_OPSET): { model: Model; w: Value } {
  const { model, w } = withWeight(encoded.dtype, encoded.shape, opset)
  store(model, w, encoded)
  return { model, w }
}

/** Stores an initializer so, before all nodes that there are. */
export function store(model: Model, w: Value, encoded: Encoded): void {
  const [first] = w.graph.nodes
  model.compute(w, build(encoded, new GraphBuilder(model, w.graph, first ?? null)))
  verify(model, 'packing')
}

/** What ONNX Runtime makes of it: `y` of the model above. */
export async function decoded(model: Model, level: Level): Promise<Uint8Array> {
  const session = await openSession({ bytes: encodeToBytes(model), folder: '.' }, { level, threads: 1 })
  try {
    const { y } = await session.run({})
    if (!ArrayBuffer.isView(y?.data)) throw new Error('The model has no y.')
    return bytesOf(y.data)
  } finally {
    await session.release()
  }
}

/** What the interpreter makes of `w`, however small it is. */
export function evaluated(model: Model): Uint8Array {
  const w = model.main.definitions.get('w')
  if (!w) throw new Error('The model has no w.')
  return evaluate(new Constants(model).stepOf(w))
}

/** Codes of 4 bits in a palette of the numbers from 0 to 15, any of them; an even number of elements. */
export function nibbles(order: 'planes' | 'rows', shape: readonly number[] = [64, 64]): Encoded {
  const count = elementCount(shape) / 2
  const bytes = Array.from({ length: count }, (_, i) => (i * 7) % 251)
  const palette = tensor('float32', [16], [...Array(16).keys()])
  const words = tensor('uint8', [1, count], bytes)
  return { encoding: 'codebook', dtype: 'float32', shape, palette, codes: { form: digitForm(16), order, words } }
}

/** What onnxruntime-web makes of `y`, in WebAssembly on this machine. */
export async function decodedOnWeb(model: Model): Promise<Uint8Array> {
  const { env, InferenceSession } = await import('onnxruntime-web')
  env.wasm.numThreads = 1
  env.logLevel = 'fatal'
  const session = await InferenceSession.create(encodeToBytes(model), { logSeverityLevel: 4 })
  try {
    const { y } = await session.run({})
    if (!ArrayBuffer.isView(y?.data)) throw new Error('The model has no y.')
    return bytesOf(y.data as NodeJS.TypedArray) // what the binding makes
  } finally {
    await session.release()
  }
}
