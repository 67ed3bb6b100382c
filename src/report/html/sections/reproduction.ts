import { commandLine } from '../../content/command-line.js'
import { optionTexts, usesSeed } from '../../content/options.js'
import { bytes, duration, plural } from '../../format.js'
import type { FileReport, Report, StepReport } from '../../report.js'
import { html, type Markup, name, shortened } from '../markup.js'
import { figure, type Section, section, wide } from '../section.js'
import { day } from './head.js'

/** Everything that the numbers depend on: enough to get the same again, and to know that it is the same. */
export function reproduction(report: Report): Section {
  const { tool, times, data } = report
  const facts: readonly (readonly [string, string | Markup])[] = [
    ...data.map((d) => [`Data for ${d.role}`, html`${name(d.spec, 120)}, ${plural(d.samples, 'sample')}`] as const),
    ...(usesSeed(report) ? [['Seed', String(report.seed)] as const] : []),
    [tool.name, tool.version],
    ['ONNX Runtime', tool.onnxruntime],
    ['Node.js', tool.node],
    ['Started', html`${day(times.startedAt)}, took ${duration(times.seconds)}`],
  ]
  return section(
    { id: 'reproduction', title: 'How to reproduce it', short: 'Reproduce' },
    null,
    command(report),
    recipe(report.steps),
    fileTable(report),
    html`<dl class="facts">${facts.map(([label, text]) => html`<div><dt>${label}</dt><dd>${text}</dd></div>`)}</dl>`,
  )
}

function command(report: Report): Markup | null {
  const line = commandLine(report)
  if (line === null) return null
  return html`<div class="command-line"><pre><code id="command">${line}</code></pre><button type="button" class="needs-script" hidden data-copy="command">Copy</button></div>
`
}

function recipe(steps: readonly StepReport[]): Markup | null {
  if (steps.length === 0) return null
  const items = steps.map((step) => {
    const options = optionTexts(step).map((text) => html`<li><code>${shortened(text, 200)}</code></li>`)
    return html`<li><p><strong>${step.pass}</strong> <span class="quiet">${step.changed.length} changed, ${step.skipped.length} skipped</span></p>${options.length === 0 ? null : html`<ul class="options">${options}</ul>`}</li>
`
  })
  return figure(steps.length > 1 ? 'Recipe' : 'Options', html`<ol class="steps">${items}</ol>`)
}

function fileTable({ before, after }: Report): Markup | null {
  const states = [
    ...before.files.map((file) => ({ file, state: after === null ? '' : 'before' })),
    ...(after?.files ?? []).map((file) => ({ file, state: 'after' })),
  ]
  if (states.length === 0) return null
  const rows = states.map(
    ({ file, state }) =>
      html`<tr><th scope="row">${file.name === null ? '(stream)' : name(file.name, 50)}</th>${after === null ? null : html`<td>${state}</td>`}<td class="number">${bytes(file.bytes)}</td><td>${hash(file)}</td></tr>`,
  )
  return wide(
    'Files',
    html`<table class="files"><caption class="unseen">Files and their hashes</caption><thead><tr><th scope="col">file</th>${after === null ? null : html`<th scope="col">state</th>`}<th scope="col" class="number">bytes</th><th scope="col">SHA-256</th></tr></thead><tbody>${rows}</tbody></table>`,
  )
}

function hash({ sha256 }: FileReport): Markup {
  return sha256 === null ? html`<span class="quiet">not taken</span>` : html`<code class="hash">${sha256}</code>`
}
