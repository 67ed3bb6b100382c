import { UsageError } from '../../errors.js'
import { didYouMean } from '../../nearest.js'
import { csv } from './csv.js'
import type { BenchForm } from './form.js'
import { json } from './json.js'
import { md } from './md.js'

/** Every form; a new one is a file beside this one and a line here. */
export const BENCH_FORMS: readonly BenchForm[] = [csv, json, md]

/** Where figures go, and how they are written there. */
export interface BenchExport {
  readonly form: BenchForm
  /** null is stdout. */
  readonly path: string | null
}

/**
 * @param text  the name of a form for stdout; else a file, whose ending names the form
 * @throws UsageError for an ending that no form has
 */
export function benchExport(text: string): BenchExport {
  const named = BENCH_FORMS.find(({ name }) => name === text.toLowerCase())
  if (named !== undefined) return { form: named, path: null }
  const form = BENCH_FORMS.find(({ name }) => text.toLowerCase().endsWith(`.${name}`))
  if (form !== undefined) return { form, path: text }
  const names = BENCH_FORMS.map(({ name }) => name)
  throw new UsageError(`Cannot tell from "${text}" in which form to export the figures.`, {
    suggestions:
      text.includes('.') || text.includes('/')
        ? [`Let the name end in ${names.map((name) => `.${name}`).join(', ')}.`]
        : didYouMean(text, names, 'forms for stdout'),
  })
}
