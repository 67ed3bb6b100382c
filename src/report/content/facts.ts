import { bytes, count, percent, plural } from '../format.js'
import type { MacsReport, ModelReport } from '../report.js'

/** A property of one model: label and text. */
export type Fact = readonly [label: string, text: string]

/** What is in a model, but for its inputs, outputs and tensors. */
export function modelFacts(model: ModelReport): readonly Fact[] {
  const gzip = model.gzipBytes === null ? '' : `, ${bytes(model.gzipBytes)} gzipped`
  const producer = model.producer === null ? '' : `, made by ${model.producer}`
  const macs = model.macs.total === null ? 'not known' : count(model.macs.total, 7)
  const ops = operators(model).map(([op, n]) => `${n} ${op}`)
  return [
    ['Size', `${bytes(model.bytes)}${gzip}`],
    ['Format', `IR ${model.irVersion}, ${opsetText(model)}${producer}`],
    ['Parameters', `${count(model.parameters)}, ${zeroText(model)}`],
    ['MACs', [macs, macsNote(model.macs)].filter((text) => text !== null).join(' ')],
    ['Nodes', [count(model.nodes), ops.join(', ')].filter((text) => text !== '').join(': ')],
  ]
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
