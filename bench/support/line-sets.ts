import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type NpzArray, writeNpz } from './npz.js'
import {
  CLASSIFIER_SIZE,
  type InputSize,
  normalized,
  RECOGNITION_SIZE,
  randomLine,
  type TextLine,
  turned,
} from './text-lines.js'

/** Lines of text as input of a model. */
export interface LineSet {
  readonly name: string
  readonly count: number
  readonly seed: number
  readonly size: InputSize
  /** How worn the worst lines are: see `randomStyle`. */
  readonly hardest: number
  /** Every other line upside down, and a field `label`: 0 upright, 1 turned. */
  readonly turning: boolean
}

/** So hard that the classifier, as it is published, errs now and then. */
const HARDEST = 0.8

/** For PP-OCR's direction classifier, to judge it and to learn from; and inputs for its recogniser. */
export const lineSets = {
  test: { name: 'direction-test', count: 2000, seed: 1, size: CLASSIFIER_SIZE, hardest: HARDEST, turning: true },
  calibration: {
    name: 'direction-calibration',
    count: 512,
    seed: 2,
    size: CLASSIFIER_SIZE,
    hardest: HARDEST,
    turning: true,
  },
  recognition: { name: 'recognition', count: 200, seed: 3, size: RECOGNITION_SIZE, hardest: HARDEST, turning: false },
} as const satisfies Record<string, LineSet>

/** What the lines follow from, besides their set: a change of these makes them anew. */
const SOURCES = ['fonts', 'line-style', 'outline', 'random-text', 'text-lines', 'line-sets', 'npz']

/**
 * Writes a set under `root`, unless it is there and was made from the same parameters by the same code.
 *
 * @returns the path of an .npz: `x` float32 [N, 3, height, width] and, when lines are turned, `label` int64 [N]
 */
export async function ensureLineSet(set: LineSet, root = resolve('.cache/text-lines')): Promise<string> {
  const [path, keyPath] = [resolve(root, `${set.name}.npz`), resolve(root, `${set.name}.key`)]
  const key = keyOf(set)
  if (existsSync(path) && existsSync(keyPath) && readFileSync(keyPath, 'utf8') === key) return path
  mkdirSync(root, { recursive: true })
  rmSync(keyPath, { force: true })
  await writeNpz(path, arraysOf(set))
  writeFileSync(keyPath, key)
  return path
}

/** The lines of a set, in order; `label` is 1 for those upside down. */
export async function* linesOf(set: LineSet): AsyncIterable<{ readonly line: TextLine; readonly label: 0 | 1 }> {
  const make = async (index: number) => {
    const line = await randomLine(set.seed, index, set.size, set.hardest)
    // One after the other: the first N lines of a set are as balanced as the whole.
    return set.turning && index % 2 === 1 ? { line: turned(line), label: 1 as const } : { line, label: 0 as const }
  }
  // Drawing runs on threads of libuv; a few at a time keep them busy.
  for (let index = 0; index < set.count; index += AT_A_TIME) {
    const count = Math.min(AT_A_TIME, set.count - index)
    yield* await Promise.all(Array.from({ length: count }, (_, i) => make(index + i)))
  }
}

const AT_A_TIME = 8

function arraysOf(set: LineSet): NpzArray[] {
  const { count, size } = set
  const labels: bigint[] = []
  async function* inputs() {
    for await (const { line, label } of linesOf(set)) {
      labels.push(BigInt(label))
      yield normalized(line, size)
    }
  }
  function* known() {
    yield BigInt64Array.from(labels)
  }
  const x: NpzArray = { name: 'x', dtype: 'float32', shape: [count, 3, size.height, size.width], parts: inputs() }
  return set.turning ? [x, { name: 'label', dtype: 'int64', shape: [count], parts: known() }] : [x]
}

function keyOf(set: LineSet): string {
  const hash = createHash('sha256').update(JSON.stringify(set))
  for (const name of SOURCES) hash.update(readFileSync(fileURLToPath(new URL(`./${name}.js`, import.meta.url))))
  return hash.digest('hex')
}
