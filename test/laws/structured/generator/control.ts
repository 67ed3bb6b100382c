import { outputOf } from '../../../../fixtures/sketch.js'
import { MemoryTensor } from '../../../../src/ir/tensor.js'
import { B } from './draw.js'
import { activation, conv, filters, linear, pooled, same, shapeOf } from './layers.js'
import type { Feature, Topology } from './topology.js'

const truth = (value: boolean) => new MemoryTensor('bool', [], Uint8Array.of(value ? 1 : 0))

/** Graphs within graphs, and several in one. */
export const control: readonly Topology[] = [
  {
    name: 'If whose branches read outer weights',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const [left, right] = [filters(d, [width, x.width, 1, 1]), filters(d, [width, x.width, 1, 1])]
      const node = d.nodes('If', [d.input([], 'bool')], 1)
      for (const [branch, weights] of [
        ['then_branch', left],
        ['else_branch', right],
      ] as const) {
        d.body(node, branch, (inside) => [activation(inside, conv(inside, x, width, { kernel: 1, weights })).value])
      }
      return { out: { ...x, width, value: outputOf(node) }, inner: 0, outer: x.width + width }
    },
  },
  {
    name: 'If with layers of their own in its branches',
    takes: 'tokens',
    draw(d, x) {
      const hidden = [d.width(), d.width()]
      const node = d.nodes('If', [d.input([], 'bool')], 1)
      for (const [i, branch] of (['then_branch', 'else_branch'] as const).entries()) {
        d.body(node, branch, (inside) => {
          const inner = activation(inside, linear(inside, x, hidden[i] ?? 4))
          return [linear(inside, inner, x.width).value]
        })
      }
      const out = same(x, d.add(outputOf(node), x.value))
      return { out, inner: (hidden[0] ?? 0) + (hidden[1] ?? 0), outer: x.width }
    },
  },
  {
    name: 'Loop that carries a state',
    takes: 'vector',
    hidesShapes: true,
    draw(d, x) {
      const weight = d.weight([x.width, x.width], x.width)
      const count = d.ints([3], [])
      const node = d.nodes('Loop', [count, d.constant(truth(true)), x.value], 1)
      d.body(node, 'body', (inside) => {
        inside.bodyInput('int64', [])
        const go = inside.bodyInput('bool', [])
        const state = inside.bodyInput('float32', shapeOf(x))
        const next = inside.node('Tanh', [inside.node('MatMul', [state, weight])])
        return [inside.node('Identity', [go]), next]
      })
      return { out: same(x, d.declared(outputOf(node), shapeOf(x))), inner: 0, outer: x.width }
    },
  },
  {
    name: 'Loop with a layer inside',
    takes: 'vector',
    hidesShapes: true,
    draw(d, x) {
      const width = d.width()
      const [up, down] = [d.weight([x.width, width], x.width), d.weight([width, x.width], width)]
      const node = d.nodes('Loop', [d.ints([2], []), d.constant(truth(true)), x.value], 1)
      d.body(node, 'body', (inside) => {
        inside.bodyInput('int64', [])
        const go = inside.bodyInput('bool', [])
        const state = inside.bodyInput('float32', shapeOf(x))
        const hidden = inside.node('Relu', [inside.node('MatMul', [state, up])])
        const next = inside.add(inside.node('MatMul', [hidden, down]), state)
        return [inside.node('Identity', [go]), next]
      })
      return { out: same(x, d.declared(outputOf(node), shapeOf(x))), inner: width, outer: x.width }
    },
  },
  {
    name: 'a part with an input and an output of its own',
    takes: 'image',
    draw(d, x) {
      const other: Feature = { kind: 'image', width: 3, space: [5, 5], value: d.input([B, 3, 5, 5]) }
      const inner = activation(d, conv(d, other, d.width()))
      d.output(linear(d, pooled(d, inner), 4).value, [B, 4])
      return { out: x, inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'a second input that joins',
    takes: 'image',
    draw(d, x) {
      const other: Feature = { ...x, width: 3, value: d.input([B, 3, ...x.space]) }
      const inner = activation(d, conv(d, other, d.width()))
      return { out: same(x, d.add(conv(d, inner, x.width).value, x.value)), inner: inner.width, outer: x.width }
    },
  },
  {
    name: 'an output on the way, which keeps its channels',
    takes: 'image',
    draw(d, x) {
      const width = d.width()
      const shown = conv(d, x, width)
      d.output(shown.value, [B, width, ...shown.space])
      return { out: activation(d, shown), inner: 0, outer: x.width }
    },
  },
]
