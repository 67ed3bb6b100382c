import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { attr } from '../../src/ir/attr.js'
import { Model, type Value } from '../../src/ir/graph.js'
import { tensorType } from '../../src/ir/type.js'
import { encodeModel, planExternal, writeFile } from '../../src/onnx/write.js'
import { normalTensor } from './normal-tensor.js'

/**
 * Convolutions [width, width, 3, 3] on images of 2x2 pixels, then products with [4 width, 4 width], a Relu
 * after each: as many weights as one likes, and it runs. The weights are normal, He et al. 2015 (arXiv:1502.01852).
 */
export interface BigModel {
  readonly name: string
  readonly width: number
  readonly convs: number
  readonly matmuls: number
  readonly externalData: boolean
}

export const bigModels = {
  single: { name: 'conv-matmul-500mb', width: 512, convs: 10, matmuls: 24, externalData: false },
  external: { name: 'conv-matmul-4gb', width: 1024, convs: 21, matmuls: 48, externalData: true },
  products: { name: 'matmul-127mb', width: 576, convs: 0, matmuls: 6, externalData: false },
  product: { name: 'matmul-10m-weights', width: 800, convs: 0, matmuls: 1, externalData: false },
} as const satisfies Record<string, BigModel>

/** Writes the model under `root`, unless it is there. @returns its path; external data lies in the same folder */
export async function ensureBigModel(shape: BigModel, root = resolve('.cache/bench')): Promise<string> {
  const folder = resolve(root, shape.name)
  if (!existsSync(folder)) {
    const unfinished = `${folder}.part`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { recursive: true })
    await write(bigModel(shape), unfinished, shape.externalData)
    renameSync(unfinished, folder)
  }
  return resolve(folder, 'model.onnx')
}

async function write(model: Model, folder: string, externalData: boolean): Promise<void> {
  const path = resolve(folder, 'model.onnx')
  if (!externalData) {
    await writeFile(path, encodeModel(model))
    return
  }
  const [location, plan] = ['model.onnx.data', planExternal(model)]
  await writeFile(resolve(folder, location), plan)
  await writeFile(path, encodeModel(model, { location, plan }))
}

/** image float32 [N, width, 2, 2] -> out float32 [N, 4 width] */
export function bigModel({ name, width, convs, matmuls }: BigModel): Model {
  const model = new Model({ irVersion: 8, opsets: new Map([['', 17]]), graphName: name })
  const { main } = model
  let seed = 0
  const weight = (name: string, shape: readonly number[], fanIn: number) =>
    model.addConstant(main, name, normalTensor(shape, Math.sqrt(2 / fanIn), seed++))
  const add = (op: string, name: string, inputs: readonly Value[], attrs = {}): Value => {
    const [output] = model.addNode(main, { op, name, inputs, outputs: [`${name}.out`], attrs }).outputs
    if (!output) throw new Error(`${name} has no output.`)
    return output
  }
  let x = model.addInput(main, 'image', tensorType('float32', ['N', width, 2, 2]))
  for (let i = 1; i <= convs; i++) {
    const w = weight(`conv${i}.weight`, [width, width, 3, 3], width * 4) // of 9 taps 4 lie on the image
    x = add('Relu', `conv${i}.relu`, [add('Conv', `conv${i}`, [x, w], { pads: attr.ints([1, 1, 1, 1]) })])
  }
  x = add('Flatten', 'flatten', [x]) // [N, 4 width]
  for (let i = 1; i <= matmuls; i++) {
    const w = weight(`matmul${i}.weight`, [4 * width, 4 * width], 4 * width)
    x = add('Relu', `matmul${i}.relu`, [add('MatMul', `matmul${i}`, [x, w])])
  }
  model.addOutput(main, x, { name: 'out', declared: tensorType('float32', ['N', 4 * width]) })
  return model
}
