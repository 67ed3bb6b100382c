import { bytes } from '../../format.js'
import type { ModelReport, Report } from '../../report.js'
import { html, type Markup, share } from '../markup.js'
import { figure } from '../section.js'
import type { States } from './states.js'

/** One line for each model, divided by element type; one type that has nearly all is no picture. */
export function dtypeChart({ before, after }: Report, [was, is]: States): Markup | null {
  const models = after === null ? [before] : [before, after]
  const all = [...new Set(models.flatMap((m) => m.dtypes.map((d) => d.dtype)))]
  const mixed = models.some((m) =>
    m.dtypes.some((d) => d.bytes > 0.01 * dtypeBytes(m) && d.bytes < 0.99 * dtypeBytes(m)),
  )
  if (!mixed) return null
  const most = Math.max(...models.map(dtypeBytes))
  const size = (model: ModelReport, dtype: string) => model.dtypes.find((d) => d.dtype === dtype)?.bytes ?? 0
  const order = all.sort((a, b) => size(models.at(-1) ?? before, b) - size(models.at(-1) ?? before, a))
  const items = models.map((model, i) => {
    let at = 0
    const parts = order.map((dtype, k) => {
      const width = most === 0 ? 0 : size(model, dtype) / most
      const rect = html`<rect class="part p${Math.min(k, 3)}" x="${share(at)}" width="${share(width)}" height="14"/>`
      at += width
      return rect
    })
    const text = order.filter((dtype) => size(model, dtype) > 0).map((dtype) => `${dtype} ${bytes(size(model, dtype))}`)
    const label = after === null ? 'bytes' : i === 0 ? was : is
    return html`<li><span class="bar-name">${label}</span><svg aria-hidden="true" height="14">${parts}</svg><span class="bar-text quiet">${text.join(', ')}</span></li>
`
  })
  const keys = order.map((dtype, k) => html`<span class="key part p${Math.min(k, 3)}"></span>${dtype}`)
  return figure('Bytes by element type', html`<p class="legend">${keys}</p>`, html`<ol class="bars tall">${items}</ol>`)
}

function dtypeBytes(model: ModelReport): number {
  return model.dtypes.reduce((sum, d) => sum + d.bytes, 0)
}
