/** A limit and whether it was kept, as a line under a table. */
export function verdict(kept: boolean, what: string): string {
  return `${kept ? 'kept' : 'NOT KEPT'}: ${what}`
}
