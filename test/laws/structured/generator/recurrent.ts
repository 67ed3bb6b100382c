import type { Value } from '../../../../src/ir/graph.js'
import { B, type Draw } from './draw.js'
import { linear, same } from './layers.js'
import type { Feature, Topology } from './topology.js'

const CELLS = { LSTM: 4, GRU: 3, RNN: 1 } as const
type Cell = keyof typeof CELLS

/** Recurrent layers over tokens. */
export const recurrent: readonly Topology[] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap((cell): Topology[] => [
    {
      name: `${cell}`,
      takes: 'tokens',
      draw(d, x) {
        const hidden = d.between(4, 8)
        const direction = d.pick(['forward', 'reverse'])
        const [all] = recur(d, x, cell, hidden, direction)
        if (!all) throw new Error('A recurrent layer has outputs.')
        const value = d.transpose(d.squeeze(all, [1]), [1, 0, 2])
        return { out: linear(d, { ...x, width: hidden, value }, x.width), inner: hidden, outer: 2 * x.width }
      },
    },
    {
      name: `${cell}, bidirectional`,
      takes: 'tokens',
      draw(d, x) {
        const hidden = d.between(4, 8)
        const [tokens = 1] = x.space
        const [all] = recur(d, x, cell, hidden, 'bidirectional')
        if (!all) throw new Error('A recurrent layer has outputs.')
        const turned = d.transpose(all, [0, 2, 1, 3]) // [T, N, 2, H]
        const merged = d.reshape(turned, [tokens, B, 2 * hidden], { leads: false })
        const value = d.transpose(merged, [1, 0, 2])
        const out = linear(d, { ...x, width: 2 * hidden, value }, x.width)
        return { out: same(x, d.add(out.value, x.value)), inner: hidden, outer: x.width }
      },
    },
    {
      name: `${cell}, its last state`,
      takes: 'tokens',
      draw(d, x) {
        const hidden = d.between(4, 8)
        const last = recur(d, x, cell, hidden, 'forward')[1]
        if (!last) throw new Error('A recurrent layer has outputs.')
        const vector: Feature = { kind: 'vector', width: hidden, space: [], value: d.squeeze(last, [0]) }
        const width = d.width()
        return { out: linear(d, vector, width), inner: hidden, outer: x.width + width }
      },
    },
  ]),
  {
    name: 'LSTM on LSTM, with states to begin with and peepholes',
    takes: 'tokens',
    staticBatch: true,
    draw(d, x) {
      const [first, second] = [d.between(4, 8), d.between(4, 8)]
      const batch = d.batch === 'open' ? 1 : d.batch.size
      const begin = [
        d.vector(batch * first, 0, 0.5, [1, batch, first]),
        d.vector(batch * first, 0, 0.5, [1, batch, first]),
      ]
      const peepholes = d.vector(3 * first, 0.1, 0.2, [1, 3 * first])
      const [lower] = recur(d, x, 'LSTM', first, 'forward', [...begin, peepholes])
      if (!lower) throw new Error('A recurrent layer has outputs.')
      const between = { ...x, width: first, value: d.transpose(d.squeeze(lower, [1]), [1, 0, 2]) }
      const [upper] = recur(d, between, 'LSTM', second, 'forward')
      if (!upper) throw new Error('A recurrent layer has outputs.')
      const value = d.transpose(d.squeeze(upper, [1]), [1, 0, 2])
      return { out: linear(d, { ...x, width: second, value }, x.width), inner: first + second, outer: 2 * x.width }
    },
  },
]

/** @returns the outputs of a layer over tokens, which it wants as [T, N, C] */
function recur(
  d: Draw,
  x: Feature,
  cell: Cell,
  hidden: number,
  direction: string,
  begin: readonly Value[] = [],
): readonly (Value | null)[] {
  const [gates, directions] = [CELLS[cell], direction === 'bidirectional' ? 2 : 1]
  const sequence = d.transpose(x.value, [1, 0, 2])
  const inputs = [
    sequence,
    d.weight([directions, gates * hidden, x.width], x.width),
    d.weight([directions, gates * hidden, hidden], hidden),
    d.vector(directions * 2 * gates * hidden, 0.1, 0.2, [directions, 2 * gates * hidden]),
    ...(begin.length > 0 ? [null, ...begin] : []),
  ]
  const attrs = {
    hidden_size: hidden,
    ...((direction !== 'forward' || d.chance(0.5)) && { direction }),
    ...(cell === 'GRU' && { linear_before_reset: d.pick([0, 1]) }),
  }
  return d.nodes(cell, inputs, 2, attrs).outputs
}
