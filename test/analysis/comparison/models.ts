import { rmSync } from 'node:fs'
import { Sketch } from '../../../fixtures/sketch.js'
import type { Compared, CompareOptions } from '../../../src/analysis/compare.js'
import job from '../../../src/analysis/compare-job.js'
import { Model, type Node, type Value } from '../../../src/ir/graph.js'
import { MemoryTensor } from '../../../src/ir/tensor.js'
import { tensorType } from '../../../src/ir/type.js'
import { bytesOf } from '../../../src/ir/walk.js'
import { encodeModel, writeFile } from '../../../src/onnx/write.js'

/** Convolutions before, in, between and behind two branches: names of nodes are those of their weights without `.w`. */
export function residual(): Model {
  const s = sketch()
  const x = s.input('x', ['N', 3, 8, 8])
  const same = { pads: [1, 1, 1, 1] }
  const conv = (name: string, from: Value, cOut: number, cIn: number) =>
    s.node('Conv', name, [from, s.weight(`${name}.w`, [cOut, cIn, 3, 3])], same)
  const stem = s.node('Relu', 'stem.relu', [conv('stem', x, 6, 3)])
  const inner = conv('block.2', s.node('Relu', 'block.relu', [conv('block.1', stem, 6, 6)]), 6, 6)
  const sum = s.node('Add', 'block.add', [inner, stem])
  const left = s.node('Sigmoid', 'left.act', [conv('left', sum, 4, 6)])
  const right = conv('right', sum, 4, 6)
  const both = s.node('Concat', 'both', [left, right], { axis: 1 })
  const pooled = s.node('Flatten', 'flat', [s.node('GlobalAveragePool', 'pool', [both])])
  const logits = s.node('Gemm', 'fc', [pooled, s.weight('fc.w', [5, 8])], { transB: 1 })
  s.output('logits', logits, tensorType('float32', ['N', 5]))
  return s.model
}

export function sketch(opset = 17): Sketch {
  return new Sketch(new Model({ irVersion: 9, opsets: new Map([['', opset]]) }))
}

/** A copy in which one constant has other elements. */
export function changed(source: Model, name: string, f: (value: number, i: number) => number): Model {
  const { model } = source.clone()
  const value = constantNamed(model, name)
  const tensor = value.constant
  if (tensor === null) throw new Error(`"${name}" is no initializer.`)
  const elements = new Float32Array(tensor.read().buffer).map(f)
  model.setConstant(value, new MemoryTensor('float32', tensor.shape, bytesOf(elements)))
  return model
}

export function constantNamed(model: Model, name: string): Value {
  const found = [...model.main.initializers].find((value) => value.name === name)
  if (found === undefined) throw new Error(`There is no "${name}".`)
  return found
}

export function nodeNamed(model: Model, name: string): Node {
  const found = [...model.main.nodes].find((node) => node.name === name)
  if (found === undefined) throw new Error(`There is no node "${name}".`)
  return found
}

/** Deterministic noise in [-1, 1]. */
export const noise = (i: number) => Math.sin(i * 12.9898 + 1)

/** Compares models that are written into a folder, in this process. */
export async function compareIn(
  folder: string,
  a: Model | string,
  b: Model | string,
  options: Partial<CompareOptions> = {},
): Promise<Omit<Compared, 'peakBytes'>> {
  const file = async (model: Model | string, name: string) => {
    if (typeof model === 'string') return { path: model, name }
    const path = `${folder}/${name}.onnx`
    rmSync(path, { force: true })
    await writeFile(path, encodeModel(model))
    return { path, name }
  }
  return job(
    { a: await file(a, 'a'), b: await file(b, 'b'), data: 'random?n=3', layers: true, ...options },
    () => {},
    new AbortController().signal,
  )
}

/** The sum over the values that a node makes. */
export function sharesByNode({ layers }: Pick<Compared, 'layers'>): Map<string, number> {
  const shares = new Map<string, number>()
  for (const { node, share } of layers ?? []) shares.set(node, (shares.get(node) ?? 0) + share)
  return shares
}
