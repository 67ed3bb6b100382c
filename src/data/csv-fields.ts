import { DataError, UsageError } from '../errors.js'
import { didYouMean } from '../nearest.js'
import { sortedNames, unknownClass } from './classes.js'
import type { DataSource, FieldType, NdArray, Port } from './dataset.js'
import { fieldsOption } from './options.js'
import { isLabelName } from './port.js'
import { range } from './rng.js'
import { type CsvTable, parseCell } from './source/csv-table.js'

/** How the columns of a table make one field. */
export interface FieldPlan {
  readonly name: string
  readonly columns: readonly number[]
  /** Numbers, strings as they are, or class names that become numbers. */
  readonly kind: 'number' | 'text' | 'class'
  readonly type: FieldType
  /** For kind `class`: the names, each at its number. */
  readonly classes: readonly string[]
}

/**
 * Decides which columns make which field: as the options say, otherwise by the columns' names and contents.
 *
 * @param preview       the first rows: a column is text when one of their cells is
 * @param classesGiven  labels are class names then, even if they look like numbers
 * @throws UsageError for a column that does not exist
 */
export function planOf(
  source: DataSource,
  table: CsvTable,
  preview: readonly (readonly string[])[],
  inputs: readonly Port[],
  classesGiven: boolean,
): FieldPlan[] {
  const isText = table.header.map((_, c) => preview.some((row) => parseCell(row[c] ?? '') === null))
  const plan = (name: string, columns: readonly number[], single: boolean): FieldPlan => {
    const text = columns.some((c) => isText[c])
    const isClass = single && isLabelName(name) && (text || classesGiven)
    const kind = isClass ? 'class' : text ? 'text' : 'number'
    const dtype = ({ class: 'int32', text: 'string', number: 'float64' } as const)[kind]
    return { name, columns, kind, type: { dtype, shape: single ? [] : [columns.length] }, classes: [] }
  }
  const label = source.options.label === undefined ? null : columnNamed(source.options.label, table, 'label', source)
  const chosen = fieldsOption(source)
  if (chosen !== undefined) {
    const plans = chosen.map(({ name, from }) => plan(name, ...columnsNamed(from, table, source)))
    if (label === null) return plans
    if (plans.some(({ name }) => name === 'label')) {
      throw new UsageError(`"${source.spec}" says twice what the label is: in label= and in fields=.`, {
        suggestions: ['Leave label= out.'],
      })
    }
    return [...plans, plan('label', [label], true)]
  }
  return defaultPlan(table, isText, label, inputs, plan)
}

/** Reads rows and makes their fields. @throws DataError with the line for a cell that does not suit */
export async function readFields(
  table: CsvTable,
  plans: readonly FieldPlan[],
  indices: Uint32Array,
): Promise<Record<string, NdArray>> {
  const rows = await table.rows(indices)
  const fields: Record<string, NdArray> = {}
  for (const plan of plans) {
    const shape = [rows.length, ...plan.type.shape.map((d) => d ?? 0)] // a plan leaves no dimension open
    const cells = rows.flatMap((row) => plan.columns.map((c) => row[c] ?? ''))
    if (plan.kind === 'text') fields[plan.name] = { dtype: 'string', shape, data: cells }
    else fields[plan.name] = { dtype: plan.type.dtype, shape, data: await numbersOf(cells, plan, table, indices) }
  }
  return fields
}

/** All values of a column, sorted: its classes. Goes through the table once. */
export async function classesIn(table: CsvTable, plan: FieldPlan): Promise<string[]> {
  const names = new Set<string>()
  const all = range(table.length)
  for (let start = 0; start < all.length; start += 1024) {
    const rows = await table.rows(all.slice(start, start + 1024))
    for (const row of rows) for (const c of plan.columns) names.add((row[c] ?? '').trim())
  }
  names.delete('') // told with its line when the row is read
  return sortedNames(names)
}

async function numbersOf(
  cells: readonly string[],
  plan: FieldPlan,
  table: CsvTable,
  indices: Uint32Array,
): Promise<Float64Array | Int32Array> {
  const isClass = plan.kind === 'class'
  const needed = isClass || isLabelName(plan.name)
  const numbers = new Map(plan.classes.map((name, i) => [name, i]))
  const out = isClass ? new Int32Array(cells.length) : new Float64Array(cells.length)
  for (const [i, cell] of cells.entries()) {
    const text = cell.trim()
    const value = isClass ? numbers.get(text) : parseCell(text)
    if (value !== undefined && value !== null && !(needed && text === '')) {
      out[i] = value
      continue
    }
    const row = indices[Math.floor(i / plan.columns.length)] ?? 0
    const column = table.header[plan.columns[i % plan.columns.length] ?? 0]
    const where = `${table.name}, line ${await table.lineOf(row)}, column "${column}"`
    if (needed && text === '') {
      throw new DataError(`${where}: there is no label.`, {
        suggestions: ['Leave the row out of the data, or label it.'],
      })
    }
    if (isClass) throw unknownClass(text, plan.classes, where)
    throw new DataError(`${where}: "${text}" is no number, but the rows before have numbers.`, {
      suggestions: ['Mend the cell (empty means NaN), or choose the columns with ?fields=NAME:COLUMNS.'],
    })
  }
  return out
}

function defaultPlan(
  table: CsvTable,
  isText: readonly boolean[],
  label: number | null,
  inputs: readonly Port[],
  plan: (name: string, columns: readonly number[], single: boolean) => FieldPlan,
): FieldPlan[] {
  const plans: FieldPlan[] = []
  const together: number[] = []
  for (const [c, name] of table.header.entries()) {
    const port = inputs.find((p) => p.name === name)
    if (c === label) plans.push(plan('label', [c], true))
    else if (port?.dtype === 'string')
      plans.push({ ...plan(name, [c], true), kind: 'text', type: { dtype: 'string', shape: [] } })
    else if (port !== undefined || (label === null && isLabelName(name)) || isText[c]) plans.push(plan(name, [c], true))
    else together.push(c)
  }
  if (together.length === 0) return plans
  const taken = plans.some(({ name }) => name === 'data')
  return [plan(taken ? 'data_2' : 'data', together, false), ...plans]
}

function columnsNamed(text: string, table: CsvTable, source: DataSource): [columns: number[], single: boolean] {
  if (table.header.includes(text)) return [[table.header.indexOf(text)], true]
  const columns = text.split('+').flatMap((part) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(part) ?? []
    if (first === undefined || last === undefined || table.header.includes(part)) {
      return [columnNamed(part, table, 'fields', source)]
    }
    const [from, to] = [columnNamed(first, table, 'fields', source), columnNamed(last, table, 'fields', source)]
    if (from > to) {
      throw new UsageError(`The columns ${part} in "${source.spec}" run backwards.`, {
        suggestions: [`Write ${to}-${from}.`],
      })
    }
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  return [columns, /^\d+$/.test(text)]
}

/** By its name, else by its number from 0. */
function columnNamed(text: string, table: CsvTable, option: string, source: DataSource): number {
  const byName = table.header.indexOf(text)
  if (byName >= 0) return byName
  const number = /^\d+$/.test(text) ? Number(text) : -1
  if (number >= 0 && number < table.header.length) return number
  const columns = table.header.length <= 20 ? table.header : [...table.header.slice(0, 20), '...']
  throw new UsageError(`${table.name} has no column "${text}" (${option}= in "${source.spec}").`, {
    suggestions: [...didYouMean(text, columns, 'columns'), `By number: 0 to ${table.header.length - 1}.`],
  })
}
