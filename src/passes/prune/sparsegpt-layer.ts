import { UnsupportedModelError } from '../../errors.js'
import type { Layout } from '../../rewrites/weight-matrix.js'
import { type Factor, factorOf, type Hessians } from '../hessian/factor.js'
import type { CalibratedLayer, LayerTask, Method } from './calibrate.js'
import type { AxisMember } from './masks.js'
import { numbersOf, numberWriter } from './numbers.js'
import { type Choice, chooseByLayer, chooseByRow, chooseNM, type Pruned, sparsegpt } from './sparsegpt.js'

/**
 * Prunes one weight by SparseGPT.
 *
 * Weights that are zero stay zero and count. Weights whose inputs were always zero go first: H says nothing of them,
 * and the outputs do not need them; but never more than k of them go.
 *
 * @returns the bytes of the new tensor, and what became of it
 */
export async function prunedByHessian(
  member: AxisMember,
  task: LayerTask,
  method: Method,
  hessians: Hessians,
  onProgress: (done: number) => void,
): Promise<CalibratedLayer & { readonly bytes: Uint8Array }> {
  const { layout } = task
  const { groups, rows, columns } = layout
  const bytes = member.tensor.read()
  const order = columnOrder(layout, method)
  const matrix = new Numbers(numbersOf(bytes, member.dtype, member.name), layout, order)
  const dead = deadColumns(task, hessians.sums, order)
  const zerosBefore = count(matrix.gone)
  const choices = choose(matrix, dead, layout, method, task.sparsity)
  const ragged = method.pattern === null ? 0 : groups * rows * (columns - choices.covered)
  if (choices.more === 0) return { bytes, zerosBefore, zerosAfter: zerosBefore, ragged, damping: null }
  let damping = 0
  for (let group = 0; group < groups; group++) {
    const factor = await invertible(task, group, order, method, hessians)
    damping = Math.max(damping, factor.damping)
    const part = { ...matrix.group(group), factor: factor.u }
    await sparsegpt(part, choices.of(part, group), {
      blockSize: method.blockSize,
      product: hessians.product,
      onBlock: (done) => onProgress((group + done) / groups),
    })
  }
  const zerosAfter = matrix.store(numberWriter(bytes, member.dtype, member.name))
  return { bytes, zerosBefore, zerosAfter, ragged, damping }
}

/** Patterns lie along the input channels, one place of the kernel after the other; else the order does not matter. */
function columnOrder({ columns, places }: Layout, { pattern }: Method): Int32Array {
  const channels = columns / places
  return Int32Array.from({ length: columns }, (_, i) =>
    pattern === null ? i : (i % channels) * places + Math.floor(i / channels),
  )
}

/** All matrices of a weight, [groups, rows, columns] in the order of the columns. */
class Numbers {
  readonly gone: Uint8Array
  readonly #layout: Layout
  readonly #order: Int32Array
  readonly #stored: Float64Array
  readonly #weights: Float64Array

  constructor(stored: Float64Array, layout: Layout, order: Int32Array) {
    this.#layout = layout
    this.#order = order
    this.#stored = stored
    this.#weights = new Float64Array(stored.length)
    this.gone = new Uint8Array(stored.length)
    this.#each((at, place) => {
      const w = stored[place] as number // inside the arrays
      this.#weights[at] = w
      this.gone[at] = w === 0 ? 1 : 0
    })
  }

  group(index: number): Omit<Pruned, 'factor'> {
    const { rows, columns } = this.#layout
    const [from, to] = [index * rows * columns, (index + 1) * rows * columns]
    return { rows, columns, weights: this.#weights.subarray(from, to), gone: this.gone.subarray(from, to) }
  }

  /** Puts what has changed back to its place. @returns how many weights are zero */
  store(write: (place: number, value: number) => void): number {
    let zeros = 0
    this.#each((at, place) => {
      const w = this.gone[at] === 1 ? 0 : (this.#weights[at] as number) // inside the arrays, as is the next
      if (w === 0) zeros++
      if (w !== this.#stored[place]) write(place, w)
    })
    return zeros
  }

  #each(visit: (at: number, place: number) => void): void {
    const { rowOffsets, columnOffsets } = this.#layout
    let at = 0
    for (let row = 0; row < rowOffsets.length; row++) {
      const start = rowOffsets[row] as number // inside the arrays, as are the next
      for (const column of this.#order) visit(at++, start + (columnOffsets[column] as number))
    }
  }
}

function count(marks: Uint8Array): number {
  let n = 0
  for (const mark of marks) n += mark
  return n
}

/** For each column of each group whether its input was always zero [groups, columns]. */
function deadColumns({ outputs, layout }: LayerTask, sums: Hessians['sums'], order: Int32Array): Uint8Array {
  const { groups, columns } = layout
  const dead = new Uint8Array(groups * columns).fill(1)
  for (const name of outputs) {
    const gram = sums.get(name) ?? new Float64Array(0)
    for (let group = 0; group < groups; group++) {
      for (const [c, from] of order.entries()) {
        if (gram[(group * columns + from) * columns + from] !== 0) dead[group * columns + c] = 0
      }
    }
  }
  return dead
}

interface Choices {
  /** How many weights go that are not zero. */
  readonly more: number
  /** Columns of a row that take part. */
  readonly covered: number
  of(matrix: Omit<Pruned, 'factor'>, group: number): Choice
}

function choose(matrix: Numbers, dead: Uint8Array, layout: Layout, method: Method, sparsity: number): Choices {
  const { groups, rows, columns } = layout
  const { pattern, scope } = method
  const n = groups * rows * columns
  if (pattern !== null) {
    const sets = setsOf(layout, pattern.m)
    const covered = sets.length * pattern.m
    const deadOf = (group: number) => dead.subarray(group * columns, (group + 1) * columns)
    return { more: n, covered, of: (_, group) => chooseNM(sets, pattern.n, deadOf(group)) }
  }
  if (scope === 'row') {
    const k = Math.round(sparsity * columns)
    for (let row = 0; row < groups * rows; row++) {
      markDead(matrix.gone, dead, row * columns, (row + 1) * columns, k, layout)
    }
    return { more: n, covered: columns, of: (part) => chooseByRow(part, sparsity) }
  }
  const k = Math.round(sparsity * n)
  const before = count(matrix.gone)
  markDead(matrix.gone, dead, 0, n, k, layout)
  const marked = count(matrix.gone)
  const choice = chooseByLayer(n - marked, Math.max(0, k - marked))
  return { more: Math.max(0, k - before), covered: columns, of: () => choice }
}

/** Every m input channels at one place of the kernel; what is left at the end belongs to none. */
function setsOf({ columns, places }: Layout, m: number): [number, number][] {
  const channels = columns / places
  const sets: [number, number][] = []
  for (let place = 0; place < places; place++) {
    for (let first = 0; first + m <= channels; first += m) {
      sets.push([place * channels + first, place * channels + first + m])
    }
  }
  return sets
}

/** Marks weights of dead columns between two positions, in order, until k are marked there. */
function markDead(
  gone: Uint8Array,
  dead: Uint8Array,
  from: number,
  to: number,
  k: number,
  { rows, columns }: Layout,
): void {
  let left = k - count(gone.subarray(from, to))
  for (let at = from; at < to && left > 0; at++) {
    const group = Math.floor(at / (rows * columns))
    if (gone[at] === 1 || dead[group * columns + (at % columns)] === 0) continue
    gone[at] = 1
    left--
  }
}

async function invertible(
  task: LayerTask,
  group: number,
  order: Int32Array,
  { pattern, damping }: Method,
  hessians: Hessians,
): Promise<Factor> {
  const factor = await factorOf(task, group, { columns: order, key: `${pattern === null}` }, damping, hessians)
  if (factor !== null) return factor
  throw new UnsupportedModelError(`The inputs of weight "${task.name}" give no Hessian that can be inverted.`, {
    suggestions: [`Leave it out (--exclude "${task.name}"), or choose --criterion wanda, which inverts nothing.`],
  })
}
