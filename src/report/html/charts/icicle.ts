import { bytes, count, percent } from '../../format.js'
import type { PartReport } from '../../report.js'
import { html, type Markup, share, shortened } from '../markup.js'

/** A part of the model as a tile: where it lies across, and how deep. */
interface Tile {
  readonly name: string
  readonly x: number
  readonly width: number
  readonly depth: number
  readonly text: string
}

/** Tiles in one chart; the smallest parts are left out, so that pages of large models stay small. */
const MOST_TILES = 400
/** Parts of one part; the smallest become one. */
const MOST_CHILDREN = 40
/** Of the whole; nobody finds such a tile, however far one looks into it. */
const INVISIBLE = 1e-6
/** Narrower tiles have no room for a word. */
const TINY = 0.03
const DEEPEST = 8
const ROW = 34

/**
 * The tree of a model, the root on top: as wide as its bytes. A tile that is chosen (mouse, Enter) becomes as wide
 * as the page; what does so is in script.ts.
 */
export function icicle(id: string, title: string, root: PartReport): Markup {
  const tiles = largest(tilesOf(root, root.bytes, 0, 0))
  const depth = 1 + Math.max(...tiles.map((tile) => tile.depth))
  const rows = tiles.map(
    ({ name, x, width, depth, text }, i) =>
      html`<svg class="tile d${Math.min(depth, 4)}${width < TINY ? ' tiny' : ''}" role="button" tabindex="${i === 0 ? 0 : -1}" aria-label="${text}" x="${share(x, 5)}" y="${depth * ROW}" width="${share(width, 5)}" height="${ROW - 2}"><title>${text}</title><rect width="100%" height="100%" rx="3"/><text x="8" y="21">${shortened(name, 48)}</text></svg>
`,
  )
  return html`<svg class="icicle" id="${id}" role="group" aria-label="${title}" height="${depth * ROW}">${rows}</svg>`
}

function tilesOf(part: PartReport, total: number, x: number, depth: number): readonly Tile[] {
  const width = total === 0 ? 0 : part.bytes / total
  const tile = { name: part.name, x, width, depth, text: tileText(part, width) }
  if (depth >= DEEPEST) return [tile]
  let at = x
  const inner = folded(part.children).flatMap((child) => {
    const tiles = tilesOf(child, total, at, depth + 1)
    at += total === 0 ? 0 : child.bytes / total
    return tiles
  })
  return [tile, ...inner]
}

/** The largest in the order in which they came, which may be that of the graph, and one part for all others. */
function folded(parts: readonly PartReport[]): readonly PartReport[] {
  if (parts.length <= MOST_CHILDREN + 1) return parts
  const largest = new Set([...parts].sort((a, b) => b.bytes - a.bytes).slice(0, MOST_CHILDREN))
  const rest = parts.filter((part) => !largest.has(part))
  const sum = (of: (part: PartReport) => number) => rest.reduce((total, part) => total + of(part), 0)
  return [
    ...parts.filter((part) => largest.has(part)),
    {
      name: `${rest.length} smaller ones`,
      bytes: sum((p) => p.bytes),
      parameters: sum((p) => p.parameters),
      macs: sum((p) => p.macs),
      children: [],
    },
  ]
}

function tileText({ name, bytes: n, parameters, macs }: PartReport, width: number): string {
  const work = macs > 0 ? `, ${count(macs, 7)} MACs` : ''
  return `${shortened(name, 200)}: ${bytes(n)}, ${percent(width, 1)}; ${count(parameters, 7)} parameters${work}`
}

/** In the order of the tree, so that the keyboard goes through it as one reads. */
function largest(tiles: readonly Tile[]): readonly Tile[] {
  const visible = tiles.filter((tile) => tile.width > INVISIBLE || tile.depth === 0)
  if (visible.length <= MOST_TILES) return visible
  const least = [...visible].sort((a, b) => b.width - a.width)[MOST_TILES - 1]?.width ?? 0
  return visible.filter((tile) => tile.width > least)
}
