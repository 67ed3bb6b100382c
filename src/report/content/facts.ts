import { denseBytes, isDType } from '../../ir/type.js'
import { bytes, count, percent, plural } from '../format.js'
import type { MacsReport, ModelReport } from '../report.js'

/** A property of one model: label and text. */
export type Fact = readonly [label: string, text: string]

/** What is in a model, but for its inputs, outputs and tensors. */
export function modelFacts(model: ModelReport): readonly Fact[] {
  const compressed = [
    ...(model.gzipBytes === null ? [] : [`${bytes(model.gzipBytes)} gzipped`]),
    ...(model.zstdBytes === null ? [] : [`${bytes(model.zstdBytes)} with zstd`]),
  ]
  const producer = model.producer === null ? '' : `, made by ${model.producer}`
  const macs = model.macs.total === null ? 'not known' : count(model.macs.total, 7)
  const ops = operators(model).map(([op, n]) => `${n} ${op}`)
  return [
    ['Size', [bytes(model.bytes), ...compressed].join(', ')],
    ['Format', `IR ${model.irVersion}, ${opsetText(model)}${producer}`],
    ['Parameters', `${count(model.parameters)}, ${zeroText(model)}`],
    ['MACs', [macs, macsNote(model.macs)].filter((text) => text !== null).join(' ')],
    ['Nodes', [count(model.nodes), ops.join(', ')].filter((text) => text !== '').join(': ')],
    ...packedFact(model),
  ]
}

/** `21 of 23 weights, 2.70 MB stored for 10.7 MB of weights`; of the weights of layers. */
function packedFact({ layers }: ModelReport): readonly Fact[] {
  const weights = [...new Map(layers.map((layer) => [layer.weight, layer])).values()]
  const packed = weights.filter(({ encoding }) => encoding !== null)
  if (packed.length === 0) return []
  const stored = packed.reduce((sum, layer) => sum + layer.bytes, 0)
  const dense = packed.reduce((sum, l) => sum + (isDType(l.dtype) ? denseBytes(l.dtype, l.parameters) : l.bytes), 0)
  const which = packed.length === weights.length ? 'all' : `${packed.length} of ${weights.length}`
  return [['Packed', `${which} weights, ${bytes(stored)} stored for ${bytes(dense)} of weights`]]
}

/** `248.6 kB, 61 706 parameters, opset 17`, for reports whose subject is something else. */
export function modelText(model: ModelReport): string {
  return [bytes(model.bytes), plural(model.parameters, 'parameter'), opsetText(model)].join(', ')
}

/** The fraction of zeros among all parameters; nothing is zero in a model without any. */
export function sparsity(of: { readonly parameters: number; readonly nonZero: number }): number {
  return of.parameters === 0 ? 0 : 1 - of.nonZero / of.parameters
}

export function modelSparsity(model: ModelReport): number {
  return sparsity({ parameters: model.parameters, nonZero: model.nonZeroParameters })
}

/** `with N = 1, without 2 nodes of unknown shape`; null when the number stands for itself. */
export function macsNote(macs: MacsReport): string | null {
  const dims = Object.entries(macs.assumed).map(([name, value]) => `${name} = ${value}`)
  const more = dims.length > 3 ? `, ... (${dims.length} assumed)` : ''
  const parts = [
    ...(dims.length > 0 ? [`with ${dims.slice(0, 3).join(', ')}${more}`] : []),
    ...(macs.unknown.length > 0 ? [`without ${plural(macs.unknown.length, 'node')} of unknown shape`] : []),
  ]
  return parts.length > 0 ? parts.join(', ') : null
}

/** How often each operator occurs, the most frequent first. */
function operators(model: ModelReport): readonly (readonly [string, number])[] {
  return Object.entries(model.ops).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
}

function opsetText(model: ModelReport): string {
  const opsets = Object.entries(model.opsets).map(([domain, version]) =>
    domain === '' || domain === 'ai.onnx' ? `opset ${version}` : `${domain} ${version}`,
  )
  return opsets.length > 0 ? opsets.join(', ') : 'no opset'
}

function zeroText(model: ModelReport): string {
  const fraction = modelSparsity(model)
  return fraction === 0 ? 'none of them zero' : `${percent(fraction)} of them zero`
}
