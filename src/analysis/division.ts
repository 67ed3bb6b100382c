/** The ways to divide a model into parts. */
export const DIVISIONS = ['op', 'dtype', 'layer', 'name'] as const
export type Division = (typeof DIVISIONS)[number]
