import { bytes, plural } from '../../format.js'
import type { FindingReport, Report, WhyReport } from '../../report.js'
import { icicle } from '../charts/icicle.js'
import { html, type Markup, name, shortened } from '../markup.js'
import { figure, type Section, section } from '../section.js'

const TITLES: Readonly<Record<WhyReport['trees'][number]['by'], string>> = {
  op: 'by op',
  dtype: 'by element type',
  layer: 'by layer',
  name: 'by name',
}
const MOST_TARGETS = 12
/** Names in a finding may be of any length. */
const LONGEST = 600

/** Where the bytes are, as one drills into a bundle; and what takes room for nothing. */
export function anatomy({ why }: Report): Section | null {
  if (why === null) return null
  const trees = why.trees.filter(({ root }) => root.bytes > 0)
  if (trees.length === 0 && why.findings.length === 0) return null
  const saved = why.findings.reduce((sum, finding) => sum + finding.bytes, 0)
  const lead =
    why.findings.length === 0 ? null : `${plural(why.findings.length, 'finding')}; ${bytes(saved)} could be saved.`
  return section(
    { id: 'anatomy', title: 'Where the bytes are', short: 'Anatomy' },
    lead,
    treeFigure(trees),
    findingList(why.findings),
  )
}

/** One tree at a time, chosen by radio buttons: they need no script, and the keyboard knows them. */
function treeFigure(trees: WhyReport['trees']): Markup | null {
  if (trees.length === 0) return null
  const choices = trees.map(
    ({ by }, i) =>
      html`<input type="radio" name="tree" id="tree-${i}" class="choice c${i}"${i === 0 ? html` checked` : null}><label for="tree-${i}">${TITLES[by]}</label>`,
  )
  const charts = trees.map(
    ({ by, root }, i) =>
      html`<div class="choosable c${i}"><p class="caption on-paper">${TITLES[by]}</p>${icicle(`icicle-${i}`, `Bytes ${TITLES[by]}`, root)}</div>`,
  )
  return figure(
    'The whole model, part by part',
    html`<div class="choices" role="group" aria-label="How to divide the model">${choices}${charts}</div>
<p class="caption needs-script" hidden>Choose a part to look into it; the top row leads back. Arrow keys move, Enter chooses.</p>`,
  )
}

function findingList(findings: readonly FindingReport[]): Markup | null {
  if (findings.length === 0) return null
  return figure(
    'What could go',
    html`<ul class="findings">${findings.map(
      ({ what, bytes: n, remedy, targets }) =>
        html`<li><p><strong>${shortened(what, LONGEST)}</strong>${n === 0 ? null : html` <span class="chip neutral">${bytes(n)}</span>`}</p><p class="remedy">${shortened(remedy, LONGEST)}</p>${targetList(targets)}</li>
`,
    )}</ul>`,
  )
}

export function targetList(targets: readonly string[]): Markup {
  const shown = targets.slice(0, MOST_TARGETS)
  const rest = targets.slice(MOST_TARGETS)
  const list = (some: readonly string[]) => some.map((target, i) => html`${i === 0 ? '' : ', '}${name(target)}`)
  if (rest.length === 0) return html`<p class="targets">${list(shown)}</p>`
  return html`<p class="targets">${list(shown)}</p><details><summary>${rest.length} more</summary><p class="targets">${list(rest)}</p></details>`
}
