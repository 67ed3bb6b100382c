/** What the two states are called that a chart shows. */
export type States = readonly [was: string, now: string]

export const BEFORE_AFTER: States = ['before', 'after']
