import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uniform } from '../../fixtures/sketch.js'
import type { Model } from '../../src/ir/graph.js'
import type { Tensor } from '../../src/ir/tensor.js'
import { elementCount } from '../../src/ir/type.js'
import { graphs, walk } from '../../src/ir/walk.js'
import { readModel } from '../../src/onnx/read.js'
import { encodeToBytes } from '../../src/onnx/write.js'
import type { Pass, PassContext, PassResult } from '../../src/passes/pass.js'
import { makeStep } from '../../src/recipe/recipe.js'
import type { NdArray, Port } from '../../src/runtime/array.js'
import { openSession } from '../../src/runtime/session.js'

export type Raw = Readonly<Record<string, unknown>>

/** Runs a pass with options as they are given on the command line. The model is changed in place. */
export async function runPass(
  pass: Pass,
  model: Model,
  raw: Raw = {},
  context: Partial<PassContext> = {},
): Promise<PassResult> {
  const { values } = makeStep(pass, raw, (option) => `--${option}`)
  const { run } = await pass.load()
  return run(model, values as never, { seed: 0, folder: madeFolder, ...context }) // makeStep has parsed them by the pass's own options
}

/** As long as the tests run: the tensors of a model may be in a file there. */
async function madeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mcompress-passes-'))
  folders.push(folder)
  return folder
}

const folders: string[] = []

after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

/** Writes a model and reads what was written. */
export async function rewritten(model: Model, path: string): Promise<Model> {
  await writeFile(path, encodeToBytes(model))
  return readModel(path).model
}

/** A folder for the tests of a `describe`, removed after them. @returns a function that gives paths inside it */
export function temporaryFolder(): (name: string) => string {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcompress-passes-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  return (name) => join(folder, name)
}

/** Every tensor of a model by place: where a pass keeps the graph, the lists of before and after go together. */
export function tensorsByPlace(model: Model): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>()
  for (const [g, graph] of [...graphs(model)].entries()) {
    for (const value of graph.initializers) if (value.constant) tensors.set(`${g}:${value.name}`, value.constant)
  }
  for (const [n, node] of [...walk(model)].entries()) {
    for (const [name, a] of node.attrs) if (a.kind === 'tensor') tensors.set(`node ${n}:${name}`, a.value)
  }
  return tensors
}

/** What a model is fed that cannot be told from its ports, by file name. */
const SHAPES: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  'bare.onnx': { x: [2, 4] },
  'ch_PP-OCRv4_det_infer.onnx': { x: [1, 3, 64, 64] },
  'ch_PP-OCRv4_rec_infer.onnx': { x: [1, 3, 48, 64] },
  'ch_ppocr_mobile_v2.0_cls_infer.onnx': { x: [1, 3, 48, 64] },
  'silero_vad_legacy.onnx': { input: [1, 512], h: [2, 1, 64], c: [2, 1, 64] },
  'silero_vad_v5.onnx': { input: [1, 512], state: [2, 1, 128] },
  'silero_vad_v6.onnx': { input: [1, 512], state: [2, 1, 128] },
}

/** Runs the model in a file on made-up inputs. @param name  the file that it comes from */
export async function outputsOf(path: string, name: string): Promise<Readonly<Record<string, NdArray>>> {
  const session = await openSession({ path }, { threads: 1 })
  try {
    const feeds = session.inputs.map((port): [string, NdArray] => [port.name, made(port, SHAPES[name]?.[port.name])])
    return await session.run(Object.fromEntries(feeds))
  } finally {
    await session.release()
  }
}

function made(port: Port, known: readonly number[] | undefined): NdArray {
  const shape = known ?? (port.shape ?? []).map((d) => (typeof d === 'number' ? d : 2))
  const n = elementCount(shape)
  switch (port.dtype) {
    case 'float32':
      return { dtype: 'float32', shape, data: Float32Array.from(uniform(shape, 1, 1)) }
    case 'float64':
      return { dtype: 'float64', shape, data: Float64Array.from(uniform(shape, 1, 1)) }
    case 'float16':
      return { dtype: 'float16', shape, data: new Uint16Array(n).fill(0x3800) } // 0.5
    case 'int64':
      // A sampling rate, or a number small enough for any index.
      return { dtype: 'int64', shape, data: new BigInt64Array(n).fill(port.name === 'sr' ? 16000n : 1n) }
    case 'int32':
      return { dtype: 'int32', shape, data: new Int32Array(n).fill(1) }
    case 'bool':
      return { dtype: 'bool', shape, data: new Uint8Array(n).fill(1) }
    case 'string':
      return { dtype: 'string', shape, data: Array<string>(n).fill('') }
    default:
      throw new Error(`No values for input "${port.name}" of type ${port.dtype}.`)
  }
}
