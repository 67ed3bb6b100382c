import { plural } from '../format.js'
import type { Report } from '../report.js'
import { commandLine } from './command-line.js'
import { optionEntries, usesSeed } from './options.js'
import { type Runs, resultOf } from './runs.js'

/** How a run was made, old and new; empty where one of them knows no such thing. */
export interface Setting {
  readonly label: string
  readonly old: string
  readonly new: string
  readonly differs: boolean
}

/** What the two runs were told and made with, in the order of the runs themselves. */
export function settings(runs: Runs): readonly Setting[] {
  const [old, later] = [entries(runs.old), entries(runs.new)]
  const labels = [...new Set([...later.keys(), ...old.keys()])]
  return labels.map((label) => {
    const [was, is] = [old.get(label) ?? '', later.get(label) ?? '']
    return { label, old: was, new: is, differs: was !== is }
  })
}

function entries(report: Report): ReadonlyMap<string, string> {
  const { steps, data, tool, before, seed } = report
  const several = steps.length > 1
  return new Map([
    ['command', commandLine(report) ?? report.command],
    ['model', before.path ?? '(stream)'],
    ['result', resultOf(report).path ?? '(no file)'],
    ...steps.flatMap((step, i) =>
      optionEntries(step).map(
        ([name, value]) => [`${several ? `${i + 1}. ` : ''}${step.pass} ${name}`, value] as const,
      ),
    ),
    ...data.map((d) => [`data for ${d.role}`, `${d.spec}, ${plural(d.samples, 'sample')}`] as const),
    ...(usesSeed(report) ? [['seed', String(seed)] as const] : []),
    [tool.name, tool.version],
    ['ONNX Runtime', tool.onnxruntime],
    ['Node.js', tool.node],
  ])
}
