import type { OverlayOptions } from 'sharp'
import { type LineSet, linesOf } from './line-sets.js'

const COLUMNS = 4
const GAP = 8

/** The lines of a set side by side, for people to look at. @returns a PNG */
export async function contactSheet(set: LineSet): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp')
  const [cellWidth, cellHeight] = [set.size.width + GAP, set.size.height + GAP]
  const cells: OverlayOptions[] = []
  for await (const { line } of linesOf(set)) {
    const at = cells.length
    const [left, top] = [GAP + (at % COLUMNS) * cellWidth, GAP + Math.floor(at / COLUMNS) * cellHeight]
    cells.push({
      input: Buffer.from(line.pixels),
      raw: { width: line.width, height: line.height, channels: 3 },
      left,
      top,
    })
  }
  const size = { width: GAP + COLUMNS * cellWidth, height: GAP + Math.ceil(cells.length / COLUMNS) * cellHeight }
  const sheet = sharp({ create: { ...size, channels: 3, background: '#7f7f7f' } }) // as 0 looks to the model
  return sheet.composite(cells).png().toBuffer()
}
