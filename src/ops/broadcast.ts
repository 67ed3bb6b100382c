import type { Axis, Coupler } from './coupling.js'

/**
 * The axes of what elementwise ops make of operands, as numpy aligns them: the last axes lie together, and those of one
 * element go with any. One that is open may have as many as the others, which then have to keep all of theirs.
 */
export function broadcast(c: Coupler, operands: readonly (readonly Axis[])[]): Axis[] {
  const rank = Math.max(0, ...operands.map(({ length }) => length))
  return Array.from({ length: rank }, (_, i) => {
    const aligned = operands.flatMap((axes) => axes[i - rank + axes.length] ?? [])
    const [first, ...others] = aligned.filter(({ size }) => size !== 1)
    for (const other of others) if (first) c.tie(first, other)
    if (first && aligned.some(({ isOpen }) => isOpen)) c.keep(first, 'the extent of what it lies together with varies')
    return first ?? aligned[0] ?? c.free(1)
  })
}

/** Ties an input to axes that it is stretched over, the last ones together. Nothing happens where it is left out. */
export function tieTo(c: Coupler, input: number, axes: readonly Axis[]): void {
  if (c.has(input)) broadcast(c, [axes, c.input(input)])
}

/** Every element of the output is one of the first input, or made of it alone. */
export function passesOn(c: Coupler): void {
  c.output(0, c.input(0))
}
