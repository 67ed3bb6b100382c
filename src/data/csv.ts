import { UsageError } from '../errors.js'
import { CLASSES_OPTION, classesOption } from './classes.js'
import { classesIn, type FieldPlan, planOf, readFields } from './csv-fields.js'
import type { DataSource, Loader } from './dataset.js'
import { indexedDataset } from './indexed.js'
import { badOption, choiceOption } from './options.js'
import { range } from './rng.js'
import { openCsv } from './source/csv-table.js'
import { onlyPath } from './spec.js'

/** How many rows decide which columns are text. */
const PREVIEW = 100

/** Tables of text. One pass finds the rows (and one more class names, if they are not given); rows stay on disk. */
export const csv: Loader = {
  name: 'csv',
  summary:
    'a table (.csv, .tsv, also .gz): the columns label, labels or y are labels, a column named like an input is its field, all other numbers are one field `data`',
  options: [
    {
      key: 'label',
      value: 'COLUMN',
      summary: 'the column with the labels: numbers, or class names (numbered in sorted order)',
    },
    CLASSES_OPTION,
    {
      key: 'fields',
      value: 'NAME:COLUMNS,...',
      summary: 'which columns make which field, by name or number from 0: x:0-9,label:10 or x:age+height',
    },
    {
      key: 'header',
      value: 'yes|no',
      summary: 'whether the first row names the columns (default: unless all are numbers)',
    },
    {
      key: 'delimiter',
      value: 'CHARACTER|tab',
      summary: 'what separates cells (default: a tab for .tsv, a comma otherwise)',
    },
  ],
  accepts: (paths) => paths.length === 1 && /\.(csv|tsv)(\.gz)?$/i.test(paths[0] ?? ''),
  async open(source, { inputs }) {
    const header = choiceOption(source, 'header', ['yes', 'no'])
    const table = await openCsv(onlyPath(source, 'csv'), {
      delimiter: delimiterOf(source),
      header: header === undefined ? undefined : header === 'yes',
    })
    const preview = await table.rows(range(Math.min(PREVIEW, table.length)))
    const classes = await classesOption(source)
    const plans = planOf(source, table, preview, inputs, classes !== undefined)
    const complete: FieldPlan[] = []
    for (const plan of plans) {
      const isClass = plan.kind === 'class'
      complete.push(isClass ? { ...plan, classes: classes ?? (await classesIn(table, plan)) } : plan)
    }
    return indexedDataset({
      spec: source.spec,
      length: table.length,
      fields: Object.fromEntries(complete.map(({ name, type }) => [name, type])),
      take: (indices) => readFields(table, complete, indices),
    })
  },
}

function delimiterOf(source: DataSource): string | undefined {
  const text = source.options.delimiter
  if (text === undefined || text.length === 1) return text
  if (text === 'tab') return '\t'
  if (text === '')
    throw new UsageError(`The delimiter of "${source.spec}" is empty.`, { suggestions: ['?delimiter=tab'] })
  throw badOption(source, 'delimiter', 'is not one character', 'Write for example delimiter=; or delimiter=tab.')
}
