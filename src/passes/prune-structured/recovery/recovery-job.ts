import { collectFolds } from '../../../analysis/collect.js'
import { FileTensor } from '../../../ir/tensor.js'
import { bytesOf } from '../../../ir/walk.js'
import { openSource } from '../../../onnx/file-source.js'
import type { Layout } from '../../../rewrites/weight-matrix.js'
import { defineJob } from '../../../runtime/job.js'
import { type MatrixProduct, openMatrixProduct } from '../../../runtime/matrix-product.js'
import { openResults } from '../../hessian/results.js'
import { turn } from '../../unhurried.js'
import { type Errors, fitted, type Moments } from './fit.js'
import { decoded, encoded } from './floats.js'
import type { FitTask, NormTask, RecoveryInput, RecoveryOutput, ShiftTask, TaskResult } from './recovery.js'

/** Reading the data takes about so much of a stage. */
const COLLECTING = 0.8
const PROGRESS_MS = 100
const FOLDS = 2

type Sums = ReadonlyMap<string, Float64Array>

/** Gathers statistics of some layers over the data, and fits their weights and biases. */
export default defineJob<RecoveryInput, { readonly done: number }, RecoveryOutput>(async (input, emit, signal) => {
  let saidAt = 0
  const say = (done: number) => {
    if (Date.now() - saidAt < PROGRESS_MS) return
    saidAt = Date.now()
    emit({ done })
  }
  const { folds, samples } = await collectFolds(
    input,
    FOLDS,
    (seen, total) => say(total === null ? 0 : (COLLECTING * seen) / total),
    signal,
  )
  const product = await openMatrixProduct(input.threads ? { threads: input.threads } : {})
  const file = openResults(input.results)
  try {
    const results: TaskResult[] = []
    for (const task of input.tasks) {
      await turn()
      signal.throwIfAborted()
      if (task.kind === 'shift') results.push(shifted(task, folds))
      else if (task.kind === 'norm') results.push(drifted(task, folds))
      else {
        const { bytes, result } = await fittedAnew(task, input.dampings, folds, product)
        file.append(bytes)
        results.push(result)
      }
      say(COLLECTING + ((1 - COLLECTING) * results.length) / input.tasks.length)
    }
    return { samples, results }
  } finally {
    file.close()
    await product.release()
  }
})

/** d = t - y: the best constant to add is its mean. */
function shifted({ outputs }: ShiftTask, folds: readonly Sums[]): TaskResult {
  const n = count(folds, outputs.n)
  const d = total(folds, outputs.d)
  const square = (sums: Float64Array) => sums.reduce((sum, v) => sum + (v * v) / n, 0)
  const whole = (sums: Float64Array) => sums.reduce((sum, v) => sum + v, 0)
  const before = whole(total(folds, outputs.dd))
  const variance = whole(total(folds, outputs.tt)) - square(total(folds, outputs.t))
  return resultOf([d.map((v) => v / n)], { before, after: before - square(d), total: variance })
}

function drifted({ outputs: { n, now, past } }: NormTask, folds: readonly Sums[]): TaskResult {
  const rows = count(folds, n)
  const moments = ({ x, xx }: typeof now) => {
    const mean = total(folds, x).map((sum) => sum / rows)
    const variance = total(folds, xx).map((sum, c) => Math.max(0, sum / rows - (mean[c] as number) ** 2)) // of one length
    return { mean, variance }
  }
  const [after, before] = [moments(now), moments(past)]
  const ratio = after.variance.map((v, c) => {
    const was = before.variance[c] as number
    return v > 0 && was > 0 ? v / was : 1
  })
  return { deltas: null, drift: { now: after.mean, past: before.mean, ratio }, errorBefore: null, errorAfter: null }
}

/** The sum over all folds. */
function total(folds: readonly Sums[], name: string): Float64Array {
  const sums = folds.flatMap((fold) => fold.get(name) ?? [])
  const [first, ...others] = sums
  if (first === undefined) throw new Error(`There is no output "${name}".`)
  return first.map((v, i) => others.reduce((sum, other) => sum + (other[i] as number), v)) // of one length
}

function count(folds: readonly Sums[], name: string): number {
  return total(folds, name)[0] ?? 0
}

/** @returns the bytes of the weight, changed or not */
async function fittedAnew(task: FitTask, dampings: readonly number[], folds: readonly Sums[], product: MatrixProduct) {
  const { layout, dtype, factor, uses } = task
  const { groups, rows, columns } = layout
  const bytes = read(task)
  const stored = decoded(bytes, dtype)
  const deltas = uses.map(() => new Float64Array(groups * rows))
  const errors = { before: 0, after: 0, total: 0 }
  for (let group = 0; group < groups; group++) {
    const places = placesOf(layout, group)
    const weights = Float64Array.from(places, (place) => stored[place] as number) // inside
    const biases = uses.map(({ bias }) => bias.subarray(group * rows, (group + 1) * rows))
    const moments = folds.map((sums) => uses.map((use) => momentsOf(use, group, layout, sums)))
    const found = await fitted({ rows, columns, factor, weights, biases }, moments, dampings, product)
    for (const [i, place] of places.entries()) stored[place] = found.weights[i] as number // one for each
    for (const [use, delta] of found.deltas.entries()) deltas[use]?.set(delta, group * rows)
    errors.before += found.errors.before
    errors.after += found.errors.after
    errors.total += found.errors.total
  }
  const rounded = encoded(stored, dtype)
  if (rounded === null) return { bytes, result: { deltas: null, drift: null, errorBefore: null, errorAfter: null } }
  return { bytes: bytesOf(rounded), result: resultOf(deltas, errors) }
}

function momentsOf(
  { outputs }: FitTask['uses'][number],
  group: number,
  { rows, columns }: Layout,
  sums: Sums,
): Moments {
  const part = (name: string, length: number) =>
    (sums.get(name) ?? new Float64Array((group + 1) * length)).subarray(group * length, (group + 1) * length)
  return {
    n: sums.get(outputs.n)?.[0] ?? 0,
    x: part(outputs.x, columns),
    t: part(outputs.t, rows),
    tt: part(outputs.tt, rows),
    xx: part(outputs.xx, columns * columns),
    tx: part(outputs.tx, rows * columns),
  }
}

function resultOf(deltas: readonly Float64Array[], { before, after, total }: Errors): TaskResult {
  if (!(total > 0)) return { deltas, drift: null, errorBefore: null, errorAfter: null }
  return { deltas, drift: null, errorBefore: Math.max(0, before) / total, errorAfter: Math.max(0, after) / total }
}

/** Where the elements of a group [rows, columns] are stored. */
function placesOf({ rows, columns, rowOffsets, columnOffsets }: Layout, group: number): Int32Array {
  const places = new Int32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const start = rowOffsets[group * rows + row] as number // inside the arrays, as is the next
    for (let c = 0; c < columns; c++) places[row * columns + c] = start + (columnOffsets[c] as number)
  }
  return places
}

function read({ range: { path, offset, length }, shape, dtype }: FitTask): Uint8Array {
  const source = openSource(path)
  try {
    return new FileTensor(dtype, shape, { source, offset, length }).read()
  } finally {
    source.close()
  }
}
