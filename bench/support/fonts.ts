import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import opentype, { type Font, type PathCommand } from 'opentype.js'

/** Files of the Fontsource packages: four families, from thin to black, upright and italic. */
export const FONTS = [
  'roboto-latin-300-normal',
  'roboto-latin-400-normal',
  'roboto-latin-400-italic',
  'roboto-latin-700-normal',
  'roboto-latin-900-italic',
  'merriweather-latin-300-normal',
  'merriweather-latin-400-normal',
  'merriweather-latin-400-italic',
  'merriweather-latin-700-normal',
  'source-code-pro-latin-400-normal',
  'source-code-pro-latin-600-italic',
  'source-code-pro-latin-700-normal',
  'oswald-latin-300-normal',
  'oswald-latin-500-normal',
  'oswald-latin-700-normal',
] as const
export type FontName = (typeof FONTS)[number]

const { resolve } = createRequire(import.meta.url)
const fonts = new Map<FontName, Font>()

/**
 * The outlines of a text, its baseline at y = 0 with y downwards, the size of the font 1.
 *
 * @param spacing  added between letters, in ems
 */
export function outlines(text: string, name: FontName, spacing: number): PathCommand[] {
  const font = fontNamed(name)
  const commands: PathCommand[] = []
  let x = 0
  // Letter by letter: ligatures and kerning need tables of these fonts that opentype.js does not read.
  for (const character of text) {
    const glyph = font.charToGlyph(character)
    commands.push(...glyph.getPath(x, 0, 1).commands)
    x += glyph.advanceWidth / font.unitsPerEm + spacing
  }
  return commands
}

function fontNamed(name: FontName): Font {
  const known = fonts.get(name)
  if (known !== undefined) return known
  const family = name.slice(0, name.indexOf('-latin'))
  const { buffer, byteOffset, byteLength } = readFileSync(resolve(`@fontsource/${family}/files/${name}.woff`))
  const font = opentype.parse(new Uint8Array(buffer, byteOffset, byteLength).slice().buffer)
  fonts.set(name, font)
  return font
}
