import { float32, sketch, uniform } from '../../fixtures/sketch.js'
import type { Encoded } from '../../src/encodings/encoding.js'
import type { Model } from '../../src/ir/graph.js'
import { store } from '../encodings/samples.js'

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
