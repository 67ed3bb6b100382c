import { B, type Draw } from './draw.js'
import { activation, conv, layerNorm, linear, pointwise, same, writtenOutNorm } from './layers.js'
import type { Feature, Topology } from './topology.js'

/** Normalizations besides BatchNormalization, in one node and written out. */
export const norms: readonly Topology[] = [
  {
    name: 'GroupNormalization',
    takes: 'image',
    opset: 21,
    draw: (d, x) =>
      groupNormalized(d, x, (y, groups) => {
        const params = [d.vector(y.width, 1, 0.3), d.vector(y.width, 0.1)]
        return d.node('GroupNormalization', [y.value, ...params], { num_groups: groups })
      }),
  },
  {
    name: 'group norm by InstanceNormalization',
    takes: 'image',
    draw: (d, x) =>
      groupNormalized(d, x, (y, groups) => {
        const flat = d.node('Reshape', [y.value, d.ints([0, groups, -1])])
        const unit = [d.scalar(1, [groups]), d.scalar(0, [groups])]
        const normal = d.node('InstanceNormalization', [flat, ...unit])
        const back = d.reshape(normal, [B, y.width, ...y.space])
        const perChannel = [y.width, ...y.space.map(() => 1)]
        return d.add(d.mul(back, d.vector(y.width, 1, 0.3, perChannel)), d.vector(y.width, 0.1, 0.2, perChannel))
      }),
  },
  {
    name: 'InstanceNormalization',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, d.width())
      const params = [d.vector(y.width, 1, 0.3), d.vector(y.width, 0.1)]
      const normal = activation(d, same(y, d.node('InstanceNormalization', [y.value, ...params])))
      return { out: conv(d, normal, x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'layer norm',
    takes: 'tokens',
    draw(d, x) {
      const y = layerNorm(d, linear(d, layerNorm(d, x), d.width()))
      return { out: linear(d, activation(d, y), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'layer norm written out',
    takes: 'tokens',
    draw(d, x) {
      const y = linear(d, x, d.width())
      const normal = writtenOutNorm(d, y.value, d.pick([-1, 2]), [d.vector(y.width, 1, 0.3), d.vector(y.width, 0.1)])
      return { out: linear(d, same(y, normal), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'layer norm of an image, transposed',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, d.width())
      const tokens = { kind: 'tokens', width: y.width, space: y.space } as const
      const last = layerNorm(d, { ...tokens, value: d.transpose(y.value, [0, 2, 3, 1]) })
      const back = same(y, d.transpose(last.value, [0, 3, 1, 2]))
      return { out: conv(d, back, x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'layer norm over channels of an image, written out',
    takes: 'image',
    draw(d, x) {
      const y = conv(d, x, d.width())
      const params = [d.vector(y.width, 1, 0.3, [y.width, 1, 1]), d.vector(y.width, 0.1, 0.2, [y.width, 1, 1])] as const
      return {
        out: conv(d, same(y, writtenOutNorm(d, y.value, 1, params)), x.width),
        inner: y.width,
        outer: 2 * x.width,
      }
    },
  },
  {
    name: 'RMSNormalization',
    takes: 'tokens',
    opset: 23,
    draw(d, x) {
      const y = linear(d, x, d.width())
      const normal = d.node('RMSNormalization', [y.value, d.vector(y.width, 1, 0.3)], { axis: -1 })
      return { out: linear(d, same(y, normal), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'RMS norm written out',
    takes: 'tokens',
    draw(d, x) {
      const y = linear(d, x, d.width())
      const square = d.chance(0.5) ? d.node('Pow', [y.value, d.scalar(2)]) : d.mul(y.value, y.value)
      const root = d.node('Sqrt', [d.add(d.reduce('ReduceMean', square, [-1], true), d.scalar(1e-5))])
      const normal = d.chance(0.5) ? d.node('Div', [y.value, root]) : d.mul(y.value, d.node('Reciprocal', [root]))
      const scaled = d.mul(d.vector(y.width, 1, 0.3), normal)
      return { out: linear(d, same(y, scaled), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'global response norm',
    takes: 'image',
    draw(d, x) {
      const y = activation(d, conv(d, x, d.width()))
      const energy = d.reduce('ReduceL2', y.value, [2, 3], true)
      const mean = d.add(d.reduce('ReduceMean', energy, [1], true), d.scalar(1e-6))
      const ratio = d.node('Div', [energy, mean])
      const scaled = d.mul(d.vector(y.width, 1, 0.3, [1, y.width, 1, 1]), d.mul(y.value, ratio))
      const out = d.add(d.add(scaled, d.vector(y.width, 0.1, 0.2, [1, y.width, 1, 1])), y.value)
      return { out: conv(d, same(y, out), x.width), inner: y.width, outer: 2 * x.width }
    },
  },
  {
    name: 'unit length',
    takes: 'tokens',
    draw(d, x) {
      const y = linear(d, x, d.width())
      const length = d.node('Clip', [d.reduce('ReduceL2', y.value, [-1], true), d.scalar(1e-6)])
      return {
        out: linear(d, same(y, d.node('Div', [y.value, length])), x.width),
        inner: y.width,
        outer: 2 * x.width,
      }
    },
  },
  {
    name: 'local response norm, which hinders',
    takes: 'image',
    draw(d, x) {
      const y = d.node('LRN', [x.value], { size: 3, alpha: 0.3 })
      return { out: pointwise(d, same(x, y), x.width), inner: 0, outer: x.width }
    },
  },
]

function groupNormalized(d: Draw, x: Feature, norm: (y: Feature, groups: number) => Feature['value']) {
  const [groups, each] = [d.pick([2, 3, 4]), d.between(2, 5)]
  const y = conv(d, x, groups * each)
  const normal = activation(d, same(y, norm(y, groups)))
  return { out: conv(d, normal, x.width), inner: Math.min(groups, each), outer: 2 * x.width }
}
