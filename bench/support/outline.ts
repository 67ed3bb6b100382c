import type { PathCommand } from 'opentype.js'

export type Point = readonly [x: number, y: number]

export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Moves every point of an outline, control points too: exact for affine maps, near enough for gentle others. */
export function moved(commands: readonly PathCommand[], move: (point: Point) => Point): PathCommand[] {
  return commands.map((command) => {
    const result: { -readonly [K in keyof PathCommand]: PathCommand[K] } = { type: command.type }
    const { x, y, x1, y1, x2, y2 } = command
    if (x !== undefined && y !== undefined) [result.x, result.y] = move([x, y])
    if (x1 !== undefined && y1 !== undefined) [result.x1, result.y1] = move([x1, y1])
    if (x2 !== undefined && y2 !== undefined) [result.x2, result.y2] = move([x2, y2])
    return result
  })
}

/** Around all points, control points too. */
export function boxOf(commands: readonly PathCommand[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  moved(commands, (point) => {
    const [x, y] = point
    ;[left, right] = [Math.min(left, x), Math.max(right, x)]
    ;[top, bottom] = [Math.min(top, y), Math.max(bottom, y)]
    return point
  })
  return { left, top, width: right - left, height: bottom - top }
}

/** The `d` of an SVG path. */
export function pathData(commands: readonly PathCommand[]): string {
  return commands
    .map(({ type, x, y, x1, y1, x2, y2 }) => {
      const numbers = [x1, y1, x2, y2, x, y].filter((n) => n !== undefined)
      return type + numbers.map((n) => n.toFixed(2)).join(' ')
    })
    .join('')
}
