import { Model } from '../ir/graph.js'
import { tensorType } from '../ir/type.js'
import { skeleton } from '../onnx/skeleton.js'
import { openSession, type SessionOptions } from './session.js'

/** Multiplies matrices in ONNX Runtime, on all its threads. To be released. */
export interface MatrixProduct {
  /**
   * @param a  float64 [m, k], row-major
   * @param b  float64 [k, n]
   * @returns  A B, float64 [m, n]
   */
  multiply(
    a: Float64Array,
    b: Float64Array,
    size: { readonly m: number; readonly k: number; readonly n: number },
  ): Promise<Float64Array>
  release(): Promise<void>
}

/** Opens a model of one MatMul: matrices of any size go through the same session. */
export async function openMatrixProduct(options: SessionOptions = {}): Promise<MatrixProduct> {
  const model = new Model({ irVersion: 7, opsets: new Map([['', 13]]) })
  const a = model.addInput(model.main, 'a', tensorType('float64', ['m', 'k']))
  const b = model.addInput(model.main, 'b', tensorType('float64', ['k', 'n']))
  const { outputs } = model.addNode(model.main, { op: 'MatMul', inputs: [a, b], outputs: ['ab'] })
  for (const value of outputs) {
    if (value !== null) model.addOutput(model.main, value, { declared: tensorType('float64', ['m', 'n']) })
  }
  const session = await openSession(skeleton(model), options)
  return {
    multiply: async (left, right, { m, k, n }) => {
      const feeds = {
        a: { dtype: 'float64', shape: [m, k], data: left },
        b: { dtype: 'float64', shape: [k, n], data: right },
      } as const
      const { ab } = await session.run(feeds)
      if (!(ab?.data instanceof Float64Array)) throw new Error('A product of float64 matrices is no float64.')
      return ab.data
    },
    release: () => session.release(),
  }
}
