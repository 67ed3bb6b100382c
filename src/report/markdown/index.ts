import { isOfBench } from '../content/bench.js'
import { commandLine } from '../content/command-line.js'
import { type ComparisonRow, modelRows } from '../content/comparison.js'
import { modelFacts } from '../content/facts.js'
import { type Group, otherChanges, skippedGroups } from '../content/groups.js'
import { metricAgainst, metricChange } from '../content/metric-rows.js'
import { usesSeed } from '../content/options.js'
import type { Runs } from '../content/runs.js'
import type { Form } from '../form.js'
import { bytes, count, duration, metricTexts, NONE, plural, printable } from '../format.js'
import type { ModelReport, PortReport, Report } from '../report.js'
import { benchSection } from './bench.js'
import { differenceSections } from './differences.js'
import { layers } from './layers.js'
import { packingSections } from './packing.js'
import { runsMarkdown } from './runs.js'
import { groupSections, structuredSections } from './structured.js'
import { code, codeBlock, escaped, foldedBeyond, type MarkdownColumn, named, OPEN_ROWS, table } from './syntax.js'
import { whySections } from './why.js'

type Lines = readonly string[]

/** For pull requests, job summaries and wikis: everything that the terminal shows, with every layer. */
export const markdown = {
  name: 'markdown',
  ending: '.md',
  summary: 'GitHub Markdown, for pull requests and wikis',
  render(report: Report): string {
    const parts: readonly Lines[] = [
      headline(report),
      ...(report.command === 'compare' || isOfBench(report) ? [] : subject(report)),
      ...(report.comparison === null ? [] : differenceSections(report.comparison)),
      ...(report.command === 'compare' ? subject(report) : []),
      ...structuredSections(report),
      ...groupSections(report),
      ...packingSections(report),
      ...(isOfBench(report) ? [] : [dtypes(report), ...whySections(report), layers(report)]),
      report.bench === null ? [] : benchSection(report.bench),
      groups('Changed', 'change', otherChanges(report)),
      groups('Skipped', 'why', skippedGroups(report)),
      verification(report),
      reproduction(report),
    ]
    return `${parts
      .filter((part) => part.length > 0)
      .map((part) => part.join('\n'))
      .join('\n\n')}\n`
  },
  renderRuns(runs: Runs): string {
    return runsMarkdown(runs)
  },
} satisfies Form

/** What the command was about: two models, or one. Of a comparison of models their differences come before it. */
function subject(report: Report): readonly Lines[] {
  if (report.after === null) return [metrics(report), modelSection(report)]
  const heading = report.command === 'compare' ? ['### Models', ''] : []
  return [[...heading, ...comparison(report.before, report.after)], metrics(report)]
}

function headline(report: Report): Lines {
  const name = (path: string | null, otherwise: string) => (path === null ? otherwise : code(path))
  const between = isOfBench(report) ? 'vs' : '→'
  const after = report.after === null ? '' : ` ${between} ${name(report.after.path, '(no file)')}`
  const [first, ...more] = report.headlines.map(escaped)
  return [
    `## ${escaped(report.command)}: ${name(report.before.path, '(stream)')}${after}`,
    ...(first === undefined ? [] : ['', `**${first}**`]),
    ...(more.length > 0 ? ['', ...more.map((text) => `- ${text}`)] : []),
  ]
}

function comparison(before: ModelReport, after: ModelReport): Lines {
  const columns: readonly MarkdownColumn[] = [
    { title: '', align: 'left' },
    { title: 'before', align: 'right' },
    { title: 'after', align: 'right' },
    { title: 'change', align: 'left' },
    { title: '', align: 'left' },
  ]
  const cells = ({ label, before: from, after: to, change, note }: ComparisonRow) =>
    [label, from ?? '', to, change ?? '', note ?? ''].map(escaped)
  return table(columns, modelRows(before, after).map(cells))
}

/** Under the metrics of a model it needs a heading, alone it is what the report is about. */
function modelSection({ before: model, metrics }: Report): Lines {
  const ports = (label: string, list: readonly PortReport[]) =>
    list.map((port, i) => [i === 0 ? label : '', `${code(port.name)} ${escaped(port.type)}`])
  const [size, format, ...rest] = modelFacts(model).map((fact) => fact.map(escaped))
  const rows = [size ?? [], format ?? [], ...ports('Inputs', model.inputs), ...ports('Outputs', model.outputs), ...rest]
  const column = { title: '', align: 'left' } as const
  return [...(metrics.length > 0 ? ['### Model', ''] : []), ...table([column, column], rows)]
}

function metrics(report: Report): Lines {
  if (report.metrics.length === 0) return []
  const single = report.after === null
  const columns: readonly MarkdownColumn[] = [
    { title: 'metric', align: 'left' },
    { title: 'output', align: 'left' },
    { title: 'before', align: 'right' },
    { title: single ? 'value' : 'after', align: 'right' },
    { title: 'change', align: 'left' },
    { title: 'samples', align: 'right' },
    { title: 'against', align: 'left' },
  ]
  const rows = report.metrics.map((metric) => {
    const { before, after } = metricTexts(metric)
    const against = metricAgainst(metric, report)
    return [
      escaped(metric.name),
      code(metric.output),
      single || metric.before === null ? '' : before,
      single && after === NONE ? before : after,
      metricChange(metric) ?? '',
      count(metric.samples),
      against === metric.against && against !== 'labels' ? code(against) : against,
    ]
  })
  return ['### Metrics', '', ...table(columns, rows)]
}

/** Where the bytes are; of two models the later one counts. */
function dtypes(report: Report): Lines {
  const model = report.after ?? report.before
  if (report.after !== null && model.dtypes.length < 2) return []
  if (model.dtypes.length === 0) return []
  const columns: readonly MarkdownColumn[] = [
    { title: 'dtype', align: 'left' },
    { title: 'tensors', align: 'right' },
    { title: 'parameters', align: 'right' },
    { title: 'bytes', align: 'right' },
  ]
  const rows = [...model.dtypes]
    .sort((a, b) => b.bytes - a.bytes)
    .map((d) => [d.dtype, count(d.tensors), count(d.parameters), bytes(d.bytes)])
  return ['### Element types', '', ...table(columns, rows)]
}

/** What was said of which targets; unlike the terminal, of all of them. */
function groups(heading: string, title: string, all: readonly Group[]): Lines {
  if (all.length === 0) return []
  const n = all.reduce((sum, group) => sum + group.targets.length, 0)
  const columns: readonly MarkdownColumn[] = [
    { title, align: 'left' },
    { title: 'n', align: 'right' },
    { title: 'what', align: 'left' },
  ]
  const rows = all.map(({ text, targets }) => [escaped(text), count(targets.length), targets.map(named).join(', ')])
  return [`### ${heading}`, '', ...foldedBeyond(OPEN_ROWS, n, `${count(n)} in all`, table(columns, rows))]
}

function verification({ verification: v }: Report): Lines {
  if (v === null) return []
  return ['### Verification', '', `${v.level === 'run' ? '✓' : '⚠'} ${escaped(v.detail)}`]
}

/** Everything that the numbers depend on. */
function reproduction(report: Report): Lines {
  const command = commandLine(report)
  const { tool, data, times } = report
  const steps = report.steps.map((step) => `${step.pass} ${JSON.stringify(step.options)}`)
  return [
    '### How to reproduce',
    '',
    ...(command !== null ? [...codeBlock(printable(command), 'sh'), ''] : []),
    ...(steps.length > 0
      ? [`- ${steps.length > 1 ? 'Steps' : 'All options'}:`, ...steps.map((s) => `  - ${code(s)}`)]
      : []),
    ...data.map((d) => `- Data for ${d.role}: ${code(d.spec)}, ${plural(d.samples, 'sample')}`),
    ...(data.length > 0 && report.argv.length === 0
      ? ['- Not recorded: how the data was read (`--limit`, `--bind`, `--label`)']
      : []),
    ...(usesSeed(report) ? [`- Seed ${report.seed}`] : []),
    `- ${tool.name} ${escaped(tool.version)}, ONNX Runtime ${escaped(tool.onnxruntime)}, Node.js ${escaped(tool.node)}`,
    `- Started ${times.startedAt}, took ${duration(times.seconds)}`,
  ]
}
