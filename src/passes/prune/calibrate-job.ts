import { collect } from '../../analysis/collect.js'
import { FileTensor } from '../../ir/tensor.js'
import { openSource } from '../../onnx/file-source.js'
import { defineJob } from '../../runtime/job.js'
import { openMatrixProduct } from '../../runtime/matrix-product.js'
import type { Hessians } from '../hessian/factor.js'
import { openResults } from '../hessian/results.js'
import { turn } from '../unhurried.js'
import type { CalibratedLayer, CalibrateInput, CalibrateOutput, CalibrateProgress, LayerTask } from './calibrate.js'
import { maskLayer, maskNM, maskRows } from './masks.js'
import { prunedByHessian } from './sparsegpt-layer.js'
import { wandaScores } from './wanda.js'

/** Reading the data takes about so much of a stage. */
const COLLECTING = 0.7
const PROGRESS_MS = 100

/** Gathers statistics of the inputs of some weights over the data, and prunes the weights by them. */
export default defineJob<CalibrateInput, CalibrateProgress, CalibrateOutput>(async (input, emit, signal) => {
  let saidAt = 0
  const say = (done: number) => {
    if (Date.now() - saidAt < PROGRESS_MS) return
    saidAt = Date.now()
    emit({ done })
  }
  const { sums, samples } = await collect(
    input,
    (seen, total) => say(total === null ? 0 : (COLLECTING * seen) / total),
    signal,
  )
  const product = await openMatrixProduct(input.threads ? { threads: input.threads } : {})
  const results = openResults(input.results)
  try {
    const layers: CalibratedLayer[] = []
    const hessians: Hessians = { sums, product, last: null }
    for (const task of input.layers) {
      await turn()
      signal.throwIfAborted()
      const within = (done: number) =>
        say(COLLECTING + ((1 - COLLECTING) * (layers.length + done)) / input.layers.length)
      layers.push(await pruneLayer(task, input, hessians, results.append, within))
    }
    return { samples, layers }
  } finally {
    results.close()
    await product.release()
  }
})

async function pruneLayer(
  task: LayerTask,
  input: CalibrateInput,
  hessians: Hessians,
  append: (bytes: Uint8Array) => void,
  onProgress: (done: number) => void,
): Promise<CalibratedLayer> {
  const source = openSource(task.range.path)
  try {
    const { offset, length } = task.range
    const tensor = new FileTensor(task.dtype, task.shape, { source, offset, length })
    if (input.criterion === 'sparsegpt') {
      const { bytes, ...layer } = await prunedByHessian({ ...task, tensor }, task, input, hessians, onProgress)
      append(bytes)
      return layer
    }
    const squares = summed(task, hessians.sums)
    const { mask, zerosBefore, zerosAfter, ragged } = byScores(task, tensor, input, squares)
    for (const chunk of mask.apply(tensor, task.dtype).chunks()) append(chunk)
    return { zerosBefore, zerosAfter, ragged, damping: null }
  } finally {
    source.close()
  }
}

function byScores(task: LayerTask, tensor: FileTensor, { pattern, scope }: CalibrateInput, squares: Float64Array) {
  const member = { ...task, tensor }
  const scores = wandaScores(member, task.layout, squares)
  if (pattern !== null) return maskNM(member, pattern.n, pattern.m, scores)
  const planned = scope === 'row' ? maskRows(member, task.sparsity, scores) : maskLayer(member, task.sparsity, scores)
  return { ...planned, ragged: 0 }
}

/** A weight that is used twice meets the inputs of both uses. */
function summed({ outputs }: LayerTask, sums: ReadonlyMap<string, Float64Array>): Float64Array {
  const all = outputs.map((name) => sums.get(name) ?? new Float64Array(0))
  const [first = new Float64Array(0), ...more] = all
  return more.length === 0 ? first : first.map((v, i) => more.reduce((sum, other) => sum + (other[i] as number), v)) // of equal lengths
}
