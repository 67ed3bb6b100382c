/** What of opentype.js is used here; the package has no types of its own. */
declare module 'opentype.js' {
  /** One step of an outline; control points where the type has them. */
  export interface PathCommand {
    readonly type: 'M' | 'L' | 'Q' | 'C' | 'Z'
    readonly x?: number
    readonly y?: number
    readonly x1?: number
    readonly y1?: number
    readonly x2?: number
    readonly y2?: number
  }

  export interface Glyph {
    /** In font units, `unitsPerEm` of which are as wide as the size. */
    readonly advanceWidth: number
    /** The outline with y downwards; its origin, on the baseline, at (x, y). */
    getPath(x: number, y: number, fontSize: number): { readonly commands: readonly PathCommand[] }
  }

  export interface Font {
    readonly unitsPerEm: number
    charToGlyph(character: string): Glyph
  }

  const opentype: { parse(file: ArrayBuffer): Font }
  export default opentype
}
