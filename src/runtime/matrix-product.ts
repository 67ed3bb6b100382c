import { Model } from '../ir/graph.js'
import { tensorType } from '../ir/type.js'
import { skeleton } from '../onnx/skeleton.js'
import { openSession, type SessionOptions } from './session.js'

/** Multiplies matrices in ONNX Runtime, on all its threads. To be released. */
export interface MatrixProduct<A extends Float32Array | Float64Array = Float64Array> {
  /**
   * @param a  [m, k], row-major, of the type that it was opened for
   * @param b  [k, n]
   * @returns  A B, [m, n]
   */
  multiply(a: A, b: A, size: { readonly m: number; readonly k: number; readonly n: number }): Promise<A>
  release(): Promise<void>
}

interface Arrays {
  readonly float32: Float32Array
  readonly float64: Float64Array
}

/** Opens a model of one MatMul of float64 matrices: those of any size go through the same session. */
export function openMatrixProduct(options?: SessionOptions): Promise<MatrixProduct>
/** The same for another type. */
export function openMatrixProduct<D extends keyof Arrays>(
  options: SessionOptions,
  dtype: D,
): Promise<MatrixProduct<Arrays[D]>>
export async function openMatrixProduct(
  options: SessionOptions = {},
  dtype: keyof Arrays = 'float64',
): Promise<MatrixProduct<Float32Array | Float64Array>> {
  const model = new Model({ irVersion: 7, opsets: new Map([['', 13]]) })
  const a = model.addInput(model.main, 'a', tensorType(dtype, ['m', 'k']))
  const b = model.addInput(model.main, 'b', tensorType(dtype, ['k', 'n']))
  const { outputs } = model.addNode(model.main, { op: 'MatMul', inputs: [a, b], outputs: ['ab'] })
  for (const value of outputs) {
    if (value !== null) model.addOutput(model.main, value, { declared: tensorType(dtype, ['m', 'n']) })
  }
  const session = await openSession(skeleton(model), options)
  const type = dtype === 'float64' ? Float64Array : Float32Array
  return {
    multiply: async (left, right, { m, k, n }) => {
      const { ab } = await session.run({
        a: { dtype, shape: [m, k], data: left },
        b: { dtype, shape: [k, n], data: right },
      })
      if (!(ab?.data instanceof type)) throw new Error(`A product of ${dtype} matrices is no ${dtype}.`)
      return ab.data
    },
    release: () => session.release(),
  }
}
