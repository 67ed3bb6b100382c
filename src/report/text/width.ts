const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** Unicode Standard Annex 11: half-width forms belong to wide scripts, but take one column. */
const HALF_WIDTH = /^[\uff61-\uffdc\uffe8-\uffee]/
const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\ufe0f/u
/** Latin, and the signs of the report itself: nearly every text, so it gets the fast answer. */
const ALL_NARROW = /^[\x20-\x7e\xa1-\xac\xae-\u02ff–•…\u202f→∞■✓]*$/
const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u

/** Columns that a terminal takes for a text without control characters. */
export function displayWidth(text: string): number {
  if (ALL_NARROW.test(text)) return text.length
  let width = 0
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment)
  return width
}

/** Shortened in the middle to at most `width` columns; the end tells names apart, so more of it stays. */
export function shorten(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  if (width <= 1) return '…'.slice(0, width)
  const graphemes = [...GRAPHEMES.segment(text)].map((g) => g.segment)
  const head = takeColumns(graphemes, Math.floor((width - 1) * 0.4))
  const tail = takeColumns([...graphemes].reverse(), width - 1 - displayWidth(head.join('')))
  return `${head.join('')}…${tail.reverse().join('')}`
}

/** Broken between words into lines of at most `width` columns; a word longer than that is broken inside. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let current = ''
  for (const word of text.split(' ').flatMap((w) => pieces(w, width))) {
    const longer = current === '' ? word : `${current} ${word}`
    if (displayWidth(longer) > width && current !== '') {
      lines.push(current)
      current = word
    } else {
      current = longer
    }
  }
  return [...lines, current]
}

function pieces(word: string, width: number): readonly string[] {
  if (displayWidth(word) <= width) return [word]
  const graphemes = [...GRAPHEMES.segment(word)].map((g) => g.segment)
  const parts: string[] = []
  while (graphemes.length > 0) {
    const part = takeColumns(graphemes, width)
    graphemes.splice(0, Math.max(1, part.length))
    parts.push(part.join(''))
  }
  return parts
}

function takeColumns(graphemes: readonly string[], width: number): string[] {
  const taken: string[] = []
  let left = width
  for (const g of graphemes) {
    left -= graphemeWidth(g)
    if (left < 0) break
    taken.push(g)
  }
  return taken
}

function graphemeWidth(grapheme: string): number {
  if (INVISIBLE.test(grapheme)) return 0
  return WIDE.test(grapheme) && !HALF_WIDTH.test(grapheme) ? 2 : 1
}
