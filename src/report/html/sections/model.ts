import { modelFacts } from '../../content/facts.js'
import type { PortReport, Report } from '../../report.js'
import { html, type Markup, name } from '../markup.js'
import { figure, type Section, section } from '../section.js'

const MOST_PORTS = 24
/** The others stand on the cards. */
const SHOWN: ReadonlySet<string> = new Set(['Format', 'Nodes', 'Packed'])

/** What kind of model it is: its format and its interface. */
export function modelFactsSection({ before, after }: Report): Section | null {
  const model = after ?? before
  const facts = modelFacts(model).filter(([label]) => SHOWN.has(label))
  return section(
    { id: 'model', title: 'Model' },
    null,
    html`<dl class="facts">${facts.map(([label, text]) => html`<div><dt>${label}</dt><dd>${text}</dd></div>`)}</dl>`,
    html`<div class="pair">${ports('Inputs', model.inputs)}${ports('Outputs', model.outputs)}</div>`,
  )
}

function ports(title: string, list: readonly PortReport[]): Markup | null {
  if (list.length === 0) return null
  const more = list.length > MOST_PORTS ? html`<li class="quiet">and ${list.length - MOST_PORTS} more</li>` : null
  const items = list
    .slice(0, MOST_PORTS)
    .map((port) => html`<li>${name(port.name, 40)} <span class="quiet">${port.type.slice(0, 200)}</span></li>`)
  return figure(title, html`<ul class="ports">${items}${more}</ul>`)
}
