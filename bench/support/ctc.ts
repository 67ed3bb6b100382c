import { readFileSync } from 'node:fs'

/** What a recogniser of PP-OCR tells apart, in the order of its scores: class 0 is the blank, the last one the space. */
export function alphabetOf(keysFile: string): readonly string[] {
  const keys = readFileSync(keysFile, 'utf8').split(/\r?\n/)
  if (keys.at(-1) === '') keys.pop() // behind the last line feed
  return ['', ...keys, ' ']
}

/**
 * The class of the highest score at each step.
 *
 * @param scores  [N, T, classes]
 * @returns       [N][T]
 * @throws RangeError when the scores are no whole lines
 */
export function bestClasses(scores: Float32Array, [lines, steps, classes]: readonly [number, number, number]) {
  if (scores.length !== lines * steps * classes) {
    throw new RangeError(`${scores.length} scores are not ${lines} lines of ${steps} steps of ${classes} classes.`)
  }
  return Array.from({ length: lines }, (_, line) =>
    Uint16Array.from({ length: steps }, (_, step) => {
      const from = (line * steps + step) * classes
      let best = from
      for (let i = from + 1; i < from + classes; i++) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i
      return best - from
    }),
  )
}

/**
 * The text that the classes of the steps stand for: repetitions count once, blanks not at all.
 *
 * @see Graves et al. 2006, "Connectionist Temporal Classification", best path decoding
 */
export function ctcText(classes: Uint16Array, alphabet: readonly string[]): string {
  let text = ''
  for (const [step, each] of classes.entries()) {
    if (each !== classes[step - 1]) text += alphabet[each] ?? ''
  }
  return text
}
