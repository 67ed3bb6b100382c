import { UsageError } from '../errors.js'
import type { Form } from './form.js'
import { html } from './html/index.js'
import { json } from './json.js'
import { markdown } from './markdown/index.js'
import { terminal } from './terminal.js'

/** Every form of the report; a new one is a file beside this one and a line here. */
export const FORMS: readonly Form[] = [terminal, json, markdown, html]

/**
 * The form that a report file is written in, by the ending of its name (in any case).
 *
 * @throws UsageError for an ending that no form has
 */
export function formForFile(path: string): Form {
  const lower = path.toLowerCase()
  const form = FORMS.find((f) => lower.endsWith(f.ending))
  if (form !== undefined) return form
  throw new UsageError(`Cannot tell from "${path}" in which form to write the report.`, {
    suggestions: [`Let the name end in ${listed(FORMS.map((f) => `${f.ending} (${f.summary})`))}.`],
  })
}

function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`
}
