import { mkdirSync, writeFileSync } from 'node:fs'
import type { Model } from '../../../src/ir/graph.js'
import type { LearningData, PassResult } from '../../../src/passes/pass.js'
import { prune } from '../../../src/passes/prune/index.js'
import type { NdArray } from '../../../src/runtime/array.js'
import { bytes, npyFile } from '../../support/data-files.js'
import { type Raw, runPass } from '../models.js'
import type { Rows } from './dense-algebra.js'

let folders = 0

/** What a pass learns from: a spec, or float32 samples. @param pathIn  gives paths in a folder for temporary files */
export function learningFrom(
  data: string | NdArray,
  pathIn: (name: string) => string,
  more: Partial<LearningData> = {},
): LearningData {
  const folder = pathIn(`learning-${folders++}`)
  mkdirSync(folder)
  const unsaid = { limit: null, batchSize: null, label: null, provider: null, threads: 1 }
  return {
    data: typeof data === 'string' ? data : fileOf(data, `${folder}/x.npy`),
    part: 'all',
    binds: {},
    dims: {},
    folder,
    ...unsaid,
    ...more,
  }
}

function fileOf({ shape, data }: NdArray, path: string): string {
  writeFileSync(path, npyFile('<f4', shape, bytes(Float32Array.from(data, Number))))
  return path
}

export function samples(rows: Rows): NdArray {
  return { dtype: 'float32', shape: [rows.length, rows[0]?.length ?? 0], data: Float32Array.from(rows.flat()) }
}

/** Prunes with data. The model is changed in place. */
export function learn(model: Model, raw: Raw, data: LearningData, seed = 0): Promise<PassResult> {
  return runPass(prune, model, raw, { data, seed })
}
