/** What a change means for the user; the forms turn it into colour, and never into colour alone. */
export type Verdict = 'better' | 'worse' | 'same' | 'neutral'

/** @param better  which direction is the good one */
export function verdictOf(before: number, after: number, better: 'higher' | 'lower'): Verdict {
  if (Object.is(before, after)) return 'same'
  if (Number.isNaN(after)) return 'worse'
  if (Number.isNaN(before)) return 'neutral'
  return after > before === (better === 'higher') ? 'better' : 'worse'
}
