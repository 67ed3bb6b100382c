import { float32, sketch, uniform } from '../../fixtures/sketch.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import { ENCODINGS_OPSET } from '../../src/encodings/index.js'
import type { Model } from '../../src/ir/graph.js'
import { graphs } from '../../src/ir/walk.js'
import { nibbles, store } from '../encodings/models.js'

/** Of a weight in nibbles, for that to take fewer bytes with the nodes; and of one that is one value, repeated. */
const LEAST_NIBBLES = 1200
const LEAST_REPEATED = 120

/**
 * x[N,64] through two layers whose weights are stored so,
 * with something between and behind them that a pass may want
 * to change: an Identity, a scale.
 */
export function packedLayers(encoded: readonly [Encoded, Encoded], opset = 13): Model {
  const s = sketch('packed', opset)
  const dense = float32([64, 64], uniform([64, 64], 1, 1))
  const [one, two] = ['fc1.weight', 'fc2.weight'].map((name) => s.constant(name, dense))
  if (!one || !two) throw new Error('There are two weights.')
  const hidden = s.node('MatMul', 'fc1', [s.input('x', ['N', 64]), one])
  const scaled = s.node('Mul', 'scale', [s.node('Identity', 'same', [hidden]), s.constant('half', float32([], [0.5]))])
  s.output('y', s.node('Relu', 'act', [s.node('MatMul', 'fc2', [scaled, two])]), null)
  store(s.model, one, encoded[0])
  store(s.model, two, encoded[1])
  return s.model
}

/** The model with its larger float32 weights stored in fewer bytes, whatever they were; null where that cannot be. */
export function withPackedWeights(of: Model): Model | null {
  if (of.opset < ENCODINGS_OPSET) return null
  const { model } = of.clone()
  let packed = 0
  for (const graph of graphs(model)) {
    for (const value of [...graph.initializers]) {
      const { constant } = value
      const { byteLength = 0, shape = [] } = constant ?? {}
      const isPacked = constant?.dtype === 'float32' && byteLength >= LEAST_REPEATED && !graph.inputs.includes(value)
      if (!isPacked) continue
      const element = float32([1], [0.25])
      const repeated: Encoded = { encoding: 'repeated', dtype: 'float32', shape, element }
      store(model, value, byteLength >= LEAST_NIBBLES && byteLength % 8 === 0 ? nibbles('planes', shape) : repeated)
      packed++
    }
  }
  return packed === 0 ? null : model
}
