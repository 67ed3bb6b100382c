import { modelFacts } from '../content/facts.js'
import { bytes, count, percent } from '../format.js'
import type { ModelReport, PortReport } from '../report.js'
import { bar } from './bar.js'
import { type Line, line, lineWidth, span } from './line.js'
import { INDENT, labelled } from './paragraph.js'
import { type Column, layoutTable } from './table.js'

/** What is in a model, and where its bytes are. */
export function modelSummary(model: ModelReport, width: number): readonly Line[] {
  const [size, format, ...rest] = modelFacts(model).map(([label, text]) => [label, line(text)] as const)
  const head = [size, format].filter((fact) => fact !== undefined)
  const ports = [...portFacts('Input', model.inputs), ...portFacts('Output', model.outputs)]
  const dtypes = model.dtypes.length > 0 ? [[], ...dtypeTable(model, width)] : []
  return [...labelled([...head, ...ports, ...rest], width), ...dtypes]
}

/** Where the bytes are, by element type. */
function dtypeTable(model: ModelReport, width: number): readonly Line[] {
  const total = model.dtypes.reduce((sum, d) => sum + d.bytes, 0)
  const columns: readonly Column[] = [
    { title: 'dtype', align: 'left' },
    { title: 'tensors', align: 'right' },
    { title: 'parameters', align: 'right' },
    { title: 'bytes', align: 'right' },
    { title: 'share', align: 'right' },
    { title: '', align: 'left' },
  ]
  const rows = [...model.dtypes]
    .sort((a, b) => b.bytes - a.bytes)
    .map((d) => {
      const share = total === 0 ? 0 : d.bytes / total
      return [
        line(d.dtype),
        line(count(d.tensors)),
        line(count(d.parameters)),
        line(bytes(d.bytes)),
        line(percent(share)),
        bar(share),
      ]
    })
  return layoutTable(columns, rows, { width, indent: INDENT, titles: true })
}

function portFacts(label: string, ports: readonly PortReport[]): readonly (readonly [string, Line])[] {
  const names = ports.map((port) => line(port.name))
  const longest = Math.min(30, Math.max(0, ...names.map(lineWidth)))
  return ports.map((port, i) => {
    const name = names[i] ?? []
    const gap = ' '.repeat(Math.max(0, longest - lineWidth(name)) + 2)
    return [i === 0 ? (ports.length > 1 ? `${label}s` : label) : '', [...name, span(gap), span(port.type, 'dim')]]
  })
}
